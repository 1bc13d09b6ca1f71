#include "preload/record/record.h"

#include <string.h>

#include "preload/loader/locks.h"
#include "preload/loader/slab.h"

enum { FIRST_BUCKETS = 8 };

/* One part of the table. The lock LOCK_RECORDS + its number must be held for every use. */
struct shard {
    struct record **buckets;
    uint32_t nbuckets; /* a power of two */
    uint32_t count;
    struct slab records;
    struct slab rares;
    struct slab texts;
    struct record *first[FIRST_BUCKETS]; /* the buckets of a process with few handles */
};

static struct shard shards[RECORD_SHARDS];

/* How many records the shards hold: while there is none they need not be asked. Raised before the
 * handle is given out, so whoever has the handle sees it. */
static uint32_t in_shards; /* atomic */

struct record record_nest[(1 << RECORD_NEST_BITS) + RECORD_NEST_REACH - 1];

static unsigned shard_of(uint32_t hash)
{
    return hash >> 28; /* RECORD_SHARDS of them */
}
_Static_assert(RECORD_SHARDS == 1 << 4, "shard_of takes four bits");

static inline struct shard *take_shard(uint32_t hash)
{
    unsigned number = shard_of(hash);
    lock_take(LOCK_RECORDS + number);
    struct shard *shard = &shards[number];
    if (shard->nbuckets == 0) {
        shard->buckets = shard->first;
        shard->nbuckets = FIRST_BUCKETS;
    }
    return shard;
}

static void give_shard(uint32_t hash)
{
    lock_give(LOCK_RECORDS + shard_of(hash));
}

static struct record **bucket_of(struct shard *shard, uint32_t hash)
{
    return &shard->buckets[hash & (shard->nbuckets - 1)];
}

static struct record *find(struct shard *shard, uint32_t hash, const void *handle)
{
    struct record *record = *bucket_of(shard, hash);
    while (record != NULL && record->handle != handle)
        record = record->next;
    return record;
}

static void link_in(struct shard *shard, struct record *record)
{
    struct record **bucket = bucket_of(shard, record_hash(record->handle));
    record->next = *bucket;
    *bucket = record;
}

/* Doubles the buckets. Without memory the chains just grow longer. */
static void grow(struct shard *shard)
{
    struct record **old = shard->buckets;
    uint32_t nold = shard->nbuckets;
    struct record **buckets = slab_map(2 * nold * sizeof *buckets);
    if (buckets == NULL)
        return;
    shard->buckets = buckets;
    shard->nbuckets = 2 * nold;
    for (uint32_t i = 0; i < nold; i++) {
        for (struct record *record = old[i], *next; record != NULL; record = next) {
            next = record->next;
            link_in(shard, record);
        }
    }
    if (old != shard->first)
        slab_unmap(old, nold * sizeof *old);
}

/* Options at libcurl's defaults: CURLOPT_SSL_VERIFYPEER(3), _VERIFYHOST(3), _HEADEROPT(3). */
static void set_defaults(struct record *record)
{
    record->headers = NULL;
    record->error_buffer = NULL;
    record->state &= RECORD_MULTI | RECORD_SETTLED;
    /* Its connections are kept, and what a transfer that failed left: leftover.h. */
    record->facts &= HOP_AMBIGUOUS | HOP_SSL_CTX_FUNCTION | HOP_OWN_CREDENTIALS;
    record->port = 0;
}

/* What curl_easy_reset and curl_easy_duphandle forget of the transfers before. */
static uint32_t forgotten(const struct record *record)
{
    return record->provider->version >= CURL_FORGETS_METHOD ? RECORD_SETTLED : 0;
}

void record_reset(struct record *record)
{
    set_defaults(record);
    record->state &= ~forgotten(record);
    if (record->rare == NULL)
        return;
    char *text[RECORD_TEXTS];
    memcpy(text, record->rare->text, sizeof text);
    memset(record->rare, 0, sizeof *record->rare);
    memcpy(record->rare->text, text, sizeof text);
    for (int i = 0; i < RECORD_TEXTS; i++)
        if (text[i] != NULL)
            text[i][0] = '\0';
}

/* Its handle went away unseen: what it knew is of no use, and not to be followed. */
static void start_anew(struct record *record)
{
    record_leave(record);
    record->state = 0;
    record->facts = 0;
    record_reset(record);
    record->node.data = NULL;
    record->node.next = NULL;
    record->key = NULL;
    while (record->multi_next != NULL) /* it was a multi handle's */
        record_leave(record->multi_next);
}

