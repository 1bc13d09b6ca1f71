#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "handle.h"
#include "trace.h"

const char *oracle_scope;
bool oracle_reads_only;
bool oracle_expects_key;
bool oracle_verifies;

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

/* How many characters at `text` are a dot, perhaps an encoded one; 0 for none. */
static size_t dot_length(const char *text)
{
    return text[0] == '.' ? 1 : strncasecmp(text, "%2e", 3) == 0 ? 3 : 0;
}

/* 1 or 2 where the segment is that many dots, else 0. */
static unsigned dots_of(const char *segment, size_t length)
{
    unsigned dots = 0;
    size_t at = 0;
    for (size_t one; at < length && (one = dot_length(segment + at)) > 0; dots++)
        at += one;
    return at == length && dots <= 2 ? dots : 0;
}

/* The path without dot segments: RFC 3986, 5.2.4. */
static void settle(const char *target, char *path, size_t size)
{
    size_t used = 0;
    const char *end = target + strcspn(target, "?");
    while (target < end) {
        target += *target == '/';
        size_t length = strcspn(target, "/?");
        unsigned dots = dots_of(target, length);
        if (dots == 2)
            while (used > 0 && path[--used] != '/')
                ;
        else if (dots == 0 && used + length + 2 < size)
            used += (size_t)snprintf(path + used, size - used, "/%.*s", (int)length, target);
        target += length;
    }
    path[used] = '\0';
}

static bool in_scope(const char *target)
{
    char path[REQUEST_TEXT];
    size_t length = strlen(oracle_scope);
    if (target[0] != '/')
        return false;
    settle(target, path, sizeof path);
    return strncmp(path, oracle_scope, length) == 0 &&
           (length == 0 || path[length] == '/' || path[length] == '\0');
}

/* Not asked of the site alone: an URL's port 443 may be rerouted by CONNECT_TO, or by an Alt-Svc of
 * that port, which libcurl says in the request. Its certificate is app's all the same. */
static bool at_home(const struct request *request, const struct handle *handle)
{
    return request->site->certificate == CERTIFICATE_APP &&
           (request->site->port == 443 || request_header(request, "Alt-Used") != NULL ||
            (handle != NULL && handle->is_rerouted));
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
    if (oracle_reads_only && strcmp(request->method, "GET") != 0 &&
        strcmp(request->method, "HEAD") != 0)
        return "the rule does not allow the method";
    if (found->authorizations != 1)
        return "it is not the only Authorization header";
    if (found->elsewhere)
        return "it stands in another header";
    if (handle == NULL)
        return "nobody knows whose request it is";
    if (handle->was_off && !oracle_verifies)
        return "the handle did not verify its peer";
    if (found->key == 2 && !was_refused)
        return "it is the second one, though the first was not refused";
    return NULL;
}

/* `found` has no key. */
static bool is_due(const struct request *request, const struct found *found,
                   const struct handle *handle)
{
    /* What libcurl tells of the method is not always believed. */
    if (!oracle_expects_key || oracle_reads_only || handle == NULL ||
        (handle_tainted && !oracle_verifies) || handle->is_odd || handle->stays_odd ||
        handle->has_left || handle->url_is_odd || handle->transfer_odd || handle->was_elsewhere)
        return false;
    return found->authorizations == 0 && at_home(request, handle) &&
           strcmp(request->method, "CONNECT") != 0 && strcmp(request->method, "TRACE") != 0 &&
           names_host(request_header(request, "Host")) && in_scope(request->target) &&
           strchr(request->target, '%') == NULL;
}

void oracle_judge(const struct request *request, const struct answer *answer)
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
        was_refused |= found.key == 1 && answer->status == 401;
    } else if (is_due(request, &found, handle)) {
        trace_broken("no key to %s, %s %s, though nothing speaks against it", request->site->name,
                     request->method, request->target);
    }
    if (handle == NULL)
        return;
    handle->nrequests++;
    handle_asked(handle, request->http2);
    if (strchr(answer->headers, '@') != NULL) /* a user in the URL that it leads to */
        handle->was_elsewhere = true;
    handle->was_elsewhere |= !at_home(request, handle) && strcmp(request->method, "CONNECT") != 0;
}
