/* names.h - what goes over the wire, and what is called on disk, in one spelling. */
#ifndef COMMISSIONED_NAMES_H
#define COMMISSIONED_NAMES_H

#define AUTHORIZATION        "Authorization"
#define AUTHORIZATION_BEARER AUTHORIZATION ": Bearer " /* and the key */

#define LIBRARY_NAME         "libcommissioned-auth.so"
#define MODULE_NAME          "commissioned-auth-policy.so"

/* RFC 9110, section 4.2.2: the port of an https URL that names none. */
#define HTTPS_PORT 443

#endif
