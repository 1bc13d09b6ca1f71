#include "trace.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_TRACE = 1 << 21 };

const char *trace_key;
const char *trace_next_key;

static char text[MAX_TRACE];
static size_t used;

static void put(const char *from, size_t size)
{
    if (size > MAX_TRACE - used)
        size = MAX_TRACE - used;
    memcpy(text + used, from, size);
    used += size;
}

static void put_line(const char *mark, const char *format, va_list list)
{
    char line[4096];
    int length = vsnprintf(line, sizeof line - 1, format, list);
    if (length < 0)
        return;
    if ((size_t)length > sizeof line - 2)
        length = (int)sizeof line - 2;
    line[length] = '\n';
    put(mark, strlen(mark));
    put(line, (size_t)length + 1);
}

void trace(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line("", format, list);
    va_end(list);
}

void trace_broken(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    put_line("! ", format, list);
    va_end(list);
}

int trace_find_key(const char *data, size_t size)
{
    const char *keys[] = {trace_key, trace_next_key};
    for (int i = 0; i < 2; i++)
        if (memmem(data, size, keys[i], strlen(keys[i])) != NULL)
            return i + 1;
    return 0;
}

/* Something like "authorization: Bearer ****", in brackets or not, as the library masks its own
 * key. A program's own header ends in something else. */
static bool is_masked_line(const char *line, size_t length)
{
    static const char name[] = "authorization: bearer ";
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ']'))
        length--;
    size_t stars = 0;
    while (stars < length && line[length - 1 - stars] == '*')
        stars++;
    if (stars < 10 || length - stars < sizeof name - 1)
        return false;
    const char *begin = line + length - stars - (sizeof name - 1);
    return strncasecmp(begin, name, sizeof name - 1) == 0;
}

/* How long an address in memory is that stands here, or 0. */
static size_t address_length(const char *from, size_t size)
{
    size_t length = 2;
    if (size < 3 || from[0] != '0' || from[1] != 'x')
        return 0;
    while (length < size && isxdigit((unsigned char)from[length]))
        length++;
    return length > 6 ? length : 0;
}

static void put_shown(const char *from, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)from[i];
        char odd[8];
        size_t address = address_length(from + i, size - i);
        if (address > 0) {
            put("ADDRESS", 7);
            i += address - 1;
            continue;
        }
        if (c >= ' ' && c < 127) {
            put(from + i, 1);
            continue;
        }
        snprintf(odd, sizeof odd, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\x%02x", c);
        put(odd, strlen(odd));
    }
}

/* Digest's answers hold a random number, and WebSocket's key is one. */
static void put_settled(const char *line, size_t length)
{
    static const char *const random[] = {"uthorization: Digest ", "Sec-WebSocket-Key: "};
    for (size_t i = 0; i < sizeof random / sizeof random[0]; i++) {
        const char *found = memmem(line, length, random[i], strlen(random[i]));
        if (found == NULL)
            continue;
        put_shown(line, (size_t)(found - line) + strlen(random[i]));
        put_shown("...\r\n", 5);
        return;
    }
    put_shown(line, length);
}

/*
 * Tolerated: a hop behind a redirect from another origin is made with UNRESTRICTED_AUTH, where the
 * program has nothing of its own that could go astray by it. Where that hop is a redirect itself,
 * libcurl then has nothing to clear and says so.
 */
static bool is_about_clearing(const char *line, size_t length)
{
    static const char begin[] = "Clear auth, redirects ";
    size_t mark = length > 2 && memcmp(line, "* ", 2) == 0 ? 2 : 0;
    return length - mark > sizeof begin && memcmp(line + mark, begin, sizeof begin - 1) == 0;
}

bool trace_text(const char *label, const char *data, size_t size)
{
    if (trace_find_key(data, size) != 0)
        trace_broken("the key was shown in %s", label);
    size_t began = used;
    bool any = size == 0;
    put(label, strlen(label));
    put(" ", 1);
    for (size_t at = 0, length; at < size; at += length) {
        const char *end = memchr(data + at, '\n', size - at);
        length = end != NULL ? (size_t)(end - data) - at + 1 : size - at;
        if (is_masked_line(data + at, end != NULL ? length - 1 : length) ||
            is_about_clearing(data + at, length))
            continue;
        put_settled(data + at, length);
        any = true;
    }
    if (any)
        put("\n", 1);
    else
        used = began;
    return any;
}

void trace_write(void)
{
    for (size_t at = 0; at < used;) {
        ssize_t written = write(STDOUT_FILENO, text + at, used - at);
        if (written <= 0)
            break;
        at += (size_t)written;
    }
}

void trace_end(const char *why)
{
    trace("%s", why);
    trace_write();
    _exit(3);
}
