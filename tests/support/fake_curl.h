/*
 * fake_curl.h - a provider whose libcurl only remembers what it was told.
 *
 * fake_provider.real.easy_setopt keeps the last value of each option and counts the calls; the rest
 * is NULL. Not for threads.
 */
#ifndef COMMISSIONED_TEST_FAKE_CURL_H
#define COMMISSIONED_TEST_FAKE_CURL_H

#include "preload/libcurl/provider.h"

extern const struct provider fake_provider;

/* What the next call of setopt answers; CURLE_OK unless changed. It also spoils errno. */
extern CURLcode fake_answer;
extern unsigned fake_calls;

void fake_reset(void);

/* The last accepted value of the option; 0 if there was none. */
uintptr_t fake_value(CURLoption option);

#endif
