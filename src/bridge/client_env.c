#include "bridge/client_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/names.h"
#include "core/variable.h"

#define LOOPBACK   "127.0.0.1"

#define NAME(name) name,
static const char *const base_urls[] = {CLIENT_BASE_URLS(NAME)};
#undef NAME

static const char *const keys[] = {OPENAI_KEY_VARIABLE, KEY_VARIABLE};

enum { BASE_URLS = sizeof base_urls / sizeof base_urls[0], KEYS = sizeof keys / sizeof keys[0] };

/* OPENAI_ENDPOINT, OPENAI_HOST and the like: clients differ in what they want there. */
static bool leads_elsewhere(const char *entry)
{
    static const char *const ends[] = {"_URL",      "_BASE",  "_HOST",
                                       "_ENDPOINT", "_PROXY", "_BASE_PATH"};
    size_t length = strcspn(entry, "=");
    if (strncmp(entry, "OPENAI_", 7) != 0 || entry[length] == '\0' || entry[length + 1] == '\0')
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t end = strlen(ends[i]);
        if (length >= end && memcmp(entry + length - end, ends[i], end) == 0)
            return true;
    }
    return false;
}

enum bridge_result client_env_check(char why[BRIDGE_SENTENCE])
{
    for (char **entry = environ; *entry != NULL; entry++) {
        int length = (int)strcspn(*entry, "=");
        bool known = leads_elsewhere(*entry);
        for (int i = 0; i < BASE_URLS; i++)
            known = known || (strncmp(*entry, base_urls[i], (size_t)length) == 0 &&
                              base_urls[i][length] == '\0' && (*entry)[length + 1] != '\0');
        if (known)
            return bridge_fail(
                why, BRIDGE_FAILED,
                "%.*s is set, and would lead the program past the bridge: start this "
                "with 'env -u %.*s'",
                length, *entry, length, *entry);
    }
    return BRIDGE_OK;
}

/* NULL where memory ran out. */
static char *with_loopback(const char *value)
{
    char *longer;
    if (value == NULL || strcmp(value, "*") == 0)
        return strdup(value == NULL ? LOOPBACK : value);
    return asprintf(&longer, "%s," LOOPBACK, value) < 0 ? NULL : longer;
}

/* Clients differ in which of the two counts, so neither may say less than the other did. */
static bool append_loopback(void)
{
    const char *lower = variable("no_proxy"), *upper = variable("NO_PROXY");
    char *of_lower = with_loopback(lower != NULL ? lower : upper);
    char *of_upper = with_loopback(upper != NULL ? upper : lower);
    bool set = of_lower != NULL && of_upper != NULL && setenv("no_proxy", of_lower, 1) == 0 &&
               setenv("NO_PROXY", of_upper, 1) == 0;
    free(of_lower);
    free(of_upper);
    return set;
}

/* A key that comes from the program's own environment must not stay in it. */
static void take_keys_away(const struct policy_image *image)
{
    for (uint32_t i = 0; i < image->nkeys; i++)
        if (image->keys[i].source != NULL && image->keys[i].source[0] == '$')
            unsetenv(image->keys[i].source + 1);
}

enum bridge_result client_env_set(const struct policy_image *image, uint16_t port, const char *path,
                                  const char *token, char why[BRIDGE_SENTENCE])
{
    char *url;
    /* A rule for the whole origin says nothing of the path; Commissioned's
     * programs are below /v1. */
    if (asprintf(&url, "http://" LOOPBACK ":%u%s", (unsigned)port,
                 strcmp(path, "/") == 0 ? "/v1" : path) < 0)
        return bridge_fail(why, BRIDGE_FAILED, "out of memory");
    take_keys_away(image);
    bool set = append_loopback();
    for (int i = 0; i < BASE_URLS; i++)
        set = set && setenv(base_urls[i], url, 1) == 0;
    for (int i = 0; i < KEYS; i++)
        set = set && setenv(keys[i], token, 1) == 0;
    free(url);
    return set ? BRIDGE_OK : bridge_fail(why, BRIDGE_FAILED, "out of memory");
}
