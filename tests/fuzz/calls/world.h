/*
 * world.h - who is where: names, addresses, ports and certificates of the small internet.
 *
 *     app.commissioned.tech  10.0.0.1  443 and 8443 with TLS, 80 without
 *     evil.example           10.0.0.2  the same, with a certificate of its own name
 *     (an impostor)          10.0.0.3  443 with a certificate for app.commissioned.tech that no CA
 *                                      of the program's signed, and 80
 *     proxy.example          10.0.0.4  3128, an HTTP proxy; 3129, one with TLS; 1080, SOCKS 4 and 5
 *     (nobody)               10.0.0.5
 */
#ifndef COMMISSIONED_CALLS_WORLD_H
#define COMMISSIONED_CALLS_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#define WORLD_HOST "app.commissioned.tech"

enum certificate {
    CERTIFICATE_NONE,
    CERTIFICATE_APP,
    CERTIFICATE_EVIL,
    CERTIFICATE_IMPOSTOR,
    CERTIFICATE_PROXY
};

struct site {
    const char *name;
    uint32_t address;
    uint16_t port;
    enum certificate certificate;
    bool proxies;
    bool socks;
};

/* From now on connections to app on port 443 lead to the impostor, or to app again. */
void world_deceive(bool on);

/* NULL where nobody listens. */
const struct site *world_find(uint32_t address, uint16_t port);

/* Where a proxy connects to: "HOST:PORT". */
const struct site *world_reach(const char *authority);

/* CURLOPT_RESOLVE lists: 0, the truth; 1, app's port 443 is the impostor; 2, nobody is there. */
enum { WORLD_RESOLVES = 3 };
struct curl_slist *world_resolve(unsigned which);

#endif
