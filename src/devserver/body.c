#include "devserver/body.h"

#include <string.h>

json_t *ds_body_object(const struct ds_call *call, struct ds_reply *reply)
{
    json_error_t error;
    json_t *object = json_loadb(call->body_size > 0 ? call->body : "", call->body_size,
                                JSON_REJECT_DUPLICATES, &error);
    if (object == NULL) {
        ds_reply_error(reply, 400, "invalid_json", NULL,
                       "The body is not JSON: line %d, column %d: %s", error.line, error.column,
                       error.text);
    } else if (!json_is_object(object)) {
        json_decref(object);
        object = NULL;
        ds_reply_error(reply, 400, "invalid_json", NULL, "The body must be a JSON object.");
    }
    return object;
}

bool ds_body_model(json_t *object, const char *model, struct ds_reply *reply)
{
    const char *asked = json_string_value(json_object_get(object, "model"));
    if (asked == NULL)
        ds_reply_error(reply, 400, "missing_model", "model", "Name the model, as a string: \"%s\".",
                       model);
    else if (strcmp(asked, model) != 0)
        ds_reply_error(reply, 404, "model_not_found", "model",
                       "This path serves one model, \"%s\".", model);
    else
        return true;
    return false;
}
