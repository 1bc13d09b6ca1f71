#include "cli/json.h"

#include <stdio.h>

void json_put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value != NULL ? value : json_null());
}

void json_put_text(json_t *object, const char *name, const char *text)
{
    json_put(object, name, text != NULL ? json_string(text) : NULL);
}

int json_print(json_t *object, int code)
{
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
    return code;
}
