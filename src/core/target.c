#include "target.h"

#include <string.h>
#include <strings.h>

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The path ends where the query or the fragment begins. */
static size_t path_length(const char *path)
{
    return strcspn(path, "?#");
}

static bool read_port(const char **cursor, uint16_t *port)
{
    uint32_t value = 0;
    const char *c = *cursor;
    if (!is_digit(*c) || *c == '0')
        return false;
    for (; is_digit(*c); c++) {
        value = value * 10 + (uint32_t)(*c - '0');
        if (value > UINT16_MAX)
            return false;
    }
    *cursor = c;
    *port = (uint16_t)value;
    return true;
}

/* Returns the length of a lower-case scheme that "://" follows, or 0. */
static size_t scheme_length(const char *url)
{
    size_t length = 0;
    while (is_lower(url[length]))
        length++;
    return length > 0 && strncmp(url + length, "://", 3) == 0 ? length : 0;
}

static bool scheme_is_tls(const char *scheme, size_t length)
{
    return (length == 5 && strncasecmp(scheme, "https", 5) == 0) ||
           (length == 3 && strncasecmp(scheme, "wss", 3) == 0);
}

enum target_spelling target_scan(const char *url, struct target *target)
{
    size_t scheme = scheme_length(url);
    if (scheme == 0)
        return TARGET_ODD;
    const char *host = url + scheme + 3;
    size_t length = 0;
    while (is_lower(host[length]) || is_digit(host[length]) || host[length] == '-' ||
           host[length] == '.')
        length++;
    /* A last label of digits may be an IPv4 address in one of its many spellings. */
    if (length == 0 || length > TARGET_HOST_MAX || !is_lower(host[length - 1]))
        return TARGET_ODD;

    target->tls = scheme_is_tls(url, scheme);
    target->userinfo = false;
    target->port = target->tls ? 443 : 0;
    const char *cursor = host + length;
    if (*cursor == ':') {
        cursor++;
        if (!read_port(&cursor, &target->port))
            return TARGET_ODD;
    }
    if (*cursor != '/' && *cursor != '?' && *cursor != '#' && *cursor != '\0')
        return TARGET_ODD;
    memcpy(target->host, host, length);
    target->host[length] = '\0';
    target->host_len = length;
    target->path = *cursor == '/' ? cursor : "/";
    target->path_len = *cursor == '/' ? path_length(cursor) : 1;
    return TARGET_CANONICAL;
}

bool target_set(struct target *target, const char *scheme, const char *host, const char *port,
                const char *path, bool userinfo)
{
    if (scheme == NULL || host == NULL || path == NULL)
        return false;
    size_t length = strlen(host);
    if (length > 1 && host[length - 1] == '.') /* the absolute form of the same name */
        length--;
    if (length == 0 || length > TARGET_HOST_MAX)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = host[i];
        target->host[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    target->host[length] = '\0';
    target->host_len = length;
    target->tls = scheme_is_tls(scheme, strlen(scheme));
    target->userinfo = userinfo;
    target->port = target->tls ? 443 : 0;
    if (port != NULL && (!read_port(&port, &target->port) || *port != '\0'))
        return false;
    target->path = path[0] == '/' ? path : "/";
    target->path_len = path[0] == '/' ? path_length(path) : 1;
    return true;
}

bool target_path_is_plain(const char *path, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)path[i];
        if (c == '%' || c == '\\' || c <= ' ' || c == 0x7f)
            return false;
        /* An empty segment, or one that begins with a dot: let the slow way look closer. */
        if (c == '/' && i + 1 < length && (path[i + 1] == '/' || path[i + 1] == '.'))
            return false;
    }
    return true;
}

static int hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_unreserved(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

/* Takes one character off [*in, end). -1: malformed or ambiguous. 0x100 is set on one that stays
 * encoded. */
static int next_character(const char **in, const char *end)
{
    unsigned char c = (unsigned char)*(*in)++;
    if (c != '%')
        return c <= ' ' || c == 0x7f || c == '\\' ? -1 : c;
    if (end - *in < 2)
        return -1;
    int high = hex_value((*in)[0]);
    int low = hex_value((*in)[1]);
    if (high < 0 || low < 0)
        return -1;
    *in += 2;
    int value = high * 16 + low;
    if (value == 0 || value == '/' || value == '\\' || value == '%')
        return -1;
    return is_unreserved(value) ? value : value | 0x100;
}

/* "..;x" is a dot segment to servers that take path parameters off (RFC 3986, 3.3), a name to
 * others. */
static bool is_doubtful(const char *out, size_t length)
{
    size_t start = length;
    while (out[start - 1] != '/')
        start--;
    while (start < length && out[start] == '.')
        start++;
    if (start == length || out[start - 1] != '.')
        return false;
    return out[start] == ';' || (length - start >= 3 && memcmp(out + start, "%3B", 3) == 0);
}

/* Drops the last segment of out[0..length) if it is "." or ".." (then with the one before it). */
static size_t drop_dots(const char *out, size_t length)
{
    size_t start = length;
    while (out[start - 1] != '/')
        start--;
    size_t segment = length - start;
    if (segment == 1 && out[start] == '.')
        return start;
    if (segment != 2 || out[start] != '.' || out[start + 1] != '.')
        return length;
    if (start == 1)
        return 1;
    for (start--; out[start - 1] != '/'; start--)
        ;
    return start;
}

size_t target_settle_path(const char *path, size_t length, char *out, size_t size)
{
    static const char hex[] = "0123456789ABCDEF";
    const char *end = path + length;
    size_t used = 0;
    if (length == 0 || path[0] != '/')
        return 0;
    while (path < end) {
        int c = next_character(&path, end);
        if (c < 0 || used + 4 > size)
            return 0;
        if (c & 0x100) {
            out[used++] = '%';
            out[used++] = hex[(c >> 4) & 15];
            out[used++] = hex[c & 15];
            continue;
        }
        if (c == '/' && used > 0) {
            if (is_doubtful(out, used))
                return 0;
            size_t kept = drop_dots(out, used);
            bool dropped = kept != used;
            used = kept;
            if (dropped) /* what is left ends in the slash already */
                continue;
        }
        out[used++] = (char)c;
    }
    out[used] = '\0';
    if (is_doubtful(out, used))
        return 0;
    used = drop_dots(out, used);
    out[used] = '\0';
    return used;
}
