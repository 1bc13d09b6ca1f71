#include "policy/config_guard.h"

#include <string.h>

#include "core/secret.h"

enum { MAX_DIGITS = 9 }; /* libconfig 1.5 reads longer ones modulo 2^32: user 4294967296 as root */

/* What a byte outside of strings and comments may be. */
enum byte_class { OTHER, CONTROL, BLANK, WORD, OPEN, CLOSE, SEPARATOR, ASSIGN };

static const unsigned char classes[256] = {
    [0x01 ... 0x08] = CONTROL,
    [0x0b] = CONTROL,
    [0x0e ... 0x1f] = CONTROL,
    [0x7f] = CONTROL,
    ['\t'] = BLANK,
    ['\n'] = BLANK,
    ['\r'] = BLANK,
    ['\f'] = BLANK,
    [' '] = BLANK,
    ['a' ... 'z'] = WORD,
    ['A' ... 'Z'] = WORD,
    ['0' ... '9'] = WORD,
    ['_'] = WORD,
    ['*'] = WORD,
    ['-'] = WORD,
    ['+'] = WORD,
    ['.'] = WORD,
    ['('] = OPEN,
    ['['] = OPEN,
    ['{'] = OPEN,
    [')'] = CLOSE,
    [']'] = CLOSE,
    ['}'] = CLOSE,
    [','] = SEPARATOR,
    [';'] = SEPARATOR,
    ['='] = ASSIGN,
    [':'] = ASSIGN,
};

static enum byte_class class_of(char c)
{
    return (enum byte_class)classes[(unsigned char)c];
}

struct lexer {
    char *at;
    uint32_t line;
    unsigned depth;
    unsigned settings[GUARD_MAX_DEPTH + 1]; /* of each group that is open */
    bool list[GUARD_MAX_DEPTH + 1];         /* of each bracket that is open: ( or [ */
    bool key_next;                          /* `api_key =` was read */
    bool element;                           /* the last token can be an element of a list */
    char *comma;                            /* the last token is this one, after an element */
    struct guarded_key **tail;
    struct arena *arena;
    struct config_guard *guard;
    struct complaint *why;
};

static bool refuse(struct lexer *lexer, uint32_t line, const char *fact, const char *remedy)
{
    complain(lexer->why, remedy, "%s", fact);
    lexer->guard->line = line;
    return false;
}

static bool refuse_include(struct lexer *lexer, uint32_t line)
{
    return refuse(lexer, line, "@include is not read, for it would escape the judging of files",
                  "put the settings here, or a file into conf.d");
}

static bool is_comment(const char *at)
{
    return at[0] == '#' || (at[0] == '/' && (at[1] == '/' || at[1] == '*'));
}

static void blank(char *text, size_t length, char with)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] != '\n')
            text[i] = with;
}

