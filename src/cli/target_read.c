#include <stdio.h>

#include "cli/curl.h"
#include "cli/policy.h"

struct parts {
    char *scheme, *host, *port, *path, *user, *password;
};

static bool take_parts(const struct curl_calls *curl, CURLU *url, struct parts *parts)
{
    curl->url_get(url, CURLUPART_USER, &parts->user, 0);
    curl->url_get(url, CURLUPART_PASSWORD, &parts->password, 0);
    return curl->url_get(url, CURLUPART_SCHEME, &parts->scheme, 0) == CURLUE_OK &&
           curl->url_get(url, CURLUPART_HOST, &parts->host, 0) == CURLUE_OK &&
           curl->url_get(url, CURLUPART_PORT, &parts->port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
           curl->url_get(url, CURLUPART_PATH, &parts->path, 0) == CURLUE_OK;
}

static void free_parts(const struct curl_calls *curl, struct parts *parts)
{
    curl->free(parts->scheme);
    curl->free(parts->host);
    curl->free(parts->port);
    curl->free(parts->path);
    curl->free(parts->user);
    curl->free(parts->password);
}

bool target_read(const char *text, struct target *target, char path[PATH_MAX])
{
    struct curl_calls curl;
    struct parts parts = {0};
    CURLU *url;
    bool read;
    if (target_scan(text, target) == TARGET_CANONICAL)
        return true;
    if (!curl_load(&curl, NULL))
        return false;
    url = curl.url();
    read = url != NULL && curl.url_set(url, CURLUPART_URL, text, TARGET_PARSE_FLAGS) == CURLUE_OK &&
           take_parts(&curl, url, &parts) &&
           snprintf(path, PATH_MAX, "%s", parts.path) < PATH_MAX &&
           target_set(target, parts.scheme, parts.host, parts.port, path,
                      parts.user != NULL || parts.password != NULL);
    free_parts(&curl, &parts);
    curl.url_cleanup(url);
    return read;
}