static void clear(struct record *record)
{
    set_defaults(record);
    record->facts = 0;
    record->state = 0;
    record->rare = NULL;
    record->policy = NULL;
    record->first = NULL;
    record->key = NULL;
    record->multi_next = NULL;
    record->multi_link = NULL;
}

/* ---- the nest -------------------------------------------------------------------------------- */

static struct record *find_in_nest(const void *handle)
{
    struct record *place = record_place(handle);
    for (unsigned i = 0; i < RECORD_NEST_REACH; i++)
        if (__atomic_load_n(&place[i].handle, __ATOMIC_ACQUIRE) == handle)
            return &place[i];
    return NULL;
}

static struct record *take_place(void *handle)
{
    struct record *place = record_place(handle);
    for (unsigned i = 0; i < RECORD_NEST_REACH; i++) {
        void *nobody = NULL;
        if (__atomic_load_n(&place[i].handle, __ATOMIC_RELAXED) == NULL &&
            __atomic_compare_exchange_n(&place[i].handle, &nobody, handle, false, __ATOMIC_ACQUIRE,
                                        __ATOMIC_RELAXED))
            return &place[i];
    }
    return NULL;
}

/* ---- the shards ------------------------------------------------------------------------------ */

static struct record *find_in_shards(const void *handle)
{
    if (__atomic_load_n(&in_shards, __ATOMIC_RELAXED) == 0)
        return NULL;
    uint32_t hash = record_hash(handle);
    struct shard *shard = take_shard(hash);
    struct record *record = find(shard, hash, handle);
    give_shard(hash);
    return record;
}

static struct record *add_to_shards(void *handle)
{
    uint32_t hash = record_hash(handle);
    struct shard *shard = take_shard(hash);
    struct record *record = slab_take(&shard->records, sizeof *record);
    if (record != NULL) {
        record->handle = handle;
        if (shard->count++ >= shard->nbuckets)
            grow(shard);
        link_in(shard, record);
        __atomic_fetch_add(&in_shards, 1, __ATOMIC_RELAXED);
    }
    give_shard(hash);
    return record;
}

void record_remove_slow(struct record *record)
{
    uint32_t hash = record_hash(record->handle);
    struct shard *shard = take_shard(hash);
    struct record **link = bucket_of(shard, hash);
    while (*link != NULL && *link != record)
        link = &(*link)->next;
    if (*link != NULL) {
        *link = record->next;
        shard->count--;
        __atomic_fetch_sub(&in_shards, 1, __ATOMIC_RELAXED);
    }
    give_shard(hash);
}

void record_put_back_slow(struct record *record)
{
    uint32_t hash = record_hash(record->handle);
    struct shard *shard = take_shard(hash);
    shard->count++;
    link_in(shard, record);
    __atomic_fetch_add(&in_shards, 1, __ATOMIC_RELAXED);
    give_shard(hash);
}

/* ---- both ------------------------------------------------------------------------------------ */

struct record *record_find_slow(const void *handle)
{
    struct record *record = find_in_nest(handle);
    return record != NULL ? record : find_in_shards(handle);
}

struct record *record_make_slow(void *handle, const struct provider *provider)
{
    struct record *record = record_find_slow(handle);
    if (record != NULL)
        start_anew(record);
    else
        record = take_place(handle);
    if (record == NULL)
        record = add_to_shards(handle);
    if (record != NULL)
        record->provider = provider;
    return record;
}

/* The shard is the record's own: its handle may be gone by now. */
static void free_rare(struct record *record)
{
    uint32_t hash = record_hash(record);
    struct shard *shard = take_shard(hash);
    for (int i = 0; i < RECORD_TEXTS; i++)
        if (record->rare->text[i] != NULL)
            slab_put(&shard->texts, record->rare->text[i]);
    slab_put(&shard->rares, record->rare);
    give_shard(hash);
}

void record_free_slow(struct record *record)
{
    if (record->rare != NULL)
        free_rare(record);
    clear(record); /* a copy of its handle that nobody saw being made may still lead here */
    if (record_is_in_nest(record)) {
        __atomic_store_n(&record->handle, NULL, __ATOMIC_RELEASE);
        return;
    }
    uint32_t hash = record_hash(record->handle);
    struct shard *shard = take_shard(hash);
    slab_put(&shard->records, record);
    give_shard(hash);
}

