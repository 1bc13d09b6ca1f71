/*
 * The store of keys.
 * Threat model: whoever reads the database learns prefixes, names and digests, and cannot make a
 *               request with them.
 * MUST:         commit before the key is shown.
 * MUST NOT:     hold a key's text longer than the call that was given it.
 */
#include "devserver/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <sqlite3.h>

#include "core/cleanup.h"
#include "core/secret.h"

enum { BUSY_MS = 10000, RETRY_MS = 10 };

struct ds_keys {
    pthread_mutex_t lock; /* held for every use of what follows; nothing else is locked under it */
    sqlite3 *db;
    sqlite3_stmt *find; /* prepared once: it runs on every request */
};

#define COLUMNS                                                                                    \
    "id, prefix, name, env, scopes, rate_count, rate_seconds, created, last_used, revoked"

static const char schema[] = "PRAGMA journal_mode=WAL;"
                             "PRAGMA synchronous=FULL;"
                             "CREATE TABLE IF NOT EXISTS keys ("
                             " id INTEGER PRIMARY KEY,"
                             " prefix TEXT NOT NULL UNIQUE,"
                             " digest BLOB NOT NULL,"
                             " name TEXT NOT NULL,"
                             " env TEXT NOT NULL,"
                             " scopes INTEGER NOT NULL,"
                             " rate_count INTEGER NOT NULL,"
                             " rate_seconds INTEGER NOT NULL,"
                             " created INTEGER NOT NULL,"
                             " last_used INTEGER NOT NULL DEFAULT 0,"
                             " revoked INTEGER NOT NULL DEFAULT 0)";

static void finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}
#define auto_statement __attribute__((cleanup(finalize)))

static void unlock(pthread_mutex_t **lock)
{
    pthread_mutex_unlock(*lock);
}
/* Locks the store until the end of the scope. */
#define locked_until_return(keys)                                                                  \
    __attribute__((cleanup(unlock), unused)) pthread_mutex_t *held = &(keys)->lock;                \
    pthread_mutex_lock(held)

static bool db_fail(struct ds_keys *keys, struct ds_why *why)
{
    const char *path = sqlite3_db_filename(keys->db, "main");
    return ds_fail(why, "%s: %s", path == NULL ? "keys.db" : path, sqlite3_errmsg(keys->db));
}

