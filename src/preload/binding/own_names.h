/*
 * own_names.h - the names that this library exports, and what stands for each of them.
 *
 * Ownership: nothing is allocated.
 * Threads:   any.
 * Errors:    none. Needs no late_libc_bind.
 */
#ifndef COMMISSIONED_OWN_NAMES_H
#define COMMISSIONED_OWN_NAMES_H

struct provider;

/* libcurl's first, and of those the two that make a handle. */
#define OWN_NAME_LIST(X)                                                                           \
    X(curl_easy_init)                                                                              \
    X(curl_multi_init)                                                                             \
    X(curl_easy_cleanup)                                                                           \
    X(curl_easy_duphandle)                                                                         \
    X(curl_easy_perform)                                                                           \
    X(curl_easy_reset)                                                                             \
    X(curl_easy_setopt)                                                                            \
    X(curl_multi_add_handle)                                                                       \
    X(curl_multi_cleanup)                                                                          \
    X(curl_multi_info_read)                                                                        \
    X(curl_multi_perform)                                                                          \
    X(curl_multi_remove_handle)                                                                    \
    X(curl_multi_setopt)                                                                           \
    X(curl_multi_socket)                                                                           \
    X(curl_multi_socket_action)                                                                    \
    X(curl_multi_socket_all)                                                                       \
    X(dlsym)                                                                                       \
    X(dlvsym)

#define OWN_NUMBER(name) OWN_##name,
enum own_name { OWN_NAME_LIST(OWN_NUMBER) OWN_NAMES, OWN_LIBCURLS = OWN_dlsym };
#undef OWN_NUMBER

/* Its number, or OWN_NAMES. */
unsigned own_name(const char *name);

/* Our function of that name. */
void *own_function(unsigned number);

/* What stands for that name of that libcurl: of the functions that make a handle, an entry that
 * knows it. */
void *own_entry(unsigned name, const struct provider *provider);

#endif
