#include "policy/dotenv.h"

#include <stdbool.h>
#include <string.h>

struct scan {
    const char *at; /* ends in NUL */
    uint32_t line;
};

struct output {
    char *value;
    size_t room;
    size_t length;
    bool overflow;
    bool reference;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void skip_blanks(struct scan *scan)
{
    while (is_blank(*scan->at))
        scan->at++;
}

static void skip_line(struct scan *scan)
{
    scan->at += strcspn(scan->at, "\n");
    if (*scan->at == '\n') {
        scan->at++;
        scan->line++;
    }
}

static void put(struct output *out, char c)
{
    if (out->length + 1 < out->room)
        out->value[out->length++] = c;
    else
        out->overflow = true;
}

/* $NAME, ${NAME} and $(command); some tools replace them, some do not. */
static bool is_reference(const char *at)
{
    static const char begins[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_{(";
    return at[0] == '$' && at[1] != '\0' && strchr(begins, at[1]) != NULL;
}

static char unescape(char c)
{
    return c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
}

/* False where the quote is never closed. */
static bool read_quoted(struct scan *scan, struct output *out)
{
    char quote = *scan->at++;
    for (; *scan->at != quote; scan->at++) {
        if (*scan->at == '\0')
            return false;
        if (*scan->at == '\n')
            scan->line++;
        if (quote == '"' && is_reference(scan->at))
            out->reference = true;
        if (quote == '"' && scan->at[0] == '\\' && scan->at[1] != '\0' &&
            strchr("nrt\"\\$", scan->at[1]) != NULL)
            put(out, unescape(*++scan->at));
        else
            put(out, *scan->at);
    }
    scan->at++;
    return true;
}

static void read_bare(struct scan *scan, struct output *out)
{
    const char *start = scan->at;
    const char *end = start;
    for (; *scan->at != '\0' && *scan->at != '\n'; scan->at++) {
        if (*scan->at == '#' && (scan->at == start || is_blank(scan->at[-1])))
            break;
        if (!is_blank(*scan->at))
            end = scan->at + 1;
    }
    for (const char *c = start; c < end; c++) {
        if (c + 1 < end && is_reference(c))
            out->reference = true;
        put(out, *c);
    }
}

/* Reads "export NAME =" up to the value; false where the line is no assignment. */
static bool read_name(struct scan *scan, const char **name, size_t *length)
{
    skip_blanks(scan);
    if (strncmp(scan->at, "export", 6) == 0 && is_blank(scan->at[6])) {
        scan->at += 6;
        skip_blanks(scan);
    }
    *name = scan->at;
    *length = strspn(scan->at, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-");
    scan->at += *length;
    skip_blanks(scan);
    if (*length == 0 || *scan->at != '=')
        return false;
    scan->at++;
    skip_blanks(scan);
    return true;
}

enum dotenv_result dotenv_find(const char *text, const char *name, char *value, size_t room,
                               size_t *length, uint32_t *line)
{
    struct scan scan = {.at = text, .line = 1};
    enum dotenv_result result = DOTENV_ABSENT;
    *length = 0;
    if (strncmp(scan.at, "\xef\xbb\xbf", 3) == 0)
        scan.at += 3; /* a byte order mark, as Windows editors write it */

    for (; *scan.at != '\0'; skip_line(&scan)) {
        const char *found;
        size_t found_length;
        if (!read_name(&scan, &found, &found_length))
            continue;
        bool ours = found_length == strlen(name) && memcmp(found, name, found_length) == 0;
        struct output out = {.value = value, .room = ours ? room : 0};
        uint32_t start = scan.line;
        if (*scan.at == '"' || *scan.at == '\'') {
            if (!read_quoted(&scan, &out)) {
                *line = start;
                return DOTENV_OPEN;
            }
        } else {
            read_bare(&scan, &out);
        }
        if (!ours)
            continue;
        *length = out.length;
        *line = start;
        value[out.length] = '\0';
        result = out.overflow ? DOTENV_TOO_LONG : out.reference ? DOTENV_REFERENCE : DOTENV_FOUND;
    }
    return result;
}
