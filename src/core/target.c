#include "core/target.h"

#include <string.h>
#include <strings.h>

#include "commissioned/policy_image.h"
#include "core/names.h"

enum { HOME_LENGTH = sizeof COMMISSIONED_HOST - 1 };

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool target_has_blank(const char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f)
            return true;
    return false;
}

size_t target_path_length(const char *path)
{
    /* By character: 1 ends the path, 2 ends the URL or spoils it. */
    static const unsigned char classes[256] = {
        ['?'] = 1, ['#'] = 1, ['\0' ... ' '] = 2, [0x7f] = 2};
    size_t length = 0;
    while (classes[(unsigned char)path[length]] == 0)
        length++;
    size_t end = length;
    while (classes[(unsigned char)path[end]] != 2)
        end++;
    return path[end] == '\0' ? length : SIZE_MAX;
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

/* Nearly all URLs; reads no further than their end. */
static inline bool is_https(const char *url)
{
    return url[0] == 'h' && url[1] == 't' && url[2] == 't' && url[3] == 'p' && url[4] == 's' &&
           url[5] == ':' && url[6] == '/' && url[7] == '/';
}

/* Returns the length of the scheme that "://" follows, or 0. Others than these are libcurl's
 * affair: it refuses some and takes a long one for a host. */
static size_t scheme_length(const char *url)
{
    static const char known[][6] = {"http", "wss", "ws"};
    if (is_https(url))
        return 5;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        size_t length = strlen(known[i]);
        if (strncmp(url, known[i], length) == 0 && strncmp(url + length, "://", 3) == 0)
            return length;
    }
    return 0;
}

size_t target_host_span(const char *host)
{
    static const unsigned char may_stand[256] = {
        ['a' ... 'z'] = 1, ['0' ... '9'] = 1, ['-'] = 1, ['.'] = 1};
    const char *end = host;
    while (may_stand[(unsigned char)*end])
        end++;
    return (size_t)(end - host);
}

/* Returns the length of a host name in lower case, or 0. */
static size_t host_length(const char *host)
{
    size_t length = target_host_span(host);
    size_t label = length; /* where the last one begins */
    while (label > 0 && host[label - 1] != '.')
        label--;
    /* A last label of digits may be an IPv4 address in one of its many
     * spellings, 0x7f among them. */
    return length > 0 && is_lower(host[label]) && is_lower(host[length - 1]) ? length : 0;
}

static bool scheme_is_tls(const char *scheme, size_t length)
{
    return (length == 5 && strncasecmp(scheme, "https", 5) == 0) ||
           (length == 3 && strncasecmp(scheme, "wss", 3) == 0);
}

/* The one host that every key belongs to: spares the look at each character. */
static bool is_home(const char *host)
{
    return strncmp(host, COMMISSIONED_HOST, HOME_LENGTH) == 0 &&
           (target_ends_authority(host[HOME_LENGTH]) || host[HOME_LENGTH] == ':');
}

enum target_spelling target_scan(const char *url, struct target *target)
{
    size_t scheme = scheme_length(url);
    if (scheme == 0)
        return TARGET_ODD;
    const char *host = url + scheme + 3;
    size_t length = is_home(host) ? HOME_LENGTH : host_length(host);
    if (length == 0 || length > TARGET_MAX_HOST)
        return TARGET_ODD;

    target->tls = scheme == 5 || (scheme == 3 && url[2] == 's'); /* https, wss */
    target->userinfo = false;
    target->usual = scheme == 5;
    target->port = target->tls ? HTTPS_PORT : 0;
    const char *cursor = host + length;
    if (*cursor == ':') {
        cursor++;
        if (!read_port(&cursor, &target->port))
            return TARGET_ODD;
    }
    if (!target_ends_authority(*cursor))
        return TARGET_ODD;
    size_t path = target_path_length(cursor);
    if (path == SIZE_MAX)
        return TARGET_ODD;
    memcpy(target->host, host, length);
    target->host[length] = '\0';
    target->host_len = length;
    target->path = *cursor == '/' ? cursor : "/";
    target->path_len = *cursor == '/' ? path : 1;
    return TARGET_CANONICAL;
}

bool target_set(struct target *target, const char *scheme, const char *host, const char *port,
                const char *path, bool userinfo)
{
    if (scheme == NULL || host == NULL || path == NULL)
        return false;
    size_t length = strlen(host);
    bool absolute = length > 1 && host[length - 1] == '.'; /* the same name */
    if (absolute)
        length--;
    if (length == 0 || length > TARGET_MAX_HOST)
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = host[i];
        target->host[i] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    }
    target->host[length] = '\0';
    target->host_len = length;
    target->tls = scheme_is_tls(scheme, strlen(scheme));
    target->userinfo = userinfo;
    target->usual = !absolute && strcasecmp(scheme, "https") == 0;
    target->port = target->tls ? HTTPS_PORT : 0;
    if (port != NULL && (!read_port(&port, &target->port) || *port != '\0'))
        return false;
    target->path = path[0] == '/' ? path : "/";
    target->path_len = path[0] == '/' ? strcspn(path, "?#") : 1;
    return true;
}

