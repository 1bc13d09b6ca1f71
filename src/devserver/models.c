#include <string.h>

#include "devserver/api.h"
#include "devserver/completion.h"

static const char *const names[] = {DS_MODEL_ECHO, DS_MODEL_EMBED};

static json_t *model(const char *name)
{
    /* A date that never changes, so that the same question has the same answer. */
    return json_pack("{ss ss si ss}", "id", name, "object", "model", "created", 1767225600,
                     "owned_by", "commissioned-devserver");
}

void ds_models_list(const struct ds_call *call, struct ds_reply *reply)
{
    json_t *data = json_array();
    (void)call;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        json_array_append_new(data, model(names[i]));
    ds_reply_json(reply, 200, json_pack("{ss so}", "object", "list", "data", data));
}

void ds_models_get(const struct ds_call *call, struct ds_reply *reply)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(call->id, names[i]) == 0) {
            ds_reply_json(reply, 200, model(names[i]));
            return;
        }
    ds_reply_error(reply, 404, "model_not_found", "model",
                   "There is no such model: see GET /v1/models.");
}
