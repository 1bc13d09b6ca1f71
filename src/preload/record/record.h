/*
 * record.h - what is kept about each easy handle: only what libcurl cannot be asked for.
 *
 * Shapes:    one record a live handle, 112 bytes; a rare part of some 150 bytes for handles that
 *            set a debug callback, a CURLU or the like; a text of 1 KiB for those that set a
 *            request target. A multi handle has a record too, as the head of the list of its
 *            transfers. The records of the first handles lie in the nest, where they are found
 *            without a lock; the others in a table.
 * Ownership: records belong to this module, in mappings of its own: the host's malloc sees nothing.
 *            record_remove gives one back. Pointers that the application passed are kept, not
 *            followed.
 * Threads:   the table may be used from any thread. A record itself is used only by the thread that
 *            uses its handle, as libcurl demands of the handle (libcurl-thread(3)).
 * Errors:    NULL where memory ran out or the handle is not known: forward and never inject. errno
 *            is kept.
 */
#ifndef COMMISSIONED_RECORD_H
#define COMMISSIONED_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include <curl/curl.h>

#include "core/decide.h"
#include "preload/libcurl/provider.h"

enum { RECORD_TEXT_SIZE = 1024 };

enum record_text {
    RECORD_TARGET,     /* CURLOPT_REQUEST_TARGET */
    RECORD_LOCATION,   /* CURLOPT_URL; kept of an old libcurl only */
    RECORD_NETRC_FILE, /* CURLOPT_NETRC_FILE */
    RECORD_TEXTS,
};

/* Of an old libcurl only; see record_method.h. */
enum record_method { METHOD_GET, METHOD_HEAD, METHOD_PUT, METHOD_POST, METHOD_UNKNOWN, METHODS };

enum record_state {
    RECORD_ACTIVE = 1u << 0,  /* between the begin and the end of a transfer */
    RECORD_ARMED = 1u << 1,   /* CURLOPT_HTTPHEADER is our node */
    RECORD_KEYED = 1u << 2,   /* it was so at some time in this transfer */
    RECORD_REDACTS = 1u << 3, /* CURLOPT_DEBUGFUNCTION is ours */
    RECORD_FAILED = 1u << 4,  /* we stopped this transfer: its result is CURLE_AUTH_ERROR */
    RECORD_MULTI = 1u << 5,   /* the record of a multi handle */
    RECORD_HOOKED = 1u << 6,  /* CURLOPT_PREREQFUNCTION is ours; between transfers too */

    /* What the application set. */
    RECORD_VERBOSE = 1u << 8,
    RECORD_USER = 1u << 9,          /* a user name that is not empty, by USERPWD or USERNAME */
    RECORD_PASSWORD = 1u << 10,     /* a password that counts */
    RECORD_EMPTY_USER = 1u << 11,   /* a user name that is empty */
    RECORD_BEARER = 1u << 12,       /* XOAUTH2_BEARER */
    RECORD_SIGV4 = 1u << 13,        /* AWS_SIGV4 */
    RECORD_AUTH_CHOOSES = 1u << 14, /* HTTPAUTH names several methods: libcurl waits for a 401 */
    RECORD_PROTOCOL = 1u << 15,     /* DEFAULT_PROTOCOL; kept of an old libcurl only */
    RECORD_CUSTOM = 1u << 16,       /* CUSTOMREQUEST */
    RECORD_WAS_UNSAFE = 1u << 17,   /* verification was off earlier in the transfer under way */
    RECORD_URL_USER = 1u << 18,     /* CURLOPT_URL names a user; of a CURL_HIDES_USERINFO alone */
    RECORD_NETRC = 1u << 22,        /* NETRC: libcurl looks for credentials in a file */
    RECORD_NETRC_LOST = 1u << 23,   /* NETRC_FILE was set and could not be kept */
    RECORD_NO_BASIC = 1u << 24,     /* HTTPAUTH has no CURLAUTH_BASIC */
    RECORD_NEGOTIATES = 1u << 25,   /* HTTPAUTH may be one alone that needs no user of the host */
    /* COOKIE or CURLOPT_TLSAUTH_USERNAME was set at some time: libcurl keeps them from others. */
    RECORD_RESTRICTED = 1u << 26,
    RECORD_UNRESTRICTED = 1u << 27, /* CURLOPT_UNRESTRICTED_AUTH */

    /* Of the transfer under way; see follow.h. */
    RECORD_FIRST = 1u << 28, /* it came to no hop yet */
    /* libcurl has a user of its URL or file, for all the hops that follow */
    RECORD_LOGIN = 1u << 29,
    RECORD_LIFTED = 1u << 30, /* CURLOPT_UNRESTRICTED_AUTH is ours */

    /* libcurl once answered a 401 by itself, or had RECORD_NEGOTIATES, and remembers how. */
    RECORD_SETTLED = 1u << 31,

