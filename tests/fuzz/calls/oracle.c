#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "handle.h"
#include "trace.h"

const char *oracle_scope;
bool oracle_expects_key;

/* A request with the first key was answered 401, so the second may come. */
static bool was_refused;

struct found {
    int key; /* 1 or 2, 0 for none */
    unsigned keys;
    unsigned authorizations;
    bool elsewhere; /* the key stands in another place */
};

static struct found find(const struct request *request)
{
    struct found found = {0};
    for (size_t i = 0; i < request->nheaders; i++) {
        const struct header *header = &request->headers[i];
        int key = trace_find_key(header->value, strlen(header->value));
        bool is_authorization = strcasecmp(header->name, "Authorization") == 0;
        found.authorizations += is_authorization;
        found.elsewhere |= key != 0 && !is_authorization;
        found.keys += key != 0;
        if (key != 0)
            found.key = key;
    }
    found.elsewhere |= trace_find_key(request->target, strlen(request->target)) != 0;
    return found;
}

static bool names_host(const char *host)
{
    return host != NULL &&
           (strcasecmp(host, WORLD_HOST) == 0 || strcasecmp(host, WORLD_HOST ":443") == 0);
}

/* A path with dots or percent signs in it is in no narrower scope than all of the origin; no
 * sequence has one that leads back in. */
static bool in_scope(const char *target)
{
    size_t length = strlen(oracle_scope);
    size_t path = strcspn(target, "?");
    if (target[0] != '/')
        return false;
    if (length == 0)
        return true;
    if (memmem(target, path, "..", 2) != NULL || memchr(target, '%', path) != NULL)
        return false;
    return strncmp(target, oracle_scope, length) == 0 &&
           (target[length] == '/' || target[length] == '?' || target[length] == '\0');
}

/* Not asked of the site alone: an URL's port 443 may be rerouted by CONNECT_TO. */
static bool at_home(const struct request *request, const struct handle *handle)
{
    return request->site->certificate == CERTIFICATE_APP &&
           (request->site->port == 443 || (handle != NULL && handle->is_rerouted));
}

/* Why the key may not be there, or NULL. */
static const char *find_fault(const struct request *request, const struct found *found,
                              const struct handle *handle)
{
    if (strcmp(request->method, "CONNECT") == 0)
        return "it went to a proxy";
    if (!at_home(request, handle))
        return "it went elsewhere";
    if (!names_host(request_header(request, "Host")))
        return "the request names another host";
    if (!in_scope(request->target))
        return "the path is out of scope";
    if (found->authorizations != 1)
        return "it is not the only Authorization header";
    if (found->elsewhere)
        return "it stands in another header";
    if (handle == NULL)
        return "nobody knows whose request it is";
    if (handle->was_off)
        return "the handle did not verify its peer";
    if (found->key == 2 && !was_refused)
        return "it is the second one, though the first was not refused";
    return NULL;
}

static bool is_due(const struct request *request, const struct handle *handle)
{
    if (!oracle_expects_key || handle == NULL || handle_tainted || handle->is_odd ||
        handle->stays_odd || handle->url_is_odd || handle->transfer_odd || handle->was_elsewhere)
        return false;
    return at_home(request, handle) && strcmp(request->method, "CONNECT") != 0 &&
           strcmp(request->method, "TRACE") != 0 && names_host(request_header(request, "Host")) &&
           in_scope(request->target) && strchr(request->target, '%') == NULL;
}

void oracle_judge(const struct request *request, unsigned status)
{
    struct handle *handle = handle_by_agent(request_header(request, "User-Agent"));
    struct found found = find(request);
    if (found.key != 0) {
        const char *fault = find_fault(request, &found, handle);
        trace("+ key %d to %s%s", found.key, request->site->name, request->target);
        if (fault != NULL)
            trace_broken("key %d to %s, %s %s: %s", found.key, request->site->name, request->method,
                         request->target, fault);
        if (handle != NULL)
            handle->key_bytes += strlen("Authorization: Bearer \r\n") +
                                 strlen(found.key == 1 ? trace_key : trace_next_key);
        was_refused |= found.key == 1 && status == 401;
    } else if (is_due(request, handle)) {
        trace_broken("no key to %s, %s %s, though nothing speaks against it", request->site->name,
                     request->method, request->target);
    }
    if (handle == NULL)
        return;
    handle->nrequests++;
    handle->was_elsewhere |= !at_home(request, handle) && strcmp(request->method, "CONNECT") != 0;
}
