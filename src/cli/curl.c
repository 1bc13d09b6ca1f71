#include "cli/curl.h"

#include <dlfcn.h>
#include <string.h>

/* dlsym(3) gives a data pointer for a function; POSIX has it copied this way. */
static bool take(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);
    memcpy(function, &found, sizeof found);
    return found != NULL;
}

bool curl_load(struct curl_calls *calls, const char *name)
{
    static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4", NULL};
    void *library = NULL;
    memset(calls, 0, sizeof *calls);
    if (name != NULL)
        library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    for (const char *const *n = names; name == NULL && library == NULL && *n != NULL; n++)
        library = dlopen(*n, RTLD_NOW | RTLD_LOCAL);
    calls->library = library;
    return library != NULL && take(library, "curl_global_init", &calls->global_init) &&
           take(library, "curl_easy_init", &calls->easy_init) &&
           take(library, "curl_easy_setopt", &calls->easy_setopt) &&
           take(library, "curl_easy_perform", &calls->easy_perform) &&
           take(library, "curl_easy_getinfo", &calls->easy_getinfo) &&
           take(library, "curl_easy_cleanup", &calls->easy_cleanup) &&
           take(library, "curl_slist_append", &calls->slist_append) &&
           take(library, "curl_slist_free_all", &calls->slist_free_all) &&
           take(library, "curl_easy_strerror", &calls->easy_strerror) &&
           take(library, "curl_version_info", &calls->version_info) &&
           take(library, "curl_url", &calls->url) &&
           take(library, "curl_url_set", &calls->url_set) &&
           take(library, "curl_url_get", &calls->url_get) &&
           take(library, "curl_url_cleanup", &calls->url_cleanup) &&
           take(library, "curl_free", &calls->free) &&
           calls->global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}
