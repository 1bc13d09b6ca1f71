#include "url_agree.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "commissioned/policy_image.h"
#include "core/plain.h"
#include "core/target.h"

enum { SETTLED_MAX = 8192 };

struct reading {
    bool accepted;
    char *scheme;
    char *host;
    char *port;
    char *path;
};

static void read_with_libcurl(struct reading *reading, const char *url)
{
    CURLU *parsed = curl_url();
    memset(reading, 0, sizeof *reading);
    if (parsed == NULL)
        abort();
    reading->accepted = curl_url_set(parsed, CURLUPART_URL, url,
                                     CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    if (reading->accepted) {
        curl_url_get(parsed, CURLUPART_SCHEME, &reading->scheme, 0);
        curl_url_get(parsed, CURLUPART_HOST, &reading->host, 0);
        curl_url_get(parsed, CURLUPART_PORT, &reading->port, 0);
        curl_url_get(parsed, CURLUPART_PATH, &reading->path, 0);
    }
    curl_url_cleanup(parsed);
}

static void forget(struct reading *reading)
{
    curl_free(reading->scheme);
    curl_free(reading->host);
    curl_free(reading->port);
    curl_free(reading->path);
}

static bool is_tls(const char *scheme)
{
    return strcmp(scheme, "https") == 0 || strcmp(scheme, "wss") == 0;
}

/* libcurl settles dot segments by itself; what it will send must not mean anything else. */
static const char *compare_paths(const struct target *target, const char *path)
{
    static char ours[SETTLED_MAX], theirs[SETTLED_MAX];
    size_t length = strlen(path);
    if (target_path_is_plain(target->path, target->path_len))
        return length == target->path_len && memcmp(path, target->path, length) == 0
                   ? NULL
                   : "a plain path";
    size_t settled = target_settle_path(target->path, target->path_len, ours, sizeof ours);
    if (settled == 0)
        return NULL;
    length = target_settle_path(path, length, theirs, sizeof theirs);
    return length == settled && memcmp(ours, theirs, length) == 0 ? NULL : "a settled path";
}

static const char *compare(const struct target *target, const struct reading *reading)
{
    if (!reading->accepted)
        return "libcurl refuses it";
    if (reading->scheme == NULL || reading->host == NULL || reading->path == NULL)
        return "libcurl finds a part missing";
    if (target->tls != is_tls(reading->scheme))
        return "the scheme";
    if (target->userinfo || strcmp(target->host, reading->host) != 0 ||
        target->host_len != strlen(reading->host))
        return "the host";
    if (reading->port != NULL ? target->port != strtoul(reading->port, NULL, 10)
                              : target->port != (target->tls ? 443 : 0))
        return "the port";
    return compare_paths(target, reading->path);
}

/* What libcurl takes for the origin must, by way of target_set, be the origin to us too. */
static const char *compare_odd(const struct reading *reading)
{
    struct target target;
    if (!reading->accepted || reading->host == NULL ||
        strcmp(reading->host, COMMISSIONED_HOST) != 0 || strcmp(reading->scheme, "https") != 0 ||
        (reading->port != NULL && strcmp(reading->port, "443") != 0))
        return NULL;
    if (!target_set(&target, reading->scheme, reading->host, reading->port, reading->path, false))
        return "libcurl's parts are not taken";
    return target.tls && target.port == 443 && strcmp(target.host, COMMISSIONED_HOST) == 0
               ? NULL
               : "the origin";
}

/* One rule, for "/v1" of the origin. */
static const struct plain *plain_v1(void)
{
    static const struct policy_rule rule = {
        .host = COMMISSIONED_HOST, .path = "/v1", .port = 443, .path_len = 3};
    static const struct policy_origin origin = {COMMISSIONED_HOST, 443};
    static const struct policy_image image = {
        .nrules = 1, .rules = &rule, .norigins = 1, .origins = &origin};
    static struct plain plain;
    plain_set(&plain, &image);
    return &plain;
}

static const char *compare_plain(const char *url, const struct reading *reading)
{
    const struct plain *plain = plain_v1();
    bool inside = plain_is_inside(plain, url);
    bool elsewhere = plain_is_elsewhere(plain, url);
    if (!reading->accepted || reading->host == NULL || reading->path == NULL)
        return NULL; /* it comes to no hop */
    bool home = strcmp(reading->host, COMMISSIONED_HOST) == 0;
    bool in_v1 = home && strcmp(reading->scheme, "https") == 0 && reading->port == NULL &&
                 strncmp(reading->path, "/v1/", 4) == 0;
    if (inside && !in_v1)
        return "what is plainly inside";
    return elsewhere && home ? "what is plainly elsewhere" : NULL;
}

const char *url_disagreement(const char *url)
{
    struct reading reading;
    struct target target;
    read_with_libcurl(&reading, url);
    const char *what = target_scan(url, &target) == TARGET_CANONICAL ? compare(&target, &reading)
                                                                     : compare_odd(&reading);
    if (what == NULL)
        what = compare_plain(url, &reading);
    forget(&reading);
    return what;
}
