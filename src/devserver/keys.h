/*
 * devserver/keys.h - API keys: how one is made, and the store that knows them by their digests.
 *
 * A key is `csk_dev_` and 43 base64url characters (RFC 4648, section 5, no padding): 256 bits from
 * getrandom(2). Its first DS_PREFIX_LENGTH characters identify it to people; they hold 48 of the
 * random bits, so 208 stay secret.
 *
 * What is stored is the plain SHA-256 of the whole key. Salt and stretching defend secrets that
 * people choose, where a guess is cheap and many share one; nobody guesses 256 random bits, no two
 * keys are equal, and a slow hash would be paid on every request. A key is found by its prefix and
 * its digest then compared in constant time, so that the time of an answer tells nothing of the
 * digest.
 *
 * Store:     FOLDER/keys.db, SQLite in WAL mode, shared between processes: what one commits, the
 * next look-up of every other sees. A key is on disk (synchronous=FULL) before its creator has it.
 * Units:     times are seconds since the epoch, 0 for never; a rate is `count` requests in
 *            `seconds`.
 * Ownership: the store is the caller's until ds_keys_close; strings in structs are their own.
 * Threads:   a store may be used from any thread: it holds a lock of its own.
 * Errors:    false or DS_FIND_ERROR, with a sentence in `why`, which never holds a key.
 * Source:    sqlite.org/wal.html, sqlite.org/pragma.html#pragma_synchronous.
 */
#ifndef COMMISSIONED_DEVSERVER_KEYS_H
#define COMMISSIONED_DEVSERVER_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devserver/state.h"

#define DS_KEY_MARK "csk_dev_"

enum {
    DS_KEY_LENGTH = 8 + 43,
    DS_PREFIX_LENGTH = 16,
    DS_MAX_NAME = 64, /* bytes of a name or an environment's name */
    DS_DIGEST_SIZE = 32,
};

/* What a key is good for. */
enum ds_scope {
    DS_SCOPE_MODELS = 1u << 0,
    DS_SCOPE_CHAT = 1u << 1,
    DS_SCOPE_EMBEDDINGS = 1u << 2,
    DS_SCOPE_KEYS = 1u << 3, /* make, list and revoke keys over HTTP: the admin's */
    DS_SCOPE_DEFAULT = DS_SCOPE_MODELS | DS_SCOPE_CHAT | DS_SCOPE_EMBEDDINGS,
};

/* `count` requests in `seconds`; a count of 0 means no limit. */
struct ds_rate {
    uint32_t count;
    uint32_t seconds;
};

struct ds_key {
    int64_t id;
    char prefix[DS_PREFIX_LENGTH + 1];
    char name[DS_MAX_NAME + 1];
    char env[DS_MAX_NAME + 1];
    unsigned scopes; /* of enum ds_scope */
    struct ds_rate rate;
    int64_t created;
    int64_t last_used;
    int64_t revoked;
};

/* What somebody wants of a new key. Strings are the caller's. */
struct ds_key_wish {
    const char *name;
    const char *env; /* NULL: "dev" */
    unsigned scopes; /* 0: DS_SCOPE_DEFAULT */
    struct ds_rate rate;
};

/* A new key's text, NUL at the end. Its owner wipes it (secret.h) once it is handed over. */
struct ds_key_text {
    char text[DS_KEY_LENGTH + 1];
};

/* ---- text ------------------------------------------------------------------------------------ */

/* Fills in 256 fresh random bits. False where the system has none to give. */
bool ds_key_generate(struct ds_key_text *key);

/* True where text[0..length) has the shape of a key. */
bool ds_key_is_shaped(const char *text, size_t length);

/* SHA-256 of text[0..length). */
void ds_digest(const void *text, size_t length, unsigned char digest[DS_DIGEST_SIZE]);

/* "models,chat" to bits. An unknown or empty name fails. */
bool ds_scopes_parse(const char *text, unsigned *scopes, struct ds_why *why);
/* One name of the scopes after another: NULL once `index` is past the last. */
const char *ds_scope_name(size_t index, unsigned *bit);

/* "60/m": 1 to 1,000,000 requests a second (s), minute (m), hour (h) or day (d). */
bool ds_rate_parse(const char *text, struct ds_rate *rate, struct ds_why *why);
/* The other way; "" where there is no limit. */
void ds_rate_print(struct ds_rate rate, char text[32]);

/* A key's name or environment: 1 to DS_MAX_NAME printable ASCII characters. `what` is for the
 * sentence. */
bool ds_key_name_check(const char *what, const char *name, struct ds_why *why);

/* ---- store ----------------------------------------------------------------------------------- */

struct ds_keys;

enum ds_find {
    DS_FIND_NONE,    /* no such key */
    DS_FIND_REVOKED, /* it was one; `found` is filled in */
    DS_FIND_VALID,
    DS_FIND_ERROR, /* the store could not be read */
};

/* One key's use, to be noted. */
struct ds_use {
    int64_t id;
    int64_t time;
};

/* Opens or makes the store in a prepared folder. */
struct ds_keys *ds_keys_open(const char *folder, struct ds_why *why);
void ds_keys_close(struct ds_keys *keys);

/* Makes a key and stores its digest. When this returns true the key outlives any crash. */
bool ds_keys_create(struct ds_keys *keys, const struct ds_key_wish *wish, struct ds_key *made,
                    struct ds_key_text *key, struct ds_why *why);

/* Looks text[0..length) up. Any text may be asked for. */
enum ds_find ds_keys_find(struct ds_keys *keys, const char *text, size_t length,
                          struct ds_key *found, struct ds_why *why);

/* Revokes the key with exactly this prefix. Revoking again is fine and keeps the first time. */
bool ds_keys_revoke(struct ds_keys *keys, const char *prefix, struct ds_why *why);

/* Calls `each` for every key, oldest first. */
bool ds_keys_list(struct ds_keys *keys, void (*each)(const struct ds_key *key, void *data),
                  void *data, struct ds_why *why);

/* Notes when keys were last used, all in one transaction. A time earlier than the stored one is
 * left. */
bool ds_keys_note_uses(struct ds_keys *keys, const struct ds_use *uses, size_t count,
                       struct ds_why *why);

#endif
