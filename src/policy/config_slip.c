#include "policy/config_slip.h"

#include <string.h>
#include <strings.h>

enum { MAX_DEPTH = 16 }; /* brackets that are kept in mind; config_guard lets fewer through */

enum token {
    NOTHING, /* the beginning, or what ends a setting */
    NAME,
    ASSIGNMENT,
    VALUE,
    COMMA,
    OPENED,
};

struct reading {
    const char *at;
    uint32_t line;
    enum token last;
    unsigned depth;
    struct {
        char bracket;
        uint32_t line;
    } open[MAX_DEPTH + 1]; /* [0] is the file, which is a group */
};

struct slip {
    const char *fact;
    const char *remedy;
};

static const char word_bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
                                 "*-+.";

static bool in_group(const struct reading *reading)
{
    return reading->depth == 0 || reading->open[reading->depth].bracket == '{';
}

static void skip_past(struct reading *reading, const char *end)
{
    const char *stop = strstr(reading->at, end);
    stop = stop != NULL ? stop + strlen(end) : reading->at + strlen(reading->at);
    for (; reading->at < stop; reading->at++)
        reading->line += *reading->at == '\n';
}

static void skip_space(struct reading *reading)
{
    for (;;) {
        const char *at = reading->at;
        if (at[0] == '#' || (at[0] == '/' && at[1] == '/')) {
            reading->at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            skip_past(reading, "*/");
        } else if (*at != '\0' && strchr(" \t\r\n\f", *at) != NULL) {
            reading->line += *at == '\n';
            reading->at++;
        } else {
            return;
        }
    }
}

static void skip_string(struct reading *reading)
{
    for (reading->at++; *reading->at != '\0' && *reading->at != '"'; reading->at++) {
        reading->line += *reading->at == '\n';
        if (reading->at[0] == '\\' && reading->at[1] != '\0')
            reading->at++;
    }
    if (*reading->at == '"')
        reading->at++;
}

/* Letters that look like what was meant, in UTF-8. */
static const struct slip *typographic(const char *at)
{
    static const struct slip quote = {"a typographic quote", "write \" in its place"};
    static const struct slip blank = {"a blank that is none (no-break space)", "type it anew"};
    static const struct slip other = {"a letter outside of quotes that cannot stand there",
                                      "put the value in double quotes"};
    if ((unsigned char)*at < 0x80)
        return NULL;
    if (strncmp(at, "\xc2\xa0", 2) == 0 || strncmp(at, "\xe2\x80\xaf", 3) == 0 ||
        strncmp(at, "\xe2\x80\x8b", 3) == 0)
        return &blank;
    bool general = strncmp(at, "\xe2\x80", 2) == 0 && (unsigned char)at[2] >= 0x98 &&
                   (unsigned char)at[2] <= 0x9f;
    if (general || strncmp(at, "\xc2\xab", 2) == 0 || strncmp(at, "\xc2\xbb", 2) == 0)
        return &quote;
    return &other;
}

/* What cannot stand where a setting's name is due. */
static const struct slip *not_a_name(const struct reading *reading)
{
    static const struct slip json = {"begins with a bracket, as JSON does",
                                     "write settings as name = value; without it"};
    static const struct slip ini = {"[ ] begins a section nowhere here",
                                    "write settings as name = value; without it"};
    static const struct slip quoted = {"a name in double quotes, as in JSON", "write it without"};
    static const struct slip many = {"a ',' or ';' too many", "leave it out"};
    static const struct slip bare = {"a value without a name", "write name = value;"};
    switch (*reading->at) {
    case '{':
        return reading->depth == 0 ? &json : &bare;
    case '[':
        return &ini;
    case '"':
        return &quoted;
    case ',':
    case ';':
        return &many;
    case '(':
        return &bare;
    default:
        return NULL;
    }
}

static bool is_scalar(const char *word, size_t length)
{
    return strchr("0123456789+-.", word[0]) != NULL ||
           (length == 4 && strncasecmp(word, "true", 4) == 0) ||
           (length == 5 && strncasecmp(word, "false", 5) == 0);
}

static const struct slip *read_word(struct reading *reading)
{
    static const struct slip bare = {"a value without quotes", "put it in double quotes"};
    static const struct slip names = {"'=' is missing after a name", "write name = value;"};
    static const struct slip comma = {"a comma is missing between two elements", "put one there"};
    static const struct slip list = {"a name within ( ) or [ ]",
                                     "put settings in braces, as in ( { name = value; } )"};
    const char *word = reading->at;
    size_t length = strspn(word, word_bytes);
    bool scalar = is_scalar(word, length);
    reading->at += length;
    if (reading->last == NAME)
        return &names;
    if (reading->last == ASSIGNMENT || !in_group(reading)) {
        enum token before = reading->last;
        reading->last = VALUE;
        if (before == VALUE)
            return &comma;
        if (scalar)
            return NULL;
        skip_space(reading);
        return before != ASSIGNMENT && strchr("=:", *reading->at) != NULL && *reading->at != '\0'
                   ? &list
                   : &bare;
    }
    reading->last = NAME;
    return NULL;
}