static sqlite3_stmt *prepare(struct ds_keys *keys, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    return sqlite3_prepare_v2(keys->db, sql, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

/*
 * SQLite gives its -wal and -shm files the mode of the database: so that is made 0600 first. One
 * that is there is looked at by name and never opened: closing any descriptor of a file drops the
 * locks that this process's other connections hold on it (fcntl(2),
 * sqlite.org/howtocorrupt.html, 2.2).
 */
static bool make_private(const char *path, struct ds_why *why)
{
    struct stat facts;
    auto_close int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fchmod(fd, 0600) == 0 || ds_fail(why, "%s: chmod: %s", path, strerror(errno));
    if (errno != EEXIST || lstat(path, &facts) != 0)
        return ds_fail(why, "%s: cannot be made: %s", path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return ds_fail(why, "%s: is not a regular file: remove it", path);
    if (facts.st_mode & 077)
        return ds_fail(why, "%s: mode %04o lets others in: chmod 600 %s", path,
                       (unsigned)facts.st_mode & 07777u, path);
    return true;
}

static bool is_ready(struct ds_keys *keys)
{
    return sqlite3_exec(keys->db, schema, NULL, NULL, NULL) == SQLITE_OK &&
           (keys->find = prepare(keys, "SELECT " COLUMNS ", digest FROM keys WHERE prefix = ?1")) !=
               NULL;
}

/*
 * Where two make a new database at once SQLite does not wait for the one that is first: it would
 * have to give up a lock for it, so it answers SQLITE_BUSY at once (sqlite3_busy_handler's
 * documentation). Both begin anew.
 */
static bool make_ready(struct ds_keys *keys)
{
    bool ready = is_ready(keys);
    for (int waited = 0; !ready && waited < BUSY_MS; waited += RETRY_MS) {
        if (sqlite3_errcode(keys->db) != SQLITE_BUSY)
            return false;
        usleep(RETRY_MS * 1000);
        ready = is_ready(keys);
    }
    return ready;
}

struct ds_keys *ds_keys_open(const char *folder, struct ds_why *why)
{
    auto_free char *path = ds_state_path(folder, "keys.db");
    struct ds_keys *keys = calloc(1, sizeof *keys);
    if (path == NULL || keys == NULL) {
        ds_fail(why, "%s: out of memory", folder);
        free(keys);
        return NULL;
    }
    pthread_mutex_init(&keys->lock, NULL);
    if (!make_private(path, why)) {
        ds_keys_close(keys);
        return NULL;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW;
    if (sqlite3_open_v2(path, &keys->db, flags, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(keys->db, BUSY_MS) != SQLITE_OK || !make_ready(keys)) {
        db_fail(keys, why);
        ds_keys_close(keys);
        return NULL;
    }
    return keys;
}

void ds_keys_close(struct ds_keys *keys)
{
    if (keys == NULL)
        return;
    sqlite3_finalize(keys->find);
    sqlite3_close(keys->db);
    pthread_mutex_destroy(&keys->lock);
    free(keys);
}

static void copy_text(sqlite3_stmt *row, int column, char *out, size_t size)
{
    const char *text = (const char *)sqlite3_column_text(row, column);
    snprintf(out, size, "%s", text == NULL ? "" : text);
}

static void read_row(sqlite3_stmt *row, struct ds_key *key)
{
    key->id = sqlite3_column_int64(row, 0);
    copy_text(row, 1, key->prefix, sizeof key->prefix);
    copy_text(row, 2, key->name, sizeof key->name);
    copy_text(row, 3, key->env, sizeof key->env);
    key->scopes = (unsigned)sqlite3_column_int64(row, 4);
    key->rate.count = (uint32_t)sqlite3_column_int64(row, 5);
    key->rate.seconds = (uint32_t)sqlite3_column_int64(row, 6);
    key->created = sqlite3_column_int64(row, 7);
    key->last_used = sqlite3_column_int64(row, 8);
    key->revoked = sqlite3_column_int64(row, 9);
}

static int insert(struct ds_keys *keys, struct ds_key *made, const unsigned char *digest)
{
    auto_statement sqlite3_stmt *row = prepare(
        keys,
        "INSERT INTO keys (prefix, digest, name, env, scopes, rate_count, rate_seconds, created)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");
    if (row == NULL)
        return SQLITE_ERROR;
    sqlite3_bind_text(row, 1, made->prefix, -1, SQLITE_STATIC);
    sqlite3_bind_blob(row, 2, digest, DS_DIGEST_SIZE, SQLITE_STATIC);
    sqlite3_bind_text(row, 3, made->name, -1, SQLITE_STATIC);
    sqlite3_bind_text(row, 4, made->env, -1, SQLITE_STATIC);
    sqlite3_bind_int64(row, 5, made->scopes);
    sqlite3_bind_int64(row, 6, made->rate.count);
    sqlite3_bind_int64(row, 7, made->rate.seconds);
    sqlite3_bind_int64(row, 8, made->created);
    int result = sqlite3_step(row);
    made->id = sqlite3_last_insert_rowid(keys->db);
    return result;
}

bool ds_keys_create(struct ds_keys *keys, const struct ds_key_wish *wish, struct ds_key *made,
                    struct ds_key_text *key, struct ds_why *why)
{
    const char *env = wish->env == NULL ? "dev" : wish->env;
    unsigned char digest[DS_DIGEST_SIZE];
    int result;
    if (!ds_key_name_check("name", wish->name, why) || !ds_key_name_check("environment", env, why))
        return false;
    memset(made, 0, sizeof *made);
    snprintf(made->name, sizeof made->name, "%s", wish->name);
    snprintf(made->env, sizeof made->env, "%s", env);
    made->scopes = wish->scopes == 0 ? (unsigned)DS_SCOPE_DEFAULT : wish->scopes;
    made->rate = wish->rate;
    made->created = time(NULL);

    locked_until_return(keys);
    do { /* A prefix that is taken, one chance in 2^48 a key, gets other random bits. */
        if (!ds_key_generate(key))
            return ds_fail(why, "the system gave no random bits: %s", strerror(errno));
        snprintf(made->prefix, sizeof made->prefix, "%.*s", (int)DS_PREFIX_LENGTH, key->text);
        ds_digest(key->text, DS_KEY_LENGTH, digest);
        result = insert(keys, made, digest);
    } while (result == SQLITE_CONSTRAINT);
    if (result != SQLITE_DONE) {
        secret_wipe(key, sizeof *key);
        return db_fail(keys, why);
    }
    return true;
}

static enum ds_find judge_row(sqlite3_stmt *row, const char *text, struct ds_key *found)
{
    unsigned char digest[DS_DIGEST_SIZE];
    const void *stored = sqlite3_column_blob(row, 10);
    if (stored == NULL || sqlite3_column_bytes(row, 10) != DS_DIGEST_SIZE)
        return DS_FIND_NONE;
    ds_digest(text, DS_KEY_LENGTH, digest);
    if (gnutls_memcmp(stored, digest, DS_DIGEST_SIZE) != 0)
        return DS_FIND_NONE;
    read_row(row, found);
    return found->revoked != 0 ? DS_FIND_REVOKED : DS_FIND_VALID;
}

enum ds_find ds_keys_find(struct ds_keys *keys, const char *text, size_t length,
                          struct ds_key *found, struct ds_why *why)
{
    enum ds_find answer = DS_FIND_NONE;
    if (!ds_key_is_shaped(text, length))
        return DS_FIND_NONE;
    locked_until_return(keys);
    sqlite3_bind_text(keys->find, 1, text, DS_PREFIX_LENGTH, SQLITE_STATIC);
    int result = sqlite3_step(keys->find);
    if (result == SQLITE_ROW)
        answer = judge_row(keys->find, text, found);
    else if (result != SQLITE_DONE)
        answer = DS_FIND_ERROR, db_fail(keys, why);
    /* The reset ends the read transaction, so that the next look-up sees what others committed. */
    sqlite3_reset(keys->find);
    sqlite3_clear_bindings(keys->find);
    return answer;
}

bool ds_keys_revoke(struct ds_keys *keys, const char *prefix, struct ds_why *why)
{
    if (strlen(prefix) > DS_PREFIX_LENGTH)
        return ds_fail(why, "name the key by its first %d characters only", (int)DS_PREFIX_LENGTH);
    locked_until_return(keys);
    auto_statement sqlite3_stmt *row =
        prepare(keys, "UPDATE keys SET revoked = iif(revoked = 0, ?2, revoked) WHERE prefix = ?1");
    if (row == NULL)
        return db_fail(keys, why);
    sqlite3_bind_text(row, 1, prefix, -1, SQLITE_STATIC);
    sqlite3_bind_int64(row, 2, time(NULL));
    if (sqlite3_step(row) != SQLITE_DONE)
        return db_fail(keys, why);
    if (sqlite3_changes(keys->db) == 0)
        return ds_fail(why, "no key has the prefix '%s': see commissioned-devserver key list",
                       prefix);
    return true;
}

bool ds_keys_list(struct ds_keys *keys, void (*each)(const struct ds_key *key, void *data),
                  void *data, struct ds_why *why)
{
    locked_until_return(keys);
    auto_statement sqlite3_stmt *row = prepare(keys, "SELECT " COLUMNS " FROM keys ORDER BY id");
    int result = SQLITE_ERROR;
    struct ds_key key;
    while (row != NULL && (result = sqlite3_step(row)) == SQLITE_ROW) {
        read_row(row, &key);
        each(&key, data);
    }
    return result == SQLITE_DONE || db_fail(keys, why);
}

static bool note_each(struct ds_keys *keys, const struct ds_use *uses, size_t count)
{
    auto_statement sqlite3_stmt *row =
        prepare(keys, "UPDATE keys SET last_used = max(last_used, ?2) WHERE id = ?1");
    for (size_t i = 0; row != NULL && i < count; i++) {
        sqlite3_bind_int64(row, 1, uses[i].id);
        sqlite3_bind_int64(row, 2, uses[i].time);
        if (sqlite3_step(row) != SQLITE_DONE)
            return false;
        sqlite3_reset(row);
    }
    return row != NULL;
}

bool ds_keys_note_uses(struct ds_keys *keys, const struct ds_use *uses, size_t count,
                       struct ds_why *why)
{
    locked_until_return(keys);
    bool done = sqlite3_exec(keys->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK &&
                note_each(keys, uses, count) &&
                sqlite3_exec(keys->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK;
    if (!done) {
        db_fail(keys, why);
        if (!sqlite3_get_autocommit(keys->db))
            sqlite3_exec(keys->db, "ROLLBACK", NULL, NULL, NULL);
    }
    return done;
}
