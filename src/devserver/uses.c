#include "devserver/uses.h"

#include <pthread.h>
#include <stdlib.h>

#include <uthash.h>

#include "core/cleanup.h"

struct entry {
    struct ds_use use;
    UT_hash_handle hh;
};

struct ds_uses {
    pthread_mutex_t lock; /* held for every use of `entries`; never while something is written */
    struct entry *entries;
};

struct ds_uses *ds_uses_new(void)
{
    struct ds_uses *uses = calloc(1, sizeof *uses);
    if (uses != NULL)
        pthread_mutex_init(&uses->lock, NULL);
    return uses;
}

static void free_entries(struct entry *entries)
{
    struct entry *entry, *next;
    HASH_ITER(hh, entries, entry, next)
    {
        HASH_DEL(entries, entry);
        free(entry);
    }
}

void ds_uses_free(struct ds_uses *uses)
{
    if (uses == NULL)
        return;
    free_entries(uses->entries);
    pthread_mutex_destroy(&uses->lock);
    free(uses);
}

void ds_uses_note(struct ds_uses *uses, int64_t id, int64_t time)
{
    struct entry *entry;
    pthread_mutex_lock(&uses->lock);
    HASH_FIND(hh, uses->entries, &id, sizeof id, entry);
    if (entry == NULL && (entry = calloc(1, sizeof *entry)) != NULL) {
        entry->use.id = id;
        HASH_ADD(hh, uses->entries, use.id, sizeof entry->use.id, entry);
    }
    if (entry != NULL && entry->use.time < time)
        entry->use.time = time;
    pthread_mutex_unlock(&uses->lock);
}

static struct entry *take_all(struct ds_uses *uses)
{
    pthread_mutex_lock(&uses->lock);
    struct entry *entries = uses->entries;
    uses->entries = NULL;
    pthread_mutex_unlock(&uses->lock);
    return entries;
}

bool ds_uses_flush(struct ds_uses *uses, struct ds_keys *keys, struct ds_why *why)
{
    struct entry *entries = take_all(uses);
    struct entry *entry, *next;
    size_t count = 0;
    bool done = true;
    if (entries == NULL)
        return true;
    auto_free struct ds_use *list = calloc(HASH_COUNT(entries), sizeof *list);
    if (list != NULL) {
        HASH_ITER(hh, entries, entry, next)
        list[count++] = entry->use;
        done = ds_keys_note_uses(keys, list, count, why);
    }
    free_entries(entries);
    return done;
}
