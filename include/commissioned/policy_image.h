/*
 * policy_image.h - the one thing that crosses from the policy module to the preloaded library.
 *
 * Shape:     one private anonymous mapping of `size` bytes. Every pointer in it points into the
 *            mapping itself, every string ends in NUL. No heap of either C library is involved.
 * Ownership: the policy module makes it (commissioned_policy_build) and hands it over whole; the
 *            receiver gives it back with policy_image_free, which wipes it. After the hand-over
 *            nobody writes to it: it is mapped read-only, kept out of core dumps (madvise(2),
 *            MADV_DONTDUMP) and locked in memory (mlock(2)) where that takes nothing of the
 *            process's RLIMIT_MEMLOCK.
 * Threads:   immutable, so any thread may read it while somebody keeps it alive.
 * Errors:    a policy that cannot be used is still an image: `error` says why, in one sentence.
 */
#ifndef COMMISSIONED_POLICY_IMAGE_H
#define COMMISSIONED_POLICY_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Raised whenever a struct in this file changes: library and module of different builds refuse each
 * other. */
#define POLICY_IMAGE_ABI 4u

/* The origin that every key belongs to, in the spelling that libcurl gives an URL (RFC
 * 3986, 6.2.2). */
#define COMMISSIONED_HOST   "app.commissioned.tech"
#define COMMISSIONED_ORIGIN "https://" COMMISSIONED_HOST
#define COMMISSIONED_PORT   443

/* An index into one of the arrays below, or none. */
#define POLICY_NONE UINT32_MAX

/* In a list of ids: its end, and a name that could not be looked up, so
 * that it may be anybody's. */
#define POLICY_ID_END     UINT32_MAX
#define POLICY_ID_UNKNOWN (UINT32_MAX - 1)

/* Limits, in the unit named. A policy that passes one is refused with a sentence. */
enum {
    POLICY_MAX_FILE = 8 * 1024 * 1024, /* bytes of one configuration file */
    POLICY_MAX_KEYFILE = 64 * 1024,    /* bytes of one key file */
    POLICY_MAX_KEY = 4096,             /* bytes of one key */
    POLICY_MAX_CAFILE = 1024 * 1024,   /* bytes of one ca_file */
    POLICY_MAX_KEYS = 1024,
    POLICY_MAX_RULES = 16384,
    POLICY_MAX_SENTENCE = 256, /* bytes of a sentence with its NUL: libcurl's CURL_ERROR_SIZE */
    /* Characters of a key that may be shown: past a marker such as "csk_dev_", never over a
       quarter. */
    POLICY_PREFIX_LENGTH = 12,
};

/* What to do with an Authorization header that is in the application's own list. */
enum policy_existing {
    POLICY_EXISTING_KEEP,        /* it stays, and no key is added */
    POLICY_EXISTING_PLACEHOLDER, /* it is replaced where its value is the rule's placeholder, else
                                    kept */
    POLICY_EXISTING_REPLACE,     /* it is replaced */
};

/* What to do with a request that should get a key when there is none to give. */
enum policy_missing {
    POLICY_MISSING_FAIL, /* fail it with the key's sentence */
    POLICY_MISSING_PASS, /* send it without: the server will answer 401 */
};

/* Which decisions get a line in the journal. */
enum policy_report {
    POLICY_REPORT_NONE,
    POLICY_REPORT_DENIED,
    POLICY_REPORT_ALL,
};

/* When the library itself verifies the peer's certificate. */
enum policy_verify {
    POLICY_VERIFY_WHEN_NEEDED, /* where libcurl did not, or may not have */
    POLICY_VERIFY_ALWAYS,
    POLICY_VERIFY_NEVER, /* no key where libcurl did not */
};

/* What takes the place of the system's certificate authorities. */
struct policy_ca {
    const char *path;
    const char *pem;   /* the file's content; NULL where it cannot be had */
    const char *error; /* why: file, fact, remedy; else NULL */
};

