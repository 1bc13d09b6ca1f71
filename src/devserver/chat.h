/*
 * devserver/chat.h - one echoed completion, which is answered whole or as a stream.
 *
 * Units:     a token is a word here: what stands between white space.
 * Ownership: the text is malloc'ed and belongs to the struct; ds_completion_clear frees it.
 * Threads:   one at a time.
 * Errors:    NULL or false only without memory.
 * Source:    the OpenAI API reference, "The chat completion object" and "... chunk object".
 */
#ifndef COMMISSIONED_DEVSERVER_CHAT_H
#define COMMISSIONED_DEVSERVER_CHAT_H

#include <stdbool.h>
#include <time.h>

#include "devserver/api.h"

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

/* A stream of the completion, which it takes over (also where it fails). */
struct ds_stream *ds_stream_new(struct ds_completion *completion, bool include_usage);

#endif