static const struct slip *open_bracket(struct reading *reading)
{
    static const struct slip groups = {"groups in [ ]", "write them as ( { ... }, { ... } )"};
    static const struct slip comma = {"a comma is missing between two elements", "put one there"};
    bool within = !in_group(reading);
    if (within && reading->last == VALUE)
        return &comma;
    if (within && reading->open[reading->depth].bracket == '[')
        return &groups;
    if (reading->depth == MAX_DEPTH)
        return NULL;
    reading->open[++reading->depth].bracket = *reading->at++;
    reading->open[reading->depth].line = reading->line;
    reading->last = *(reading->at - 1) == '{' ? NOTHING : OPENED;
    return NULL;
}

static const struct slip *close_bracket(struct reading *reading)
{
    static const struct slip none = {"this bracket closes none", "leave it out"};
    static const struct slip comma = {"a comma after the last element", "leave it out"};
    static const struct slip value = {"a value is missing after '='", "write name = value;"};
    static const struct slip other = {"this bracket closes another kind",
                                      "close ( with ), [ with ] and { with }"};
    char opened = reading->open[reading->depth].bracket;
    char closes = *reading->at == ')' ? '(' : *reading->at == ']' ? '[' : '{';
    if (reading->depth == 0)
        return &none;
    if (opened != closes)
        return &other;
    if (reading->last == ASSIGNMENT)
        return &value;
    if (reading->last == COMMA && closes != '{')
        return &comma;
    reading->depth--;
    reading->at++;
    reading->last = VALUE;
    return NULL;
}

static const struct slip *read_mark(struct reading *reading)
{
    static const struct slip twice = {"'=' stands twice", "leave one of them out"};
    static const struct slip value = {"a value is missing after '='", "write name = value;"};
    static const struct slip name = {"'=' is missing after a name", "write name = value;"};
    static const struct slip semicolon = {"';' between elements", "write ',' in its place"};
    static const struct slip none = {"a ',' without an element before it", "leave it out"};
    char mark = *reading->at++;
    if (mark == '=' || mark == ':') {
        bool named = reading->last == NAME;
        reading->last = ASSIGNMENT;
        return named ? NULL : &twice;
    }
    if (reading->last == ASSIGNMENT)
        return &value;
    if (reading->last == NAME)
        return &name;
    if (!in_group(reading) && mark == ';')
        return &semicolon;
    if (!in_group(reading) && reading->last != VALUE)
        return &none;
    reading->last = in_group(reading) ? NOTHING : COMMA;
    return NULL;
}

static const struct slip *read_string(struct reading *reading)
{
    static const struct slip name = {"'=' is missing after a name", "write name = value;"};
    skip_string(reading);
    if (reading->last == NAME)
        return &name;
    reading->last = VALUE;
    return NULL;
}

static const struct slip *read_token(struct reading *reading)
{
    static const struct slip single = {"a single quote", "write \" in its place"};
    static const struct slip path = {"a value without quotes", "put it in double quotes"};
    static const struct slip sign = {"a sign that means nothing here",
                                     "put values in double quotes"};
    char c = *reading->at;
    const struct slip *slip = typographic(reading->at);
    if (slip == NULL && in_group(reading) && (reading->last == NOTHING || reading->last == VALUE) &&
        !(reading->last == VALUE && strchr("\",;", c) != NULL))
        slip = not_a_name(reading);
    if (slip != NULL)
        return slip;
    if (strchr(word_bytes, c) != NULL)
        return read_word(reading);
    if (strchr("([{", c) != NULL)
        return open_bracket(reading);
    if (strchr(")]}", c) != NULL)
        return close_bracket(reading);
    if (strchr("=:,;", c) != NULL)
        return read_mark(reading);
    if (c == '"')
        return read_string(reading);
    return c == '\'' ? &single : strchr("/~$", c) != NULL ? &path : &sign;
}

bool config_slip_find(const char *text, uint32_t *line, struct complaint *why)
{
    struct reading reading = {.at = text, .line = 1};
    const struct slip *slip = NULL;
    for (skip_space(&reading); slip == NULL && *reading.at != '\0'; skip_space(&reading)) {
        *line = reading.line;
        slip = read_token(&reading);
    }
    if (slip != NULL) {
        complain(why, slip->remedy, "%s", slip->fact);
        return true;
    }
    if (reading.last == NAME || reading.last == ASSIGNMENT) {
        complain(why, "write name = value;", "%s",
                 reading.last == NAME ? "'=' is missing after a name"
                                      : "a value is missing after '='");
        return true;
    }
    if (reading.depth == 0)
        return false;
    *line = reading.open[reading.depth].line;
    complain(why, "close it", "this '%c' is never closed", reading.open[reading.depth].bracket);
    return true;
}