struct policy_key {
    const char *name;       /* as the policy names it; "api_key" or "key_file" in the simple form */
    const char *prefix;     /* identifies the key to a person; NULL where there is no key */
    const char *header;     /* "Authorization: Bearer KEY"; NULL where there is no key */
    const char *error;      /* why `header` is NULL: file, fact, remedy; else NULL */
    const char *source;     /* the file (or "$VARIABLE") it came from */
    uint32_t stale_seconds; /* how long the last good key may serve once it cannot be had; 0: not */
    uint32_t next; /* the key that takes over once the server answered 401 to this one, or NONE */
};

struct policy_rule {
    const char *name;
    const char *file; /* where it was written, and ... */
    uint32_t line;    /* ... on which line, from 1 */
    uint32_t key;     /* index of its key; never NONE */

    /* The scope: an https origin and a path, compared by whole segments. */
    const char *host; /* lower case, no trailing dot */
    const char *path; /* begins with '/', has no dot segment and no trailing '/' unless it is "/" */
    uint16_t port;
    uint16_t path_len;          /* strlen(path) */
    const char *const *methods; /* upper case, ends in NULL; NULL allows every method */

    enum policy_existing existing;
    enum policy_missing missing;
    enum policy_report report;
    enum policy_verify verify;
    const struct policy_ca *ca; /* NULL: the system's authorities count */
    /* the whole header value, such as "Bearer unused"; NULL unless PLACEHOLDER */
    const char *placeholder;

    const uint32_t *users; /* for these effective users alone; NULL: for any */
    const uint32_t *groups;
};

/* No key for these users or groups, whatever the rules say. */
struct policy_denial {
    const uint32_t *users;
    const uint32_t *groups;
};

/* An origin that some rule names; the scheme is always https. */
struct policy_origin {
    const char *host;
    uint16_t port;
};

/*
 * Rules are found by (host, port, path): `slots` is an open-addressing table, a power of two in
 * size, keyed by policy_scope_hash. A slot names the first rule of that scope in `order`; rules of
 * one scope are linked in policy order by `chain`.
 */
struct policy_index {
    const uint32_t *slots; /* rule number of the first rule of a scope, or NONE */
    const uint32_t *chain; /* per rule: the next one of the same scope, or NONE */
    uint32_t nslots; /* a power of two, at least twice the number of scopes; 0 without rules */
    uint32_t max_path_len; /* of any rule: longer prefixes of a request's path need no look-up */
};

/* A file the image was made from. When one of these no longer holds, the image is out of date. */
struct policy_watch {
    const char *path;
    bool exists; /* false: the image was made because nothing was there */
    dev_t dev;
    ino_t ino;
    off_t size;
    struct timespec mtime;
    struct timespec ctime;
};

struct policy_image {
    uint32_t abi; /* POLICY_IMAGE_ABI */
    uint32_t nrules;
    uint32_t nkeys;
    uint32_t nwatches;
    uint32_t norigins;
    size_t size; /* of the mapping, in bytes */

    const struct policy_rule *rules; /* in policy order: the first that matches wins */
    const struct policy_key *keys;
    const struct policy_watch *watches;
    const struct policy_origin *origins; /* distinct, sorted by strcmp of the host, then by port */
    struct policy_index index;

    /*
     * Set: the policy cannot be used. Then there is one rule, for the whole Commissioned origin,
     * whose key has this sentence as its error: what would have got a key fails, the rest passes.
     */
    const char *error;

    /*
     * Something could not be read for a reason that has to do with the moment and not with the
     * files (passing.h): what the image says of them holds for now alone.
     */
    bool passing;

    uid_t euid; /* whom it was made for: another effective user needs another image, ... */
    gid_t egid;
    uint64_t groups;   /* ... and so do other groups (ids.h) ... */
    bool names_groups; /* ... where something in the policy is for groups */
    uid_t read_by;     /* whose rights the files were read with */

