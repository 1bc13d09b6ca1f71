/* The kept certificate: loaded, judged, and made anew where it will not do. */
#include "devserver/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "core/cleanup.h"
#include "core/secret.h"
#include "devserver/certificate.h"

enum { MAX_PEM = 64 * 1024, RENEW_BEFORE = 7 * 86400 };

static bool import(gnutls_x509_crt_t *certificate, const char *pem)
{
    gnutls_datum_t text = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)};
    return gnutls_x509_crt_init(certificate) == 0 &&
           gnutls_x509_crt_import(*certificate, &text, GNUTLS_X509_FMT_PEM) == 0;
}

static bool still_good(const char *ca_pem, const char *server_pem, const char *host)
{
    gnutls_x509_crt_t ca = NULL, server = NULL;
    unsigned verdict = 1;
    bool good = import(&ca, ca_pem) && import(&server, server_pem) &&
                gnutls_x509_crt_verify(server, &ca, 1, 0, &verdict) == 0 && verdict == 0 &&
                gnutls_x509_crt_check_hostname(server, host) != 0 &&
                gnutls_x509_crt_get_expiration_time(server) > time(NULL) + RENEW_BEFORE;
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_crt_deinit(server);
    return good;
}

static bool make_anew(const char *folder, const char *host, struct ds_tls *tls, struct ds_why *why)
{
    struct ds_certificate made;
    if (!ds_certificate_make(host, &made, why))
        return false;
    /* Killed between the two, the next start finds that they do not match and makes both anew. */
    bool kept =
        ds_state_write(folder, "server.pem", made.server_pem, strlen(made.server_pem), why) &&
        ds_state_write(folder, "ca.pem", made.ca_pem, strlen(made.ca_pem), why);
    if (kept) {
        tls->server_pem = made.server_pem;
        made.server_pem = NULL;
    }
    ds_certificate_clear(&made);
    return kept;
}

static bool load_or_make(const char *folder, const char *host, struct ds_tls *tls,
                         struct ds_why *why)
{
    auto_free char *ca_pem = ds_state_read(folder, "ca.pem", MAX_PEM, why);
    if (ca_pem == NULL && errno != ENOENT)
        return false;
    tls->server_pem = ds_state_read(folder, "server.pem", MAX_PEM, why);
    if (tls->server_pem == NULL && errno != ENOENT)
        return false;
    if (ca_pem != NULL && tls->server_pem != NULL && still_good(ca_pem, tls->server_pem, host))
        return true;
    ds_tls_clear(tls);
    return make_anew(folder, host, tls, why);
}

bool ds_tls_prepare(const char *folder, const char *host, struct ds_tls *tls, struct ds_why *why)
{
    memset(tls, 0, sizeof *tls);
    auto_close int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) != 0)
        return ds_fail(why, "%s: cannot be locked: %s", folder, strerror(errno));
    if (!load_or_make(folder, host, tls, why)) {
        ds_tls_clear(tls);
        return false;
    }
    tls->ca_path = ds_state_path(folder, "ca.pem");
    return tls->ca_path != NULL || ds_fail(why, "%s: out of memory", folder);
}

void ds_tls_clear(struct ds_tls *tls)
{
    if (tls->server_pem != NULL)
        secret_free(tls->server_pem, strlen(tls->server_pem));
    free(tls->ca_path);
    memset(tls, 0, sizeof *tls);
}
