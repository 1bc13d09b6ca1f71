#include "devserver/reply.h"

#include <stdarg.h>
#include <stdio.h>

#include "devserver/stream.h"

void ds_reply_clear(struct ds_reply *reply)
{
    json_decref(reply->json);
    ds_stream_free(reply->stream);
    reply->json = NULL;
    reply->stream = NULL;
}

void ds_reply_json(struct ds_reply *reply, unsigned status, json_t *json)
{
    ds_reply_clear(reply);
    reply->status = json == NULL ? 500 : status;
    reply->json = json;
}

/* The names that OpenAI's own API gives these statuses. */
static const char *error_type(unsigned status)
{
    if (status == 403)
        return "permission_error";
    if (status == 429)
        return "rate_limit_error";
    return status >= 500 ? "server_error" : "invalid_request_error";
}

void ds_reply_error(struct ds_reply *reply, unsigned status, const char *code, const char *param,
                    const char *format, ...)
{
    char message[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    ds_reply_json(reply, status,
                  json_pack("{s{ss ss ss? ss?}}", "error", "message", message, "type",
                            error_type(status), "param", param, "code", code));
}

void ds_reply_header(struct ds_reply *reply, const char *name, const char *format, ...)
{
    va_list arguments;
    if (reply->nheaders == DS_MAX_HEADERS)
        return;
    struct ds_header *header = &reply->headers[reply->nheaders++];
    header->name = name;
    va_start(arguments, format);
    vsnprintf(header->value, sizeof header->value, format, arguments);
    va_end(arguments);
}
