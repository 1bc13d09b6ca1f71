/*
 * A completion as server-sent events: the role, the text word by word, the end, the usage where it
 * was asked for, and [DONE]. One event is made at a time, so a slow reader holds one event in
 * memory.
 */
#include "devserver/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "devserver/completion.h"

enum stage { STAGE_ROLE, STAGE_TEXT, STAGE_STOP, STAGE_USAGE, STAGE_DONE, STAGE_END };

struct ds_stream {
    struct ds_completion completion;
    bool include_usage;
    enum stage stage;
    size_t spoken; /* bytes of the text that are out */
    char *event;   /* under way, or NULL */
    size_t event_size;
    size_t event_sent;
};

struct ds_stream *ds_stream_new(struct ds_completion *completion, bool include_usage)
{
    struct ds_stream *stream = calloc(1, sizeof *stream);
    if (stream == NULL) {
        ds_completion_clear(completion);
        return NULL;
    }
    stream->completion = *completion;
    stream->include_usage = include_usage;
    completion->text = NULL;
    return stream;
}

void ds_stream_free(struct ds_stream *stream)
{
    if (stream == NULL)
        return;
    ds_completion_clear(&stream->completion);
    free(stream->event);
    free(stream);
}

/* One word with the space after it: a cut there never splits a character. */
static size_t next_word(const char *text)
{
    size_t word = strcspn(text, " ");
    return word + strspn(text + word, " ");
}

static json_t *choices(struct ds_stream *stream)
{
    const char *text = stream->completion.text + stream->spoken;
    size_t size;
    switch (stream->stage) {
    case STAGE_ROLE:
        return json_pack("[{si s{ss ss} sn}]", "index", 0, "delta", "role", "assistant", "content",
                         "", "finish_reason");
    case STAGE_TEXT:
        size = next_word(text);
        stream->spoken += size;
        return json_pack("[{si s{ss%} sn}]", "index", 0, "delta", "content", text, size,
                         "finish_reason");
    case STAGE_STOP:
        return json_pack("[{si s{} ss}]", "index", 0, "delta", "finish_reason", "stop");
    default:
        return json_array();
    }
}

static void advance(struct ds_stream *stream)
{
    if (stream->stage != STAGE_TEXT || stream->completion.text[stream->spoken] == '\0')
        stream->stage++;
    if (stream->stage == STAGE_USAGE && !stream->include_usage)
        stream->stage++;
}

static char *chunk(struct ds_stream *stream)
{
    bool usage = stream->stage == STAGE_USAGE;
    json_t *json = json_pack(
        "{ss ss sI ss so so*}", "id", stream->completion.id, "object", "chat.completion.chunk",
        "created", (json_int_t)stream->completion.created, "model", DS_MODEL_ECHO, "choices",
        choices(stream), "usage", usage ? ds_completion_usage(&stream->completion) : NULL);
    char *text = json == NULL ? NULL : json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

static bool make_event(struct ds_stream *stream)
{
    auto_free char *data = stream->stage == STAGE_DONE ? strdup("[DONE]") : chunk(stream);
    int size = data == NULL ? -1 : asprintf(&stream->event, "data: %s\n\n", data);
    stream->event_sent = 0;
    if (size < 0) {
        stream->event = NULL;
        return false;
    }
    stream->event_size = (size_t)size;
    advance(stream);
    return true;
}

ssize_t ds_stream_read(struct ds_stream *stream, char *out, size_t size)
{
    if (stream->event == NULL && stream->stage == STAGE_END)
        return -1;
    if (stream->event == NULL && !make_event(stream))
        return -2;
    size_t part = stream->event_size - stream->event_sent;
    if (part > size)
        part = size;
    memcpy(out, stream->event + stream->event_sent, part);
    stream->event_sent += part;
    if (stream->event_sent == stream->event_size) {
        free(stream->event);
        stream->event = NULL;
    }
    return (ssize_t)part;
}
