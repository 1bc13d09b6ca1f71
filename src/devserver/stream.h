/*
 * devserver/stream.h - a completion as server-sent events.
 *
 * Ownership: a stream owns its completion; ds_stream_free gives both back.
 * Threads:   one at a time.
 * Errors:    NULL only without memory.
 * Source:    the OpenAI API reference, "The chat completion chunk object"; the HTML standard,
 *            "Server-sent events".
 */
#ifndef COMMISSIONED_DEVSERVER_STREAM_H
#define COMMISSIONED_DEVSERVER_STREAM_H

#include <stdbool.h>
#include <sys/types.h>

struct ds_completion;
struct ds_stream;

/* A stream of the completion, which it takes over (also where it fails). */
struct ds_stream *ds_stream_new(struct ds_completion *completion, bool include_usage);

/*
 * The next bytes of the event stream, at most `size`: -1 at its end, -2 where it must break off.
 * Never 0.
 */
ssize_t ds_stream_read(struct ds_stream *stream, char *out, size_t size);

void ds_stream_free(struct ds_stream *stream);

#endif
