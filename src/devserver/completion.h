/*
 * devserver/completion.h - one echoed completion, which is answered whole or as a stream.
 *
 * Units:     a token is a word here: what stands between white space.
 * Ownership: the text is malloc'ed and belongs to the struct; ds_completion_clear frees it.
 * Threads:   one at a time.
 * Errors:    NULL only without memory.
 * Source:    the OpenAI API reference, "The chat completion object".
 */
#ifndef COMMISSIONED_DEVSERVER_COMPLETION_H
#define COMMISSIONED_DEVSERVER_COMPLETION_H

#include <stddef.h>
#include <time.h>

#include <jansson.h>

#define DS_MODEL_ECHO "commissioned-echo-1"

struct ds_completion {
    char id[48];
    time_t created;
    char *text;
    size_t prompt_tokens;
    size_t completion_tokens;
};

void ds_completion_clear(struct ds_completion *completion);

/* {"prompt_tokens", "completion_tokens", "total_tokens"} */
json_t *ds_completion_usage(const struct ds_completion *completion);

#endif
