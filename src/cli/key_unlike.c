/*
 * What people paste in a key's place. MUST NOT repeat any of it: it holds the key, as likely as
 * not.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "cli/key_store.h"

static bool begins(const char *text, const char *with)
{
    return strncasecmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, size_t length, const char *with)
{
    size_t tail = strlen(with);
    return length >= tail && strncasecmp(text + length - tail, with, tail) == 0;
}

/* NAME=VALUE, as in a shell or a .env file; base64 has '=' at its end alone. */
static bool is_assignment(const char *text)
{
    size_t length = strcspn(text, "=");
    if (text[length] == '\0' || text[length + 1] == '=' || text[length + 1] == '\0')
        return false;
    if (ends(text, length, "key") || ends(text, length, "token") || ends(text, length, "secret"))
        return true;
    return length > 2 && memchr(text, '_', length) != NULL &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == length;
}

/* $NAME, ${NAME} and $(command), which a shell did not replace. */
static bool is_reference(const char *text)
{
    return text[0] == '$' && (isalpha((unsigned char)text[1]) || strchr("_{(", text[1]) != NULL);
}

/* What stands in a key's place in documents. */
static bool is_example(const char *text)
{
    static const char *const examples[] = {"your-api-key", "your_api_key", "your-key",
                                           "your_key",     "yourapikey",   "api-key-here",
                                           "insert-key",   "changeme"};
    if (text[strspn(text, "xX")] == '\0' || text[strspn(text, "*")] == '\0' || text[0] == '<')
        return true;
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++)
        if (strcasestr(text, examples[i]) != NULL)
            return true;
    return false;
}

const char *key_unlike(const char *text)
{
    if (begins(text, "authorization:"))
        return "'Authorization: Bearer' is no part of it: paste what follows";
    if (begins(text, "bearer ") || strcasecmp(text, "bearer") == 0)
        return "'Bearer' is no part of it: paste what follows";
    if (begins(text, "curl ") || begins(text, "-H "))
        return "this is a command: paste what follows 'Bearer' in it";
    if (begins(text, "export ") || is_assignment(text))
        return "'NAME=' is no part of it: paste what follows the '='";
    if (strchr("\"'`", text[0]) != NULL)
        return "quotes are no part of it: paste what is between them";
    if (text[0] != '\0' && strchr("\"'`,;", text[strlen(text) - 1]) != NULL)
        return "quotes, ',' and ';' are no part of it: paste what is before them";
    if (is_reference(text))
        return "this is a variable's name: paste what is in it";
    if (strncmp(text, "\xe2\x80", 2) == 0 || strncmp(text, "\xef\xbb\xbf", 3) == 0)
        return "it begins with a quote or a mark that a word processor put there: paste the key "
               "alone";
    if (text[0] == '{' || text[0] == '[')
        return "this is JSON: paste the key's own value, without quotes";
    if (strstr(text, "://") != NULL)
        return "this is an address";
    if (text[0] == '/' || begins(text, "~/"))
        return "this is a file's name: give the file to standard input, with '<'";
    if (begins(text, "-----BEGIN"))
        return "this is a certificate or a private key of another kind";
    if (is_example(text))
        return "this stands in a key's place in documents";
    if (strstr(text, "...") != NULL || strstr(text, "***") != NULL ||
        strstr(text, "\xe2\x80\xa6") != NULL)
        return "this is a key as it is shown later, in part: only a new one is shown whole";
    return NULL;
}
