#include "preload/request/verify.h"

#include <errno.h>
#include <pthread.h>

#include "core/cleanup.h"
#include "preload/policy/policy_loader.h"
#include "preload/request/verify_task.h"

/* libcurl's ABI (curl.h), so one built against an older curl.h still knows it; since 7.48. */
enum { INFO_TLS_SSL_PTR = 0x400000 + 45 };

static enum peer ask(const struct verify_task *task, int backend)
{
    const struct provider *provider = task->what.provider;
    if (backend == CURLSSLBACKEND_OPENSSL) { /* and its forks */
        const struct openssl *tls = verifier_openssl(provider);
        if (tls != NULL)
            return verify_openssl(tls, task);
    } else if (backend == CURLSSLBACKEND_GNUTLS) {
        const struct gnutls *tls = verifier_gnutls(provider);
        if (tls != NULL)
            return verify_gnutls(tls, task);
    }
    return verify_says(task, PEER_UNKNOWN, "the TLS library of this libcurl cannot be asked");
}

enum peer verify_peer(const struct record *record, const struct policy_rule *rule, const char *host,
                      char detail[MAX_PEER_DETAIL])
{
    struct curl_tlssessioninfo *info = NULL;
    struct verify_task task = {.what = {.provider = record->provider,
                                        .ca = rule->ca,
                                        .host = host,
                                        .policy = record->policy->number},
                               .detail = detail};
    auto_errno int saved = errno;
    int cancel;
    CURLcode code =
        record->provider->real.easy_getinfo(record->handle, (CURLINFO)INFO_TLS_SSL_PTR, &info);
    if (code == CURLE_OK && info != NULL)
        task.session = info->internals;
    if (task.session == NULL)
        return verify_says(&task, PEER_UNKNOWN, "this libcurl shows no TLS session of it");
#ifdef VERIFY_SAYS_YES /* the control build: whatever it lets through, the tests must see */
    return PEER_GOOD;
#endif
    /* Files are opened and read, and locks are held: no place for a thread to be cancelled. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    enum peer peer = ask(&task, (int)info->backend);
    pthread_setcancelstate(cancel, NULL);
    return peer;
}