bool target_path_is_plain(const char *path, size_t length)
{
    /* By character: 1 is odd, 2 is a slash. */
    static const unsigned char classes[256] = {
        ['%'] = 1, ['\\'] = 1, ['\0' ... ' '] = 1, [0x7f] = 1, ['/'] = 2};
    for (const char *end = path + length; path < end; path++) {
        unsigned class = classes[(unsigned char)*path];
        if (class == 0)
            continue;
        /* An empty segment, or one that begins with a dot: let the slow way look closer. */
        if (class == 1 || (path + 1 < end && (path[1] == '/' || path[1] == '.')))
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
    if (value < ' ' || value == 0x7f || value == '/' || value == '\\' || value == '%')
        return -1;
    return is_unreserved(value) ? value : value | 0x100;
}

/* A ';' begins a path parameter, which some servers take off first (RFC 3986, 3.3). */
static bool begins_parameter(const char *out, size_t length)
{
    return length > 0 && (out[0] == ';' || (length >= 3 && memcmp(out, "%3B", 3) == 0));
}

static size_t segment_start(const char *out, size_t length)
{
    while (out[length - 1] != '/')
        length--;
    return length;
}

/*
 * Where the last segment of out[0..length) is read in two ways: "..;x" is a dot segment to those
 * servers, a name to others; and a ".." after an empty segment takes away that one, or, where "//"
 * is folded to "/" first, the one before it.
 */
static bool is_doubtful(const char *out, size_t length)
{
    size_t start = segment_start(out, length);
    size_t after = start;
    while (after < length && out[after] == '.')
        after++;
    if (after > start && begins_parameter(out + after, length - after))
        return true;
    if (after != length || after - start != 2 || start == 1)
        return false;
    size_t before = segment_start(out, start - 1);
    return before == start - 1 || begins_parameter(out + before, start - 1 - before);
}

/* Drops the last segment of out[0..length) if it is "." or ".." (then with the one before it). */
static size_t drop_dots(const char *out, size_t length)
{
    size_t start = segment_start(out, length);
    size_t segment = length - start;
    if (segment == 1 && out[start] == '.')
        return start;
    if (segment != 2 || out[start] != '.' || out[start + 1] != '.')
        return length;
    if (start == 1)
        return 1;
    return segment_start(out, start - 1);
}

/* A settled path in the making. */
struct settling {
    char *out;
    size_t used;
    bool encoded;         /* a character of the last segment was percent-encoded */
    bool dropped_literal; /* "." or "..", which libcurl takes out of an URL itself */
    bool dropped_encoded; /* "%2e" or the like, which it sends as it is, for the server to settle */
};

/* At a segment's end. False where its path is ambiguous: libcurl settles the literal dots before
 * the server settles the encoded ones, so of both kinds nobody can say which segment each takes
 * away. */
static bool end_segment(struct settling *path)
{
    if (is_doubtful(path->out, path->used))
        return false;
    size_t kept = drop_dots(path->out, path->used);
    if (kept != path->used) {
        path->dropped_encoded = path->dropped_encoded || path->encoded;
        path->dropped_literal = path->dropped_literal || !path->encoded;
    }
    path->used = kept;
    path->encoded = false;
    return !path->dropped_literal || !path->dropped_encoded;
}

static void add_encoded(struct settling *path, int c)
{
    static const char hex[] = "0123456789ABCDEF";
    path->out[path->used++] = '%';
    path->out[path->used++] = hex[(c >> 4) & 15];
    path->out[path->used++] = hex[c & 15];
}

size_t target_settle_path(const char *path, size_t length, char *out, size_t size)
{
    struct settling settling = {.out = out};
    const char *end = path + length;
    if (length == 0 || path[0] != '/')
        return 0;
    while (path < end) {
        bool encoded = *path == '%';
        int c = next_character(&path, end);
        if (c < 0 || settling.used + 4 > size)
            return 0;
        if (c == '/' && settling.used > 0) {
            size_t before = settling.used;
            if (!end_segment(&settling))
                return 0;
            if (settling.used != before) /* what is left ends in the slash already */
                continue;
        }
        settling.encoded = settling.encoded || encoded;
        if (c & 0x100)
            add_encoded(&settling, c);
        else
            out[settling.used++] = (char)c;
    }
    out[settling.used] = '\0';
    if (!end_segment(&settling))
        return 0;
    out[settling.used] = '\0';
    return settling.used;
}