    /* Of the transfer under way; see midway.h. */
    RECORD_WAITS = 1u << 19,   /* in a multi handle that nobody was seen to drive since */
    RECORD_MOVED = 1u << 20,   /* what names the peer was set */
    RECORD_HAD_OWN = 1u << 21, /* it had credentials of its own, which libcurl may have read */

    RECORD_METHOD_SET = 1u << 7, /* NOBODY, POST or the like was set */

    /* FOLLOWLOCATION lets libcurl drop CUSTOMREQUEST; of a CURL_DROPS_CUSTOM alone. */
    RECORD_DROPS_CUSTOM = RECORD_PROTOCOL,

    RECORD_WATCHES = RECORD_MOVED, /* of a multi handle: one of its transfers has a CURLU */

    /* With none of these, and no fact of enum hop_flag, only the URL decides. */
    RECORD_MATTERS = RECORD_VERBOSE | RECORD_USER | RECORD_PASSWORD | RECORD_EMPTY_USER |
                     RECORD_BEARER | RECORD_SIGV4 | RECORD_CUSTOM | RECORD_WAS_UNSAFE |
                     RECORD_URL_USER | RECORD_NETRC | RECORD_NEGOTIATES | RECORD_MOVED |
                     RECORD_HAD_OWN | RECORD_SETTLED,
};

struct policy_ref; /* policy_loader.h */
struct account;    /* report.h */

/* How much of a header line has been matched or is being masked (redact.c). All zero at a line's
 * start. */
struct redact_state {
    uint8_t phase;
    uint8_t matched;
};

/* Kept only for handles that set one of these. */
struct record_rare {
    curl_prereq_callback prereq;
    void *prereq_data;
    curl_debug_callback debug;
    void *debug_data;
    void *error_stream;        /* CURLOPT_STDERR, a FILE *; NULL for stderr */
    CURLU *url;                /* CURLOPT_CURLU, the application's */
    CURLU *started;            /* our copy of it, as the transfer under way started with it */
    struct curl_slist *copies; /* inject.c: nodes in place of the application's, a mapping */
    size_t ncopies;
    struct account *account;  /* report.c: what is to be said of the last keyed hop, or NULL */
    long redirects;           /* answer.c: that were followed before the last keyed hop */
    char *text[RECORD_TEXTS]; /* RECORD_TEXT_SIZE bytes each, or NULL; libcurl copies strings, so we
                                 must */
    curl_push_callback push;  /* of a multi handle: CURLMOPT_PUSHFUNCTION */
    void *push_data;
    struct redact_state redact;
    bool unmasked;     /* redact.c: nothing of ours can be shown before the next hop */
    bool keeps_method; /* of HTTPAUTH's libcurl may have chosen one, by an earlier HTTPAUTH */
    uint8_t method;    /* enum record_method */
};

struct record {
    void *handle;        /* CURL * or CURLM *; atomic in the nest */
    struct record *next; /* in its bucket */
    const struct provider *provider;
    struct curl_slist node;     /* the header with the key, in front of the application's list */
    struct curl_slist *headers; /* CURLOPT_HTTPHEADER, the application's */
    char *error_buffer;         /* CURLOPT_ERRORBUFFER, the application's */
    struct policy_ref *policy;  /* of the transfer under way, from its first hop on */
    const struct policy_origin *first; /* the origin of its first hop; NULL: none of the policy's */
    const struct policy_key *key;      /* that its last keyed hop carried, for the status */
    struct record *multi_next;  /* the transfers of one multi handle; its record is the head */
    struct record **multi_link; /* what points here; NULL where it is in no multi handle */
    struct record_rare *rare;
    uint32_t state; /* enum record_state */
    uint16_t facts; /* enum hop_flag: what the application set, and what leftover.h says */
    uint16_t port;  /* CURLOPT_PORT */
};
_Static_assert(HOP_FACTS_END - 1 <= UINT16_MAX, "one flag more needs wider facts");
_Static_assert(sizeof(void *) != 8 || sizeof(struct record) <= 112,
               "a handle costs at most 128 bytes");

/*
 * The nest: an open-addressing table without deletions to repair, for a handle may lie in any of
 * RECORD_NEST_REACH places from its own on. A place is free while its `handle` is NULL, and taken
 * by compare-and-swap; only the thread that uses a handle can find it equal to that handle.
 */
enum { RECORD_NEST_BITS = 7, RECORD_NEST_REACH = 4 };
extern struct record record_nest[(1 << RECORD_NEST_BITS) + RECORD_NEST_REACH - 1]
    __attribute__((visibility("hidden")));

/* Handles lie at addresses that share their low bits; a multiplication spreads the rest (Knuth,
 * vol. 3, 6.4). */
