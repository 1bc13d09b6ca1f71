#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/utf8.h"

static bool printed; /* one document a call: what fails after it has been said there */

/* Names of files are bytes. What is no UTF-8 stands as \xNN, and then a backslash as \x5c, so that
 * nothing is lost and no two names are one. */
static char *spell_out(const char *text)
{
    char *out = malloc(4 * strlen(text) + 1);
    char *end = out;
    while (out != NULL && *text != '\0') {
        size_t length = *text == '\\' ? 0 : utf8_length(text);
        if (length == 0)
            end += sprintf(end, "\\x%02x", (unsigned)(unsigned char)*text++);
        for (; length > 0; length--)
            *end++ = *text++;
    }
    if (out != NULL)
        *end = '\0';
    return out;
}

json_t *json_text(const char *text)
{
    json_t *string = text != NULL ? json_string(text) : NULL;
    if (text == NULL || string != NULL)
        return string;
    char *spelled = spell_out(text);
    string = spelled != NULL ? json_string(spelled) : NULL;
    free(spelled);
    return string;
}

void json_put(json_t *object, const char *name, json_t *value)
{
    json_object_set_new(object, name, value != NULL ? value : json_null());
}

void json_put_text(json_t *object, const char *name, const char *text)
{
    json_put(object, name, json_text(text));
}

int json_print(json_t *object, int code)
{
    printed = true;
    json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    putchar('\n');
    json_decref(object);
    return code;
}

void json_print_error(int code)
{
    json_t *object;
    if (printed || code == CLI_OK)
        return;
    object = json_object();
    json_put_text(object, "error", cli_last_error());
    json_put(object, "exit_status", json_integer(code));
    json_print(object, code);
}

void json_was_printed(void)
{
    printed = true;
}
