/*
 * newer_curl.h - names of newer libcurls for builds with an older curl.h; included behind it.
 *
 * What is built runs with whatever libcurl is there.
 * Source: curl.h of 7.75.0, 7.77.0 and 7.80.0, whose numbers are libcurl's ABI.
 */
#ifndef COMMISSIONED_NEWER_CURL_H
#define COMMISSIONED_NEWER_CURL_H

#if LIBCURL_VERSION_NUM < 0x074b00
#define CURLOPT_AWS_SIGV4 ((CURLoption)10305)
#endif

#if LIBCURL_VERSION_NUM < 0x074d00
#define CURLOPT_CAINFO_BLOB ((CURLoption)40309)
#endif

#if LIBCURL_VERSION_NUM < 0x075000
typedef int (*curl_prereq_callback)(void *user, char *remote, char *local, int remote_port,
                                    int local_port);
enum { CURL_PREREQFUNC_OK = 0, CURL_PREREQFUNC_ABORT = 1 };
#define CURLOPT_PREREQFUNCTION ((CURLoption)20312)
#define CURLOPT_PREREQDATA     ((CURLoption)10313)
#endif

#endif
