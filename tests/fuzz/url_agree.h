/*
 * url_agree.h - target_scan, plain.c and libcurl's own parser must read an URL alike.
 *
 * For the differential test and the fuzzer.
 * Threads: any.
 * Source:  curl_url_set(3), with the flags that libcurl itself uses for an URL that it is about to
 *          fetch.
 */
#ifndef COMMISSIONED_TEST_URL_AGREE_H
#define COMMISSIONED_TEST_URL_AGREE_H

/* NULL where they agree, else what they disagree on. */
const char *url_disagreement(const char *url);

#endif
