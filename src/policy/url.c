#include "policy/url.h"

#include <string.h>
#include <strings.h>

#include "core/names.h"

static const char https[] = "https://";

static bool refuse(struct complaint *why, const char *fact, const char *remedy)
{
    complain(why, remedy, "%s", fact);
    return false;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool check_host(const char *host, size_t length)
{
    if (length == 0 || length > 253 || host[0] == '-')
        return false;
    for (size_t i = 0; i < length; i++) {
        char c = lower(host[i]);
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
        if (!fine || (c == '.' && (i == 0 || host[i - 1] == '.')))
            return false;
    }
    return true;
}

/* Reads digits[0..length); an empty port is the default, as in RFC 3986, 3.2.3. */
static bool parse_port(const char *digits, size_t length, uint16_t *port)
{
    unsigned value = 0;
    *port = HTTPS_PORT;
    if (length == 0)
        return true;
    if (length > 5)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        value = value * 10 + (unsigned)(digits[i] - '0');
    }
    *port = (uint16_t)value;
    return value > 0 && value <= 65535;
}

static bool check_path(const char *path, struct complaint *why)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "-._~!$&'()*+,;=:@/";
    if (strchr(path, '?') != NULL || strchr(path, '#') != NULL)
        return refuse(why, "url has a query or a fragment, which no rule looks at",
                      "leave out what begins with ? or #");
    if (strchr(path, '%') != NULL)
        return refuse(why, "url has a percent-encoded path", "write the path plainly");
    if (path[strspn(path, fine)] != '\0')
        return refuse(why, "url has a character that no URL holds", "write the path plainly");
    for (const char *segment = path; segment != NULL; segment = strchr(segment, '/')) {
        segment += *segment == '/';
        size_t length = strcspn(segment, "/");
        if (length == 0 && *segment == '/')
            return refuse(why, "url has an empty path segment", "write one / only");
        if ((length == 1 && segment[0] == '.') ||
            (length == 2 && segment[0] == '.' && segment[1] == '.'))
            return refuse(why, "url has a dot segment", "write the path without . and ..");
    }
    return true;
}

static bool parse_authority(const char *authority, size_t length, struct policy_scope *scope,
                            struct arena *arena, struct complaint *why)
{
    if (memchr(authority, '@', length) != NULL)
        return refuse(why, "url holds a user name", "leave out what stands before @");
    const char *colon = memchr(authority, ':', length);
    size_t host_len = colon != NULL ? (size_t)(colon - authority) : length;
    const char *digits = colon != NULL ? colon + 1 : "";
    size_t digits_len = colon != NULL ? length - host_len - 1 : 0;
    if (!check_host(authority, host_len))
        return refuse(why, "url has no proper host name",
                      "write it as \"" COMMISSIONED_ORIGIN "/v1\"");
    if (!parse_port(digits, digits_len, &scope->port))
        return refuse(why, "url has no proper port", "write a number from 1 to 65535, or none");
    if (authority[host_len - 1] == '.')
        host_len--;
    char *host = arena_strndup(arena, authority, host_len);
    if (host == NULL)
        return false;
    for (char *c = host; *c != '\0'; c++)
        *c = lower(*c);
    scope->host = host;
    return true;
}

bool policy_scope_parse(const char *url, struct arena *arena, struct policy_scope *scope,
                        struct complaint *why)
{
    if (strncasecmp(url, https, sizeof https - 1) != 0)
        return refuse(why, "url is not https", "begin it with https://");
    if (strlen(url) > POLICY_MAX_URL)
        return refuse(why, "url is longer than 1024 bytes", "name a shorter path");
    const char *authority = url + sizeof https - 1;
    size_t length = strcspn(authority, "/?#");
    const char *path = authority + length;
    if (!parse_authority(authority, length, scope, arena, why) || !check_path(path, why))
        return false;
    size_t path_len = strlen(path);
    if (path_len > 1 && path[path_len - 1] == '/')
        path_len--;
    scope->path = path_len > 0 ? arena_strndup(arena, path, path_len) : arena_strdup(arena, "/");
    return scope->path != NULL;
}
