/*
 * peer_static.c - an OpenSSL of the program's own, linked in and exported, before the one that its
 * libcurl was made for: the calls of that libcurl lead into both.
 */
#include <openssl/ssl.h>

SSL_CTX *peer_static_context(void);

SSL_CTX *peer_static_context(void)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_free(SSL_new(context));
    return context;
}
