/*
 * devserver/tls.h - a certificate for Commissioned's name that only this machine's owner trusts.
 *
 * A CA is made, signs one certificate, and its private key is then wiped without ever having been
 * written: a ca.pem that somebody trusts can vouch for nothing else. FOLDER/ca.pem is the CA's
 * certificate, FOLDER/server.pem the server's private key and certificate. Both are kept and used
 * again while they match, name the host and last another week; else both are made anew.
 *
 * Units:     the certificate is valid for 365 days.
 * Ownership: the PEM texts are the caller's; ds_tls_clear wipes and frees them.
 * Threads:   one call a folder at a time; between processes a lock on the folder sees to that.
 * Errors:    false and a sentence.
 * Source:    RFC 5280, 4.2.1; GnuTLS manual, "X.509 certificate API".
 */
#ifndef COMMISSIONED_DEVSERVER_TLS_H
#define COMMISSIONED_DEVSERVER_TLS_H

#include <stdbool.h>

#include "devserver/state.h"

struct ds_tls {
    char *server_pem; /* private key and certificate, for both of MHD_OPTION_HTTPS_MEM_* */
    char *ca_path;    /* FOLDER/ca.pem */
};

/* `host` is the name to be vouched for, besides localhost, 127.0.0.1 and ::1. */
bool ds_tls_prepare(const char *folder, const char *host, struct ds_tls *tls, struct ds_why *why);
void ds_tls_clear(struct ds_tls *tls);

#endif
