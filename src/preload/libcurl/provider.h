/*
 * provider.h - the libcurls of this process, and the real functions of each.
 *
 * There may be several (OpenSSL, GnuTLS, a bundled one). Which one a call belongs to is caller.h's
 * question; a provider is then bound to the handle.
 *
 * Ownership: providers are static and stay valid; none is freed.
 * Threads:   all functions may be called from any thread. None holds a lock across the dynamic
 *            loader.
 * Errors:    NULL where no libcurl can be found. errno is kept.
 */
#ifndef COMMISSIONED_PROVIDER_H
#define COMMISSIONED_PROVIDER_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "core/newer_curl.h"

/*
 * setopt is variadic. On LP64 systems every argument it takes (long, pointer, function, curl_off_t)
 * travels in the same register as a named argument of that size would, so it is forwarded as one
 * word. The call through libcurl's own prototype says that no vector register is used, which is
 * cheaper for libcurl.
 */
typedef CURLcode easy_setopt_function(CURL *easy, CURLoption option, ...);
typedef CURLMcode multi_setopt_function(CURLM *multi, CURLMoption option, ...);

/*
 * What is called of libcurl, by its name behind "curl_". Functions that every libcurl has, and
 * those of the URL parser, which came with 7.62.
 */
#define REAL_FUNCTIONS(X)                                                                          \
    X(easy_init, CURL *(*easy_init)(void))                                                         \
    X(easy_setopt, easy_setopt_function *easy_setopt)                                              \
    X(easy_perform, CURLcode (*easy_perform)(CURL *))                                              \
    X(easy_cleanup, void (*easy_cleanup)(CURL *))                                                  \
    X(easy_reset, void (*easy_reset)(CURL *))                                                      \
    X(easy_duphandle, CURL *(*easy_duphandle)(CURL *))                                             \
    X(easy_getinfo, CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...))                               \
    X(multi_init, CURLM *(*multi_init)(void))                                                      \
    X(multi_add_handle, CURLMcode (*multi_add_handle)(CURLM *, CURL *))                            \
    X(multi_remove_handle, CURLMcode (*multi_remove_handle)(CURLM *, CURL *))                      \
    X(multi_info_read, CURLMsg *(*multi_info_read)(CURLM *, int *))                                \
    X(multi_cleanup, CURLMcode (*multi_cleanup)(CURLM *))                                          \
    X(multi_setopt, multi_setopt_function *multi_setopt)                                           \
    X(multi_perform, CURLMcode (*multi_perform)(CURLM *, int *))                                   \
    X(multi_socket_action, CURLMcode (*multi_socket_action)(CURLM *, curl_socket_t, int, int *))   \
    X(multi_socket, CURLMcode (*multi_socket)(CURLM *, curl_socket_t, int *))                      \
    X(multi_socket_all, CURLMcode (*multi_socket_all)(CURLM *, int *))                             \
    X(version_info, curl_version_info_data *(*version_info)(CURLversion))
#define REAL_PARSER_FUNCTIONS(X)                                                                   \
    X(url, CURLU *(*url)(void))                                                                    \
    X(url_cleanup, void (*url_cleanup)(CURLU *))                                                   \
    X(url_dup, CURLU *(*url_dup)(const CURLU *))                                                   \
    X(url_get, CURLUcode (*url_get)(const CURLU *, CURLUPart, char **, unsigned int))              \
    X(url_set, CURLUcode (*url_set)(CURLU *, CURLUPart, const char *, unsigned int))               \
    X(free, void (*free)(void *))

#define REAL_MEMBER(name, member) member;
struct real {
    REAL_FUNCTIONS(REAL_MEMBER)
    REAL_PARSER_FUNCTIONS(REAL_MEMBER) /* NULL before 7.62 */
};
#undef REAL_MEMBER

struct provider {
    struct real real;
    uintptr_t start; /* the library's mapping */
    uintptr_t size;
    unsigned version; /* curl_version_info()->version_num, such as 0x075801 */
    bool tainted;     /* see provider_taint; atomic, only ever set */
};