static inline uint32_t record_hash(const void *handle)
{
    return (uint32_t)(((uint64_t)(uintptr_t)handle * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
}

static inline struct record *record_place(const void *handle)
{
    return &record_nest[record_hash(handle) >> (32 - RECORD_NEST_BITS)];
}

/* Where it is not in the first place. */
struct record *record_find_slow(const void *handle);

/* The record of `handle`, or NULL. */
static inline struct record *record_find(const void *handle)
{
    struct record *record = record_place(handle);
    if (handle == NULL)
        return NULL;
    if (__builtin_expect(__atomic_load_n(&record->handle, __ATOMIC_ACQUIRE) == handle, 1))
        return record;
    return record_find_slow(handle);
}

/* Where the first place is taken. A stale record of the same address is started anew. */
struct record *record_make_slow(void *handle, const struct provider *provider);

/* The record of a new handle in its first place; NULL where that is taken. */
static inline struct record *record_make_first(void *handle, const struct provider *provider)
{
    struct record *record = record_place(handle);
    void *nobody = NULL;
    if (__builtin_expect(!__atomic_compare_exchange_n(&record->handle, &nobody, handle, false,
                                                      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED),
                         0))
        return NULL;
    record->provider = provider;
    return record;
}

/* The record of a new handle. What a transfer of a stale one held stays: see handle_record. */
static inline struct record *record_make(void *handle, const struct provider *provider)
{
    struct record *record = record_make_first(handle, provider);
    return __builtin_expect(record != NULL, 1) ? record : record_make_slow(handle, provider);
}

static inline bool record_is_in_nest(const struct record *record)
{
    return (uintptr_t)record - (uintptr_t)record_nest < sizeof record_nest;
}

void record_remove_slow(struct record *record);
void record_free_slow(struct record *record);

/* Takes it out of the table, so that another thread may get the same address from libcurl. */
static inline void record_remove(struct record *record)
{
    if (record_is_in_nest(record)) /* no handle has this address; the place is still taken */
        __atomic_store_n(&record->handle, record, __ATOMIC_RELEASE);
    else
        record_remove_slow(record);
}

void record_put_back_slow(struct record *record);

/* A record that was taken out of the table, and whose handle is still there. */
static inline void record_put_back(struct record *record, void *handle)
{
    if (record_is_in_nest(record))
        __atomic_store_n(&record->handle, handle, __ATOMIC_RELEASE);
    else
        record_put_back_slow(record);
}

/* Gives its memory back. After transfer_end, record_leave and record_remove: what those clear is
 * clear. */
static inline void record_free(struct record *record)
{
    if (!record_is_in_nest(record) || record->rare != NULL) {
        record_free_slow(record);
        return;
    }
    record->headers = NULL;
    record->error_buffer = NULL;
    record->state = 0;
    record->facts = 0;
    record->port = 0;
    __atomic_store_n(&record->handle, NULL, __ATOMIC_RELEASE);
}

/* A CURLU is set, which says where requests go in place of the URL. */
static inline bool record_has_curlu(const struct record *record)
{
    return record->rare != NULL && record->rare->url != NULL;
}

/* The rare part, made on demand; NULL where memory ran out. */
struct record_rare *record_rare(struct record *record);

/* RECORD_TEXT_SIZE bytes for one of the rare part's texts, made on demand; or NULL. */
char *record_text(struct record *record, enum record_text which);

/* What the application set of one option, once libcurl accepted it. */
void record_note(struct record *record, CURLoption option, uintptr_t argument);

/* The hop is about to leave the handle, and with it what tells that a transfer was made. */
void record_note_unhook(struct record *record);

/* As curl_easy_reset does to the handle: all options to their defaults. */
void record_reset(struct record *record);

/* As curl_easy_duphandle does: the copy's options are those of `from`. */
void record_copy(struct record *to, const struct record *from);

/* True where libcurl would send credentials of the application's own. */
bool record_has_credentials(const struct record *record);

/* True for an option that matters only of some versions of libcurl, this one among them. */
bool record_keeps_of(const struct provider *provider, CURLoption option);

/* Of an option that is kept: it names where a request goes; it makes the method of the next
 * transfer; whether a key may go rests on it. */
bool record_option_leads(CURLoption option);
bool record_option_makes_method(CURLoption option);
bool record_option_decides(CURLoption option);

/*
 * Which options record_note keeps, or may keep: record_kept[option & RECORD_KEPT_MASK] is the
 * option's number, or not. No two kept options share a place, so one comparison decides.
 */
enum { RECORD_KEPT_MASK = 1023 };
extern const uint16_t record_kept[RECORD_KEPT_MASK + 1] __attribute__((visibility("hidden")));

void record_join(struct record *multi, struct record *easy);
void record_unlink(struct record *easy);

static inline void record_leave(struct record *easy)
{
    if (easy->multi_link != NULL)
        record_unlink(easy);
}

#endif