/* libconfig sees no comment, so that it cannot disagree on where one ends. */
static bool skip_comment(struct lexer *lexer)
{
    uint32_t line = lexer->line;
    char *start = lexer->at;
    char *at = start;
    if (at[0] == '#' || at[1] == '/') {
        at += strcspn(at, "\n");
    } else {
        for (at += 2; *at != '\0' && (at[0] != '*' || at[1] != '/'); at++)
            lexer->line += *at == '\n';
        if (*at == '\0') /* libconfig would silently leave out the rest of the file */
            return refuse(lexer, line, "this comment is never closed", "close it with */");
        at += 2;
    }
    blank(start, (size_t)(at - start), ' ');
    lexer->at = at;
    return true;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Reads one character of a string, resolving its escape; returns how many bytes of text it took. */
static size_t read_char(const char *at, char *c)
{
    static const char escapes[] = "n\nr\rt\tf\f\\\\\"\"";
    *c = at[0];
    if (at[0] != '\\' || at[1] == '\0')
        return 1;
    if ((at[1] == 'x' || at[1] == 'X') && hex_digit(at[2]) >= 0 && hex_digit(at[3]) >= 0) {
        *c = (char)(hex_digit(at[2]) * 16 + hex_digit(at[3]));
        return 4;
    }
    for (const char *e = escapes; *e != '\0'; e += 2) {
        if (at[1] == e[0]) {
            *c = e[1];
            return 2;
        }
    }
    return 1;
}

/* Strings that follow each other are one to libconfig, so a key is added
 * to the last one taken out. */
static bool take_key(struct lexer *lexer, const char *text, size_t length, bool more)
{
    struct guarded_key *key = arena_alloc(lexer->arena, sizeof *key);
    size_t before = 0;
    struct guarded_key *last = more ? *lexer->tail : NULL;
    if (last != NULL)
        before = last->length;
    char *all = arena_alloc(lexer->arena, before + length + 1);
    if (key == NULL || all == NULL)
        return false;
    if (last != NULL) {
        memcpy(all, last->text, before);
        *last = (struct guarded_key){NULL, all, before};
        key = last;
    } else {
        if (*lexer->tail != NULL)
            lexer->tail = &(*lexer->tail)->next;
        *lexer->tail = key;
    }
    key->text = all;
    key->length = before;
    for (const char *c = text; c < text + length;)
        c += read_char(c, &all[key->length++]);
    return true;
}

static bool read_string(struct lexer *lexer, bool more)
{
    uint32_t line = lexer->line;
    char *start = lexer->at + 1;
    char *at = start;
    while (*at != '"') {
        char c;
        size_t took = read_char(at, &c);
        if (*at == '\0')
            return refuse(lexer, line, "this quote is never closed", "close it with \"");
        if (c == '\0')
            return refuse(lexer, line, "\\x00 ends a string too early", "leave it out");
        lexer->line += *at == '\n';
        at += took;
    }
    lexer->at = at + 1;
    if (!lexer->key_next)
        return true;
    bool taken = take_key(lexer, start, (size_t)(at - start), more);
    blank(start, (size_t)(at - start), 'x');
    return taken;
}

static bool open_bracket(struct lexer *lexer)
{
    if (lexer->depth == GUARD_MAX_DEPTH)
        return refuse(lexer, lexer->line, "brackets within brackets, too deep",
                      "see commissioned-auth.conf(5)");
    lexer->settings[++lexer->depth] = 0;
    lexer->list[lexer->depth] = *lexer->at++ != '{';
    return true;
}

static bool read_name(struct lexer *lexer)
{
    const char *name = lexer->at;
    size_t length = 0;
    while (class_of(name[length]) == WORD)
        length++;
    lexer->at += length;
    bool number = strchr("0123456789+-.", name[0]) != NULL;
    lexer->settings[lexer->depth] += !number;
    lexer->key_next = length == strlen("api_key") && memcmp(name, "api_key", length) == 0;
    if (number && length > MAX_DIGITS)
        return refuse(lexer, lexer->line, "a number is too large", "put it in double quotes");
    if (lexer->settings[lexer->depth] > GUARD_MAX_SETTINGS)
        return refuse(lexer, lexer->line, "too many settings in one group",
                      "see commissioned-auth.conf(5)");
    return true;
}

/* Reads what begins at lexer->at. `after_string`: it follows a string,
 * with blanks between at most. */
static bool read_token(struct lexer *lexer, bool after_string)
{
    char c = *lexer->at;
    if (c == '"')
        return read_string(lexer, after_string);
    if (c == '@')
        return refuse_include(lexer, lexer->line);
    enum byte_class class = class_of(c);
    if (class == WORD)
        return read_name(lexer);
    if (class == ASSIGN && after_string) /* else a JSON "api_key" would come to libconfig */
        return refuse(lexer, lexer->line, "a name in double quotes, as in JSON",
                      "write name = value; without quotes around the name");
    if (class != ASSIGN)
        lexer->key_next = false;
    if (class == OPEN)
        return open_bracket(lexer);
    if (class == CLOSE && lexer->depth > 0)
        lexer->depth--;
    lexer->at++;
    return true;
}

/* libconfig takes a comma after the last element from 1.7 on, and so do we with any. It then takes
 * any number of them, everywhere in a list, and that is a slip. */
static bool note_comma(struct lexer *lexer, char *token)
{
    if (*token == ',' && lexer->comma != NULL && lexer->list[lexer->depth])
        return refuse(lexer, lexer->line, "a ',' without an element before it", "leave it out");
    if ((*token == ')' || *token == ']') && lexer->comma != NULL)
        *lexer->comma = ' ';
    lexer->comma = *token == ',' && lexer->element ? token : NULL;
    lexer->element = *token == '"' || class_of(*token) == WORD || class_of(*token) == CLOSE;
    return true;
}

/* Blind to strings, so that no disagreement on where they end can let one through. */
static bool has_include(const char *text, uint32_t *line)
{
    const char *at = text;
    while ((at = strstr(at, "@include")) != NULL) {
        const char *start = at++;
        while (start > text && (start[-1] == ' ' || start[-1] == '\t'))
            start--;
        if (start > text && start[-1] != '\n')
            continue;
        for (*line = 1; text < start; text++)
            *line += *text == '\n';
        return true;
    }
    return false;
}

static bool has_control(const char *text, uint32_t *line)
{
    *line = 1;
    for (; *text != '\0'; text++) {
        if (class_of(*text) == CONTROL)
            return true;
        *line += *text == '\n';
    }
    return false;
}

bool config_guard(char *text, struct arena *arena, struct config_guard *guard,
                  struct complaint *why)
{
    *guard = (struct config_guard){0};
    struct lexer lexer = {
        .at = text, .line = 1, .tail = &guard->keys, .arena = arena, .guard = guard, .why = why};
    uint32_t line;
    if (strncmp(text, "\xef\xbb\xbf", 3) == 0)
        return refuse(&lexer, 1, "begins with a byte order mark", "save it as UTF-8 without one");
    if (has_control(text, &line))
        return refuse(&lexer, line, "holds a control character", "write it anew as plain text");
    bool after_string = false;
    while (*lexer.at != '\0') {
        if (class_of(*lexer.at) == BLANK) {
            lexer.line += *lexer.at == '\n';
            lexer.at++;
            continue;
        }
        if (is_comment(lexer.at)) {
            if (!skip_comment(&lexer))
                return false;
            continue;
        }
        guard->line = lexer.line;
        char *token = lexer.at;
        bool string = *token == '"';
        if (!read_token(&lexer, after_string) || !note_comma(&lexer, token))
            return false;
        after_string = string;
        if (++guard->nvalues > GUARD_MAX_VALUES)
            return refuse(&lexer, lexer.line, "holds too many values", "use fewer");
    }
    return !has_include(text, &line) || refuse_include(&lexer, line);
}
