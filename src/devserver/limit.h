/*
 * devserver/limit.h - how many requests a key has left.
 *
 * A key with `count` requests in `seconds` may use them all at once; each comes back after
 * seconds/count. (The generic cell rate algorithm, ITU-T I.371: one number a key is the whole
 * state.)
 *
 * Units:     nanoseconds of one clock that never goes back (clock_gettime(2), CLOCK_MONOTONIC).
 * Ownership: the table is the caller's until ds_limits_free. It is kept in memory only: a restart
 *            gives every key its full rate.
 * Threads:   any; the table has a lock of its own, held for one look-up.
 * Errors:    none; without memory for a new key's entry the request is allowed.
 */
#ifndef COMMISSIONED_DEVSERVER_LIMIT_H
#define COMMISSIONED_DEVSERVER_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "devserver/keys.h"

struct ds_limits;

struct ds_limit {
    bool limited;     /* the key has a rate; else nothing below is filled in */
    bool allowed;     /* this request may pass, and was counted */
    uint32_t count;   /* requests in a window */
    uint32_t left;    /* requests that would pass right now */
    int64_t reset_ns; /* until all of them are back */
    int64_t retry_ns; /* until one is back; 0 where `allowed` */
};

struct ds_limits *ds_limits_new(void);
void ds_limits_free(struct ds_limits *limits);

/* Takes one request of the key `id` at `now_ns`, if it has one left. */
struct ds_limit ds_limits_take(struct ds_limits *limits, int64_t id, struct ds_rate rate,
                               int64_t now_ns);

/* "59s", "1m30s" or "250ms", rounded up: the form of the x-ratelimit-reset headers. */
void ds_limit_print(int64_t ns, char text[32]);

/* Whole seconds, rounded up, at least 1: the form of Retry-After (RFC 9110, 10.2.3). */
int64_t ds_limit_seconds(int64_t ns);

#endif
