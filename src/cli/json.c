#include "cli/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

static bool printed; /* one document a call: what fails after it has been said there */

/* How many bytes the UTF-8 character at `text` has, by RFC 3629; 0 where there is none. */
size_t utf8_length(const char *text)
{
    static const struct {
        unsigned char first, last, low, high; /* of the first byte, and of the second */
        size_t length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    const unsigned char *at = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last)
            continue;
        if (forms[i].length == 1)
            return 1;
        if (at[1] < forms[i].low || at[1] > forms[i].high)
            return 0;
        for (size_t n = 2; n < forms[i].length; n++)
            if (at[n] < 0x80 || at[n] > 0xbf)
                return 0;
        return forms[i].length;
    }
    return 0;
}

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
