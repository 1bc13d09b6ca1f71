/* Which handler answers which method and path. */
#include <stdio.h>
#include <string.h>

#include "devserver/api.h"

/* Sends a client elsewhere, for those who test what it does with its key then. */
static void redirect(const struct ds_call *call, struct ds_reply *reply)
{
    if (call->to == NULL || call->to[0] == '\0' || strpbrk(call->to, "\r\n\t") != NULL ||
        strlen(call->to) >= sizeof reply->headers[0].value) {
        ds_reply_error(reply, 400, NULL, "to", "Name the target: /redirect?to=URL");
        return;
    }
    ds_reply_json(reply, 302, json_pack("{ss}", "location", call->to));
    ds_reply_header(reply, "Location", "%s", call->to);
}

static const struct ds_route routes[] = {
    {"GET", "/v1/models", false, false, DS_SCOPE_MODELS, ds_models_list},
    {"GET", "/v1/models/", true, false, DS_SCOPE_MODELS, ds_models_get},
    {"POST", "/v1/chat/completions", false, false, DS_SCOPE_CHAT, ds_chat},
    {"POST", "/v1/embeddings", false, false, DS_SCOPE_EMBEDDINGS, ds_embeddings},
    {"GET", "/v1/api_keys", false, false, DS_SCOPE_KEYS, ds_keys_get},
    {"POST", "/v1/api_keys", false, false, DS_SCOPE_KEYS, ds_keys_post},
    {"DELETE", "/v1/api_keys/", true, false, DS_SCOPE_KEYS, ds_keys_delete},
    {"GET", "/redirect", false, true, 0, redirect},
};

static bool path_matches(const struct ds_route *route, const char *path, const char **id)
{
    size_t length = strlen(route->path);
    *id = NULL;
    if (!route->takes_id)
        return strcmp(path, route->path) == 0;
    if (strncmp(path, route->path, length) != 0 || path[length] == '\0' ||
        strchr(path + length, '/') != NULL)
        return false;
    *id = path + length;
    return true;
}

static bool method_matches(const struct ds_route *route, const char *method)
{
    if (strcmp(method, "HEAD") == 0)
        method = "GET";
    return strcmp(method, route->method) == 0;
}

static void add_allowed(char *allow, size_t size, const char *method)
{
    size_t used = strlen(allow);
    snprintf(allow + used, size - used, "%s%s%s", used > 0 ? ", " : "", method,
             strcmp(method, "GET") == 0 ? ", HEAD" : "");
}

const struct ds_route *ds_route_find(const char *method, const char *path, const char **id,
                                     struct ds_reply *reply)
{
    char allow[64] = "";
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (!path_matches(&routes[i], path, id))
            continue;
        if (method_matches(&routes[i], method))
            return &routes[i];
        add_allowed(allow, sizeof allow, routes[i].method);
    }
    *id = NULL;
    if (allow[0] == '\0') {
        ds_reply_error(reply, 404, "unknown_url", NULL, "Nothing is served at this path.");
    } else {
        ds_reply_error(reply, 405, "method_not_allowed", NULL, "This path answers %s.", allow);
        ds_reply_header(reply, "Allow", "%s", allow);
    }
    return NULL;
}
