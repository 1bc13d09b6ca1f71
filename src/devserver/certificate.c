/*
 * Threat model: a person makes programs trust this CA.
 * MUST:         the CA's private key exists only while it signs, in this process's memory.
 * MUST NOT:     be written, exported or used twice.
 */
#include "devserver/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "core/cleanup.h"
#include "core/secret.h"

enum { LIFETIME = 365 * 86400, CLOCK_SKEW = 3600 };

struct signer {
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
};

/* Every GnuTLS call answers 0 or a negative number; the first failure is
 * kept and the rest skipped. */
#define step(result, call)                                                                         \
    do {                                                                                           \
        if ((result) >= 0)                                                                         \
            (result) = (call);                                                                     \
    } while (0)

static void signer_clear(struct signer *signer)
{
    gnutls_x509_crt_deinit(signer->certificate);
    gnutls_x509_privkey_deinit(signer->key);
}
#define auto_signer __attribute__((cleanup(signer_clear)))

/* What a CA's and a server's certificate share: a P-256 key, names, dates, serial and key id. */
static int begin(struct signer *signer, const char *name)
{
    unsigned char serial[16];
    unsigned char id[64];
    size_t id_size = sizeof id;
    time_t now = time(NULL);
    int result = 0;
    if (getrandom(serial, sizeof serial, 0) != (ssize_t)sizeof serial)
        return GNUTLS_E_RANDOM_FAILED;
    /* RFC 5280, 4.1.2.2: positive, and no leading zero. */
    serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40);
    unsigned curve = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
    step(result, gnutls_x509_privkey_init(&signer->key));
    step(result, gnutls_x509_privkey_generate(signer->key, GNUTLS_PK_ECDSA, curve, 0));
    step(result, gnutls_x509_crt_init(&signer->certificate));
    gnutls_x509_crt_t certificate = signer->certificate;
    step(result, gnutls_x509_crt_set_version(certificate, 3));
    step(result, gnutls_x509_crt_set_key(certificate, signer->key));
    step(result, gnutls_x509_crt_set_serial(certificate, serial, sizeof serial));
    step(result, gnutls_x509_crt_set_activation_time(certificate, now - CLOCK_SKEW));
    step(result, gnutls_x509_crt_set_expiration_time(certificate, now + LIFETIME));
    step(result, gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
                                               (unsigned)strlen(name)));
    step(result, gnutls_x509_crt_get_key_id(certificate, 0, id, &id_size));
    step(result, gnutls_x509_crt_set_subject_key_id(certificate, id, id_size));
    return result;
}

static int make_ca(struct signer *ca)
{
    int result = begin(ca, "commissioned-devserver throw-away CA");
    step(result, gnutls_x509_crt_set_basic_constraints(ca->certificate, 1, 0));
    step(result, gnutls_x509_crt_set_key_usage(ca->certificate, GNUTLS_KEY_KEY_CERT_SIGN));
    step(result,
         gnutls_x509_crt_sign2(ca->certificate, ca->certificate, ca->key, GNUTLS_DIG_SHA256, 0));
    return result;
}

static int add_names(gnutls_x509_crt_t certificate, const char *host)
{
    static const unsigned char loopback4[4] = {127, 0, 0, 1};
    static const unsigned char loopback6[16] = {[15] = 1};
    const unsigned add = GNUTLS_FSAN_APPEND;
    int result = 0;
    step(result, gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, host,
                                                      (unsigned)strlen(host), GNUTLS_FSAN_SET));
    step(result, gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, "localhost",
                                                      9, add));
    step(result, gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, loopback4,
                                                      sizeof loopback4, add));
    step(result, gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_IPADDRESS, loopback6,
                                                      sizeof loopback6, add));
    return result;
}

static int make_server(struct signer *server, const struct signer *ca, const char *host)
{
    unsigned char id[64];
    size_t id_size = sizeof id;
    int result = begin(server, host);
    step(result, add_names(server->certificate, host));
    step(result, gnutls_x509_crt_set_basic_constraints(server->certificate, 0, -1));
    step(result, gnutls_x509_crt_set_key_usage(server->certificate, GNUTLS_KEY_DIGITAL_SIGNATURE));
    step(result,
         gnutls_x509_crt_set_key_purpose_oid(server->certificate, GNUTLS_KP_TLS_WWW_SERVER, 0));
    step(result, gnutls_x509_crt_get_subject_key_id(ca->certificate, id, &id_size, NULL));
    step(result, gnutls_x509_crt_set_authority_key_id(server->certificate, id, id_size));
    step(result, gnutls_x509_crt_sign2(server->certificate, ca->certificate, ca->key,
                                       GNUTLS_DIG_SHA256, 0));
    return result;
}

static void wipe_datum(gnutls_datum_t *datum)
{
    secret_wipe(datum->data, datum->size);
    gnutls_free(datum->data);
}
#define auto_datum __attribute__((cleanup(wipe_datum)))

static int export(const struct signer *ca, const struct signer *server, struct ds_certificate *made)
{
    auto_datum gnutls_datum_t ca_pem = {0};
    auto_datum gnutls_datum_t server_pem = {0};
    auto_datum gnutls_datum_t key_pem = {0};
    int result = 0;
    step(result, gnutls_x509_crt_export2(ca->certificate, GNUTLS_X509_FMT_PEM, &ca_pem));
    step(result, gnutls_x509_crt_export2(server->certificate, GNUTLS_X509_FMT_PEM, &server_pem));
    step(result,
         gnutls_x509_privkey_export2_pkcs8(server->key, GNUTLS_X509_FMT_PEM, NULL, 0, &key_pem));
    if (result < 0)
        return result;
    made->ca_pem = strndup((char *)ca_pem.data, ca_pem.size);
    if (made->ca_pem == NULL || asprintf(&made->server_pem, "%.*s%.*s", (int)key_pem.size,
                                         key_pem.data, (int)server_pem.size, server_pem.data) < 0)
        return GNUTLS_E_MEMORY_ERROR;
    return 0;
}

bool ds_certificate_make(const char *host, struct ds_certificate *made, struct ds_why *why)
{
    auto_signer struct signer ca = {0};
    auto_signer struct signer server = {0};
    int result = 0;
    memset(made, 0, sizeof *made);
    step(result, make_ca(&ca));
    step(result, make_server(&server, &ca, host));
    step(result, export(&ca, &server, made));
    if (result >= 0)
        return true;
    ds_certificate_clear(made);
    return ds_fail(why, "no certificate for '%s' could be made: %s", host, gnutls_strerror(result));
}

void ds_certificate_clear(struct ds_certificate *made)
{
    free(made->ca_pem);
    if (made->server_pem != NULL)
        secret_free(made->server_pem, strlen(made->server_pem));
    memset(made, 0, sizeof *made);
}
