/*
 * error_body.h - an error as OpenAI's clients read it. Pure.
 *
 * In the JSON there is no quote of an engine's configuration, so it may stand between two of them.
 */
#ifndef COMMISSIONED_BRIDGE_ERROR_BODY_H
#define COMMISSIONED_BRIDGE_ERROR_BODY_H

/* malloc'ed; NULL where memory ran out. */
char *error_body(const char *code, const char *sentence);

#endif
