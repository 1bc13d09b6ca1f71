/* driver.h - what the scenarios of driver.c share. A failed CHECK ends the program. */
#ifndef COMMISSIONED_TEST_DRIVER_H
#define COMMISSIONED_TEST_DRIVER_H

#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

#include "core/newer_curl.h"

#define APP "https://app.commissioned.tech"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("driver: line %d: %s\n", __LINE__, #condition);                                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

struct scenario {
    const char *name; /* NULL ends a list */
    void (*run)(void);
};

/* driver_midway.c */
extern const struct scenario midway[];

CURL *handle(const char *url);
void prepare(CURL *easy, const char *url);

/* Each asks for the effective URL afterwards, which is never empty. */
void perform(CURL *easy);
void get(CURL *easy, const char *url);
void check_url(CURL *easy);

/* Drives a multi handle until its `count` transfers are done; returns the last result. */
CURLcode drive(CURLM *multi, int count);

#endif
