#include "shared.h"

#include <stddef.h>

#include "steps.h"
#include "trace.h"
#include "world.h"

static CURLSH *shares[SHARES];
static CURLU *curlus[CURLUS];

static void on_lock(CURL *easy, curl_lock_data data, curl_lock_access access, void *user)
{
    (void)easy, (void)user;
    trace("cb lock %d %d", (int)data, (int)access);
}

static void on_unlock(CURL *easy, curl_lock_data data, void *user)
{
    (void)easy, (void)user;
    trace("cb unlock %d", (int)data);
}

CURLSH *share_of(unsigned number)
{
    if (shares[number] != NULL)
        return shares[number];
    CURLSH *share = shares[number] = curl_share_init();
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
    curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_CONNECT);
    if (number == 1) {
        curl_share_setopt(share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
        curl_share_setopt(share, CURLSHOPT_LOCKFUNC, on_lock);
        curl_share_setopt(share, CURLSHOPT_UNLOCKFUNC, on_unlock);
    }
    return share;
}

CURLU *curlu_of(unsigned number)
{
    if (curlus[number] == NULL) {
        curlus[number] = curl_url();
        curl_url_set(curlus[number], CURLUPART_URL, "https://" WORLD_HOST "/v1/curlu", 0);
    }
    return curlus[number];
}

void shared_end(void)
{
    for (unsigned i = 0; i < SHARES; i++)
        if (shares[i] != NULL)
            trace("s%u cleanup: %d", i, (int)curl_share_cleanup(shares[i]));
    for (unsigned i = 0; i < CURLUS; i++)
        if (curlus[i] != NULL)
            curl_url_cleanup(curlus[i]);
}