enum {
    CURL_HAS_URL_PARSER = 0x073e00, /* 7.62.0, curl_url(3) */
    CURL_HAS_PREREQ = 0x075000,     /* 7.80.0, CURLOPT_PREREQFUNCTION(3) */
    CURL_HAS_WEBSOCKETS = 0x075600, /* 7.86.0, CURLOPT_CONNECT_ONLY(3): before, 2 was as 1 */
    CURL_SHOWS_CURLU = 0x080c00,    /* 8.12.0: CURLINFO_EFFECTIVE_URL is the CURLU's */
    /* Reset and a copy forget a method that it settled on: 7.88.1 (measured; not tried before). */
    CURL_FORGETS_METHOD = 0x075801,
    /* A method that it settled on is used again when the user is gone: by 8.19.0, not by 7.88.1 and
     * 8.23.0 (measured). */
    CURL_NEEDS_NO_USER = 0x075802,
    /* A password without a user name is sent, an empty one too: by 7.74.0, not by 7.81.0
     * (measured). */
    CURL_KEEPS_LONE_PASSWORD = 0x075100,
    /* ... by 8.5.0 as by 7.74.0, not by 7.88.1 and 8.14.1 (measured). */
    CURL_MAY_SEND_PASSWORD = 0x075802,
    CURL_SENDS_NO_PASSWORD = 0x080e01,
    /* ... and again by 8.21.0, not by 8.19.0 (measured). What lies between was not tried: it counts
     * as the program's own there, which gives no key. */
    CURL_SENDS_LONE_PASSWORD = 0x081301,
    /* ... and an empty user name without a password is not any more, by Basic: by 8.21.0
     * (measured). */
    CURL_SENDS_NO_EMPTY_USER = 0x081500,
    /* The Authorization header that it had made for a transfer which failed before it was sent goes
     * out with the handle's next one: by 7.74.0 to 8.14.1, not by 8.19.0 (measured). */
    CURL_FORGETS_HEADER = 0x081300,
    /* FOLLOWLOCATION may let it drop CUSTOMREQUEST behind a redirect, unsaid by
     * CURLINFO_EFFECTIVE_METHOD: 8.13.0, by CURLOPT_FOLLOWLOCATION(3). */
    CURL_DROPS_CUSTOM = 0x080d00,
    /* A pushed handle has the options' defaults; in 8.21.0 it was a copy
     * of its parent (measured). */
    CURL_PUSHES_FRESH = 0x081600,
    /* CURLINFO_EFFECTIVE_URL is without user and password: 8.23.0, not 8.22.0 (measured). */
    CURL_HIDES_USERINFO = 0x081700,
};

/* Where a handle comes from. */
struct origin_of_call {
    const struct provider *provider; /* NULL: no libcurl found */
    bool ambiguous; /* several are loaded and nothing says which the caller means */
};

enum { MAX_PROVIDERS = 8 };

/* The libcurl that defines `function`, or NULL. */
const struct provider *provider_of(const void *function);

/* The libcurl out of which a call comes that it makes itself, or NULL. */
const struct provider *provider_calling(const void *caller);

/* How many libcurls are loaded, used or not; `init`, unless NULL, gets some curl_easy_init. */
unsigned provider_count_loaded(const void **init);

/* Its number, and back: numbers stay. */
unsigned provider_number(const struct provider *provider);
const struct provider *provider_at(unsigned number);

/*
 * The one provider while there is no second and it is not old, else NULL. Read on every setopt,
 * hence a variable; written by provider.c alone, with release order.
 */
extern const struct provider *provider_sole __attribute__((visibility("hidden")));
/* Some provider once there is one: until then there is no record of any handle. */
extern const struct provider *provider_any __attribute__((visibility("hidden")));
/* Its setopt, while provider_sole is not NULL; written before that is. */
extern easy_setopt_function *provider_sole_setopt __attribute__((visibility("hidden")));

/* This libcurl has no CURLOPT_PREREQFUNCTION: what is decided is decided before it connects. */
static inline bool provider_is_old(const struct provider *provider)
{
    return provider->version < CURL_HAS_PREREQ;
}

/* A password without a user name goes out, also one that is empty. */
static inline bool provider_sends_password(const struct provider *provider)
{
    return provider->version < CURL_KEEPS_LONE_PASSWORD ||
           (provider->version >= CURL_MAY_SEND_PASSWORD &&
            provider->version < CURL_SENDS_NO_PASSWORD);
}

/*
 * Some handle of this libcurl was given an SSL_CTX function. Connections, and TLS sessions, that it
 * let through may be used by handles that have none: from then on no word of this libcurl's says
 * whom it talks to.
 */
void provider_taint(const struct provider *provider);

static inline bool provider_is_tainted(const struct provider *provider)
{
    return __atomic_load_n(&provider->tainted, __ATOMIC_RELAXED);
}

/* True where the call comes out of that libcurl itself. */
static inline bool provider_is_caller(const struct provider *provider, const void *caller)
{
    return (uintptr_t)caller - provider->start < provider->size;
}

#endif
