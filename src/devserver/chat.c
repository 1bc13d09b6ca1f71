/* POST /v1/chat/completions: says what it is, then gives back what the user last said. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "devserver/api.h"
#include "devserver/body.h"
#include "devserver/completion.h"
#include "devserver/stream.h"

#define INTRODUCTION                                                                               \
    "This is " DS_MODEL_ECHO ", an echo for development: no language model ran. You said: "

static size_t count_words(const char *text)
{
    size_t words = 0;
    bool inside = false;
    for (; *text != '\0'; text++) {
        bool space = isspace((unsigned char)*text) != 0;
        words += !space && !inside;
        inside = !space;
    }
    return words;
}

/* Writes a message's text to `out`: a string, or the "text" parts of an array. */
static void write_content(FILE *out, const json_t *message)
{
    const json_t *content = json_object_get(message, "content");
    const json_t *part;
    size_t i;
    if (json_is_string(content))
        fputs(json_string_value(content), out);
    json_array_foreach(content, i, part)
    {
        const char *text = json_string_value(json_object_get(part, "text"));
        if (text != NULL)
            fputs(text, out);
    }
}

/* The text of one message; "" where it has none. NULL only without memory. */
static char *content_of(const json_t *message)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out == NULL)
        return NULL;
    write_content(out, message);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static bool echo(const json_t *messages, struct ds_completion *completion)
{
    auto_free char *last = strdup("");
    const json_t *message;
    size_t i;
    json_array_foreach(messages, i, message)
    {
        const char *role = json_string_value(json_object_get(message, "role"));
        char *text = content_of(message);
        if (text == NULL || last == NULL) {
            free(text);
            return false;
        }
        completion->prompt_tokens += count_words(text);
        bool users = role != NULL && strcmp(role, "user") == 0;
        char *unused = users ? last : text;
        last = users ? text : last;
        free(unused);
    }
    if (asprintf(&completion->text, INTRODUCTION "%s", last) < 0) {
        completion->text = NULL;
        return false;
    }
    completion->completion_tokens = count_words(completion->text);
    return true;
}

/* The same body gets the same id. */
static void name_completion(const struct ds_call *call, struct ds_completion *completion)
{
    unsigned char digest[DS_DIGEST_SIZE];
    int used = snprintf(completion->id, sizeof completion->id, "chatcmpl-dev");
    ds_digest(call->body, call->body_size, digest);
    for (size_t i = 0; i < 12; i++)
        snprintf(completion->id + used + 2 * i, 3, "%02x", digest[i]);
    completion->created = time(NULL);
}

static void answer_whole(const struct ds_completion *completion, struct ds_reply *reply)
{
    ds_reply_json(reply, 200,
                  json_pack("{ss ss sI ss s[{si s{ss ss sn} sn ss}] so}", "id", completion->id,
                            "object", "chat.completion", "created", (json_int_t)completion->created,
                            "model", DS_MODEL_ECHO, "choices", "index", 0, "message", "role",
                            "assistant", "content", completion->text, "refusal", "logprobs",
                            "finish_reason", "stop", "usage", ds_completion_usage(completion)));
}

static void answer_stream(struct ds_completion *completion, bool include_usage,
                          struct ds_reply *reply)
{
    struct ds_stream *stream = ds_stream_new(completion, include_usage);
    ds_reply_clear(reply);
    reply->status = stream == NULL ? 500 : 200;
    reply->stream = stream;
}

static bool judge_messages(const json_t *messages, struct ds_reply *reply)
{
    const json_t *message;
    size_t i;
    if (!json_is_array(messages) || json_array_size(messages) == 0) {
        ds_reply_error(reply, 400, "invalid_messages", "messages",
                       "messages must be an array with at least one message.");
        return false;
    }
    json_array_foreach(messages, i, message) if (!json_is_string(json_object_get(message, "role")))
    {
        ds_reply_error(reply, 400, "invalid_messages", "messages",
                       "messages[%zu] needs a role, as a string.", i);
        return false;
    }
    return true;
}

void ds_chat(const struct ds_call *call, struct ds_reply *reply)
{
    struct ds_completion completion = {0};
    json_t *body = ds_body_object(call, reply);
    const json_t *messages = json_object_get(body, "messages");
    if (body == NULL)
        return;
    if (ds_body_model(body, DS_MODEL_ECHO, reply) && judge_messages(messages, reply)) {
        const json_t *options = json_object_get(body, "stream_options");
        name_completion(call, &completion);
        if (!echo(messages, &completion))
            ds_reply_error(reply, 500, NULL, NULL, "The server ran out of memory.");
        else if (json_is_true(json_object_get(body, "stream")))
            answer_stream(&completion, json_is_true(json_object_get(options, "include_usage")),
                          reply);
        else
            answer_whole(&completion, reply);
    }
    ds_completion_clear(&completion);
    json_decref(body);
}
