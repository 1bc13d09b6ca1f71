#include "core/plain.h"

#include <string.h>

#include "core/target.h"

static bool is_plain_rule(const struct policy_rule *rule)
{
    return strcmp(rule->host, COMMISSIONED_HOST) == 0 && rule->port == COMMISSIONED_PORT &&
           rule->methods == NULL && rule->report != POLICY_REPORT_ALL &&
           rule->verify != POLICY_VERIFY_ALWAYS;
}

/* Origins are sorted by host. */
static bool names_home_only(const struct policy_image *image)
{
    return image->norigins > 0 && strcmp(image->origins[0].host, COMMISSIONED_HOST) == 0 &&
           strcmp(image->origins[image->norigins - 1].host, COMMISSIONED_HOST) == 0;
}

void plain_set(struct plain *plain, const struct policy_image *image)
{
    const size_t origin = sizeof COMMISSIONED_ORIGIN - 1;
    plain->rule = NULL;
    plain->home_only = names_home_only(image);
    if (image->nrules != 1 || !is_plain_rule(image->rules))
        return;
    size_t path = image->rules->path_len > 1 ? image->rules->path_len : 0;
    plain->length = origin + path + 1;
    if (plain->length >= PLAIN_MAX_SCOPE)
        return;
    memcpy(plain->scope, COMMISSIONED_ORIGIN, origin);
    memcpy(plain->scope + origin, image->rules->path, path);
    plain->scope[plain->length - 1] = '/';
    plain->rule = image->rules;
    plain->origin = image->origins;
}

/* ---- inside ---------------------------------------------------------------------------------- */

bool plain_stays_inside(const char *rest)
{
    size_t length = target_path_length(rest);
    return length != SIZE_MAX && target_path_is_plain(rest, length);
}

/* ---- elsewhere ------------------------------------------------------------------------------- */

/* Reads no further than the URL's end. */
static const char *skip_scheme(const char *url)
{
    if (url[0] != 'h' || url[1] != 't' || url[2] != 't' || url[3] != 'p')
        return NULL;
    url += url[4] == 's' ? 5 : 4;
    return url[0] == ':' && url[1] == '/' && url[2] == '/' ? url + 3 : NULL;
}

/* The same name, its absolute form with a dot at the end, or one that goes on. */
static bool begins_with_home(const char *host)
{
    return host[0] == COMMISSIONED_HOST[0] && /* most others end here, without a call */
           strncmp(host, COMMISSIONED_HOST, sizeof COMMISSIONED_HOST - 1) == 0;
}

bool plain_is_elsewhere(const struct plain *plain, const char *url)
{
    const char *host = plain->home_only ? skip_scheme(url) : NULL;
    if (host == NULL || begins_with_home(host))
        return false;
    /* Neither a port nor a user: those are for libcurl's parser to tell apart. */
    size_t length = target_host_span(host);
    return length > 0 && host[length - 1] >= 'a' && target_ends_authority(host[length]);
}

/* ---- no http --------------------------------------------------------------------------------- */

bool plain_is_file(const char *url)
{
    return url[0] == 'f' && url[1] == 'i' && url[2] == 'l' && url[3] == 'e' && url[4] == ':' &&
           url[5] == '/' && url[6] == '/';
}

bool plain_is_no_http(const char *url)
{
    if (plain_is_file(url))
        return true;
    if (url[0] == 'h' || url[0] == 'w')
        return false;
    const char *colon = url;
    while (*colon >= 'a' && *colon <= 'z')
        colon++;
    if (colon == url || colon[0] != ':' || colon[1] != '/' || colon[2] != '/')
        return false;
    for (url = colon + 3; *url != '\0' && *url != '/'; url++)
        if (*url == '@' || *url == '\\')
            return false;
    return true;
}
