/* names.h - what goes over the wire, and what is called on disk, in one spelling. */
#ifndef COMMISSIONED_NAMES_H
#define COMMISSIONED_NAMES_H

#define AUTHORIZATION        "Authorization"
#define AUTHORIZATION_BEARER AUTHORIZATION ": Bearer " /* and the key */

#define LIBRARY_NAME         "libcommissioned-auth.so"
#define MODULE_NAME          "commissioned-auth-policy.so"
/* Where the module is looked for, in that order: in the library's folder, in MODULE_FOLDER there
 * (installed, and then moved as a whole: an image, a container, another prefix), in MODULEDIR. */
#define MODULE_FOLDER "commissioned-auth"
#define MODULE_BELOW                                                                               \
    {                                                                                              \
        "", MODULE_FOLDER "/"                                                                      \
    }

/* Of the environment: the key, for programs of this service and for those of the SDK. */
#define KEY_VARIABLE        "COMMISSIONED_API_KEY"
#define OPENAI_KEY_VARIABLE "OPENAI_API_KEY"

/* RFC 9110, section 4.2.2: the port of an https URL that names none. */
#define HTTPS_PORT 443

#endif
