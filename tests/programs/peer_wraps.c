/*
 * peer_wraps.c - a preload that stands before one function of OpenSSL's, as tools that log keys or
 * traffic do: before SSL_new, or (PEER_SAYS_YES) before what verifies a certificate.
 */
#include <dlfcn.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

#ifdef PEER_SAYS_YES

EXPORT int X509_verify_cert(void *context);
EXPORT int X509_STORE_CTX_get_error(const void *context);
EXPORT long SSL_get_verify_result(const void *ssl);

int X509_verify_cert(void *context)
{
    (void)context;
    return 1;
}

int X509_STORE_CTX_get_error(const void *context)
{
    (void)context;
    return 0;
}

long SSL_get_verify_result(const void *ssl)
{
    (void)ssl;
    return 0;
}

#else

EXPORT void *SSL_new(void *context);

void *SSL_new(void *context)
{
    void *(*real)(void *) = (void *(*)(void *))dlsym(RTLD_NEXT, "SSL_new");
    return real(context);
}

#endif
