#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { APP = 0x0a000001, EVIL, IMPOSTOR, PROXY };

static const struct site sites[] = {
    {"app", APP, 443, CERTIFICATE_APP, false, false},
    {"app-8443", APP, 8443, CERTIFICATE_APP, false, false},
    {"app-plain", APP, 80, CERTIFICATE_NONE, false, false},
    {"evil", EVIL, 443, CERTIFICATE_EVIL, false, false},
    {"evil-8443", EVIL, 8443, CERTIFICATE_EVIL, false, false},
    {"evil-plain", EVIL, 80, CERTIFICATE_NONE, false, false},
    {"impostor", IMPOSTOR, 443, CERTIFICATE_IMPOSTOR, false, false},
    {"impostor-8443", IMPOSTOR, 8443, CERTIFICATE_IMPOSTOR, false, false},
    {"impostor-plain", IMPOSTOR, 80, CERTIFICATE_NONE, false, false},
    {"proxy", PROXY, 3128, CERTIFICATE_NONE, true, false},
    {"tls-proxy", PROXY, 3129, CERTIFICATE_PROXY, true, false},
    {"socks", PROXY, 1080, CERTIFICATE_NONE, false, true},
};

static const struct {
    const char *name;
    uint32_t address;
} names[] = {{WORLD_HOST, APP}, {"evil.example", EVIL}, {"proxy.example", PROXY}};

static bool deceives;

void world_deceive(bool on)
{
    deceives = on;
}

const struct site *world_find(uint32_t address, uint16_t port)
{
    if (address == APP && port == 443 && deceives)
        address = IMPOSTOR;
    for (size_t i = 0; i < sizeof sites / sizeof sites[0]; i++)
        if (sites[i].address == address && sites[i].port == port)
            return &sites[i];
    return NULL;
}

const struct site *world_reach(const char *authority)
{
    const char *colon = strrchr(authority, ':');
    if (colon == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t length = strlen(names[i].name);
        if (length == (size_t)(colon - authority) &&
            strncasecmp(names[i].name, authority, length) == 0)
            return world_find(names[i].address, (uint16_t)strtoul(colon + 1, NULL, 10));
    }
    return NULL;
}

static struct curl_slist *make_resolve(unsigned which)
{
    static const char *const where[WORLD_RESOLVES] = {"10.0.0.1", "10.0.0.3", "10.0.0.5"};
    static const unsigned ports[] = {443, 8443, 80, 21};
    struct curl_slist *list = curl_slist_append(NULL, "proxy.example:3128:10.0.0.4");
    list = curl_slist_append(list, "proxy.example:3129:10.0.0.4");
    list = curl_slist_append(list, "proxy.example:1080:10.0.0.4");
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        char line[128];
        snprintf(line, sizeof line, WORLD_HOST ":%u:%s", ports[i], where[which]);
        list = curl_slist_append(list, line);
        snprintf(line, sizeof line, "evil.example:%u:10.0.0.2", ports[i]);
        list = curl_slist_append(list, line);
    }
    return list;
}

struct curl_slist *world_resolve(unsigned which)
{
    static struct curl_slist *lists[WORLD_RESOLVES];
    if (lists[which] == NULL)
        lists[which] = make_resolve(which);
    return lists[which];
}