struct record_rare *record_rare(struct record *record)
{
    if (record->rare == NULL) {
        uint32_t hash = record_hash(record);
        struct shard *shard = take_shard(hash);
        record->rare = slab_take(&shard->rares, sizeof *record->rare);
        give_shard(hash);
    }
    return record->rare;
}

char *record_text(struct record *record, enum record_text which)
{
    struct record_rare *rare = record_rare(record);
    if (rare != NULL && rare->text[which] == NULL) {
        uint32_t hash = record_hash(record);
        struct shard *shard = take_shard(hash);
        rare->text[which] = slab_take(&shard->texts, RECORD_TEXT_SIZE);
        give_shard(hash);
    }
    return rare != NULL ? rare->text[which] : NULL;
}

/* False where there was a text and there is no memory for its copy. */
static bool copy_text(struct record *to, const struct record_rare *from, enum record_text which)
{
    if (from->text[which] == NULL || from->text[which][0] == '\0')
        return true;
    char *text = record_text(to, which);
    if (text != NULL)
        memcpy(text, from->text[which], RECORD_TEXT_SIZE);
    return text != NULL;
}

static void copy_rare(struct record *to, const struct record_rare *from)
{
    struct record_rare *rare = record_rare(to);
    if (rare == NULL) {
        to->facts |= HOP_NO_URL; /* what was set is not known: never give it a key */
        return;
    }
    rare->prereq = from->prereq;
    rare->prereq_data = from->prereq_data;
    rare->debug = from->debug;
    rare->debug_data = from->debug_data;
    rare->error_stream = from->error_stream;
    rare->url = from->url;
    rare->method = from->method;
    if (!copy_text(to, from, RECORD_TARGET))
        to->facts |= HOP_UNKNOWN_TARGET;
    copy_text(to, from, RECORD_LOCATION); /* without an URL there is no key */
    if (!copy_text(to, from, RECORD_NETRC_FILE))
        to->state |= RECORD_NETRC_LOST;
}

void record_copy(struct record *to, const struct record *from)
{
    const uint32_t transfer = RECORD_ACTIVE | RECORD_ARMED | RECORD_KEYED | RECORD_REDACTS |
                              RECORD_FAILED | RECORD_HOOKED | RECORD_WAS_UNSAFE | RECORD_FIRST |
                              RECORD_LOGIN | RECORD_LIFTED | RECORD_WAITS | RECORD_MOVED |
                              RECORD_HAD_OWN | RECORD_METHOD_SET;
    to->headers = from->headers;
    to->error_buffer = from->error_buffer;
    to->state = from->state & ~(transfer | forgotten(from));
    to->facts = from->facts & (uint16_t)~HOP_OWN_CREDENTIALS;
    to->port = from->port;
    if (from->rare != NULL)
        copy_rare(to, from->rare);
}

void record_join(struct record *multi, struct record *easy)
{
    easy->multi_next = multi->multi_next;
    easy->multi_link = &multi->multi_next;
    if (easy->multi_next != NULL)
        easy->multi_next->multi_link = &easy->multi_next;
    multi->multi_next = easy;
}

void record_unlink(struct record *easy)
{
    *easy->multi_link = easy->multi_next;
    if (easy->multi_next != NULL)
        easy->multi_next->multi_link = easy->multi_link;
    easy->multi_next = NULL;
    easy->multi_link = NULL;
}

bool record_has_credentials(const struct record *record)
{
    if (record->state &
        (RECORD_USER | RECORD_BEARER | RECORD_SIGV4 | RECORD_URL_USER | RECORD_NEGOTIATES))
        return true;
    bool password = record->state & RECORD_PASSWORD, settled = record->state & RECORD_SETTLED;
    unsigned version = record->provider->version;
    if (settled && version >= CURL_NEEDS_NO_USER && version < CURL_SENDS_NO_EMPTY_USER)
        return true;
    if (!(record->state & RECORD_EMPTY_USER))
        return password &&
               (provider_sends_password(record->provider) || version >= CURL_SENDS_LONE_PASSWORD);
    /* An empty user without a password goes out unasked only where HTTPAUTH, or what libcurl
     * remembers, leaves no choice (measured). */
    bool keeps = record->rare != NULL && record->rare->keeps_method;
    return password || settled ||
           ((keeps || !(record->state & RECORD_AUTH_CHOOSES)) &&
            (version < CURL_SENDS_NO_EMPTY_USER || record->state & RECORD_NO_BASIC));
}