    /*
     * What may be for this program as another user: all the rules that `rules` were taken from, in
     * the same order, and the denials. Only of a process that can become another user, and NULL
     * where nothing is for users or groups: then `rules` are for anybody.
     */
    const struct policy_rule *kept_rules;
    const struct policy_denial *kept_denials;
    uint32_t nkept_rules;
    uint32_t nkept_denials;
    bool names_ids; /* something is for users or groups */
};

/*
 * The hash of a scope, 32-bit FNV-1a (draft-eastlake-fnv) over host, port and path: made by the
 * policy module, made again at every hop. policy_hash_byte lets a reader of a path have the hash of
 * each of its prefixes in one pass.
 */
static inline uint32_t policy_hash_byte(uint32_t hash, unsigned char byte)
{
    return (hash ^ byte) * 16777619u;
}

/* The hash of an origin, to be continued with the bytes of the path. Pure. */
uint32_t policy_origin_hash(const char *host, uint16_t port);

/* The two together. `path` need not end in NUL. Pure. */
uint32_t policy_scope_hash(const char *host, uint16_t port, const char *path, size_t path_len);

/* Wipes and unmaps. NULL is fine. errno is kept. */
void policy_image_free(struct policy_image *image);

/*
 * An image for a policy that cannot be used: one rule for the whole Commissioned origin, whose key
 * is missing because of `sentence`. `file` is where the trouble is. NULL where memory ran out.
 * errno is kept.
 */
struct policy_image *policy_image_error(const char *file, const char *sentence);

/* True while every watched file is as it was. One stat(2) per watch. errno is kept. */
bool policy_image_current(const struct policy_image *image);

/*
 * True where a watched file is seen to be another or gone. One that this process may not look at
 * (EACCES, EPERM) shows nothing. errno is kept.
 */
bool policy_image_seen_to_change(const struct policy_image *image);

/* True where a watched file that was there is gone. errno is kept. */
bool policy_image_seen_to_go(const struct policy_image *image);

/* ---- the policy module's one entry ----------------------------------------------------------- */

/* Who asks, and where to look. Strings belong to the caller and are read only during the call. */
struct policy_request {
    uint32_t abi;         /* POLICY_IMAGE_ABI */
    const char *env_file; /* $COMMISSIONED_AUTH_CONFIG, or NULL (always NULL under AT_SECURE) */
    /* the user's own file, or NULL where no home is known or under AT_SECURE */
    const char *user_file;
    const char *system_file; /* /etc/commissioned-auth/commissioned-auth.conf; tests name another */
    /*
     * The process itself asks: the module finds out which program it is, how it was called and what
     * it interprets. Else the next ones say so.
     */
    bool self;
    const char *interpreter; /* with `self`: see interprets.h */
    const char *program;     /* absolute path of the executable, or NULL: it is not known */
    const char *called;      /* another name that it was started by, absolute, or NULL */
    const char *credentials; /* $CREDENTIALS_DIRECTORY, or NULL */
    const char *env_key;     /* the process's own COMMISSIONED_API_KEY, or NULL */
    const char *env_openai;  /* the process's own OPENAI_API_KEY, or NULL */
    const char *script;      /* what an interpreter runs, absolute; NULL: nothing, or ... */
    bool script_unknown;     /* ... it is not known what */
    const uid_t *euid;       /* effective ids: NULL for those of the process */
    const gid_t *egid;
    /* supplementary groups, `ngroups` of them; NULL for those of the process */
    const gid_t *groups;
    size_t ngroups;
    bool groups_unknown; /* who asks has groups that nobody has said */

    /*
     * Set: no file is read. The image is made of this one, whose rules and denials are judged anew
     * for the ids of now.
     */
    const struct policy_image *again;
};

/*
 * commissioned_policy_build - reads the policy and every key it names into a new image.
 *
 * Returns NULL only where there is no configuration at all, not even a folder for one, or memory
 * ran out, or where library and module are of different builds; a configuration that cannot be used
 * gives an image with `error` set. May be called from any thread, one at a time. Keeps errno's and
 * the locale's state of the C library it is linked to.
 */
typedef struct policy_image *policy_build_function(const struct policy_request *request);
extern policy_build_function commissioned_policy_build;

#endif
