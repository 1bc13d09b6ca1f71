#include "devserver/limit.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <uthash.h>

static const int64_t second_ns = 1000000000;

struct entry {
    int64_t id;
    int64_t full_at; /* when all requests are back */
    UT_hash_handle hh;
};

struct ds_limits {
    pthread_mutex_t lock; /* held for every use of `entries`; nothing else is locked under it */
    struct entry *entries;
};

struct ds_limits *ds_limits_new(void)
{
    struct ds_limits *limits = calloc(1, sizeof *limits);
    if (limits != NULL)
        pthread_mutex_init(&limits->lock, NULL);
    return limits;
}

void ds_limits_free(struct ds_limits *limits)
{
    struct entry *entry, *next;
    if (limits == NULL)
        return;
    HASH_ITER(hh, limits->entries, entry, next)
    {
        HASH_DEL(limits->entries, entry);
        free(entry);
    }
    pthread_mutex_destroy(&limits->lock);
    free(limits);
}

static struct entry *find_or_add(struct ds_limits *limits, int64_t id)
{
    struct entry *entry;
    HASH_FIND(hh, limits->entries, &id, sizeof id, entry);
    if (entry == NULL && (entry = calloc(1, sizeof *entry)) != NULL) {
        entry->id = id;
        HASH_ADD(hh, limits->entries, id, sizeof entry->id, entry);
    }
    return entry;
}

struct ds_limit ds_limits_take(struct ds_limits *limits, int64_t id, struct ds_rate rate,
                               int64_t now_ns)
{
    struct ds_limit limit = {.allowed = true, .count = rate.count};
    if (rate.count == 0 || rate.seconds == 0)
        return limit;

    int64_t step = rate.seconds * second_ns / rate.count;
    int64_t window = step * rate.count;
    pthread_mutex_lock(&limits->lock);
    struct entry *entry = find_or_add(limits, id);
    if (entry != NULL) {
        int64_t full_at = entry->full_at > now_ns ? entry->full_at : now_ns;
        limit.limited = true;
        limit.allowed = full_at + step - now_ns <= window;
        if (limit.allowed)
            entry->full_at = full_at += step;
        limit.reset_ns = full_at - now_ns;
        limit.retry_ns = limit.allowed ? 0 : limit.reset_ns + step - window;
        limit.left = (uint32_t)((window - limit.reset_ns) / step);
    }
    pthread_mutex_unlock(&limits->lock);
    return limit;
}

void ds_limit_print(int64_t ns, char text[32])
{
    int64_t ms = (ns + 999999) / 1000000;
    int64_t seconds = ds_limit_seconds(ns);
    if (ms < 1000)
        snprintf(text, 32, "%" PRId64 "ms", ms);
    else if (seconds < 60)
        snprintf(text, 32, "%" PRId64 "s", seconds);
    else
        snprintf(text, 32, "%" PRId64 "m%" PRId64 "s", seconds / 60, seconds % 60);
}

int64_t ds_limit_seconds(int64_t ns)
{
    int64_t seconds = (ns + second_ns - 1) / second_ns;
    return seconds < 1 ? 1 : seconds;
}
