/*
 * Can the libcurl of a program be asked for its peers' certificates? Read from the names that it
 * takes from its TLS library; one with TLS built in takes none.
 */
#include <fcntl.h>

#include "cli/doctor.h"
#include "cli/scan.h"
#include "core/cleanup.h"

enum { MAX_LIBRARY = 1 << 28 };

void doctor_peer(struct doctor *doctor, const char *libcurl)
{
    /* As they stand in a table of names. */
    static const char openssl[] = "\0SSL_new", gnutls[] = "\0gnutls_init";
    struct needle names[] = {{.bytes = openssl, .length = sizeof openssl},
                             {.bytes = gnutls, .length = sizeof gnutls}};
    auto_close int fd = open(libcurl, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || !scan_fd(fd, MAX_LIBRARY, names, 2))
        return;
    if (names[0].found || names[1].found)
        doctor_say(doctor, HEALTH_GOOD, "peers",
                   "where the program does not verify a server, the library does, with the %s that "
                   "its libcurl uses",
                   names[0].found ? "OpenSSL" : "GnuTLS");
    else
        doctor_say(doctor, HEALTH_WARNING, "peers",
                   "where the program does not verify a server, it gets no key: the TLS library of "
                   "%s cannot be asked",
                   libcurl);
}
