/*
 * policy/config.h - the policy as it is written, before it is boiled down to one process's image.
 *
 * The module reads it, keeps what matches the asking process and packs that (policy_image.h). The
 * command reads it too, and shows the rest: rules that do not match and why, what is wrong and
 * where.
 *
 * Shape:     plain structs; every pointer and string in them belongs to the policy_config. A list
 *            of strings ends in NULL; a list that was not written is NULL.
 * Ownership: policy_config_free wipes and frees all of it.
 * Errors:    NULL or false where memory ran out, nothing else; what is wrong with the policy is
 *            among the findings.
 * Threads:   any thread, each its own policy_config.
 * Secrets:   `value` and `header` of a key hold it. Show nobody but `prefix`.
 *
 * Typical use:
 *     struct policy_config *config = policy_config_read(&request);
 *     policy_config_check(config);                                (for the warnings)
 *     policy_config_read_keys(config, &request, POLICY_KEYS_ALL);
 *     ... config->findings, config->rules ...
 *     policy_config_free(config);
 */
#ifndef COMMISSIONED_POLICY_CONFIG_H
#define COMMISSIONED_POLICY_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "commissioned/policy_image.h"
#include "policy/arena.h"

struct asker;
struct safe_file;

/* From the most to the least specific: rules stand in this order, the first that matches wins. */
enum policy_layer {
    POLICY_LAYER_ENVIRONMENT, /* the file that $COMMISSIONED_AUTH_CONFIG names */
    POLICY_LAYER_USER,
    POLICY_LAYER_SYSTEM, /* the system's file, then its conf.d */
    POLICY_LAYERS,
};

struct policy_place {
    const char *file;
    uint32_t line; /* from 1; 0: the file as a whole */
    enum policy_layer layer;
};

/* Whom a rule or a denial is for. NULL: anybody. */
struct policy_who {
    const char *const *programs; /* paths, or patterns: match_path.h */
    const char *const *scripts;
    const char *const *users; /* names or numbers */
    const char *const *groups;

    /* Set by policy_config_read: the numbers of users and groups, as in policy_image.h, ... */
    const uint32_t *uids;
    const uint32_t *gids;
    bool may_concern; /* ... and whether it may be for the program and script that ask */
};

/* Why a rule is not for the asking process. */
enum policy_mismatch {
    POLICY_MATCHES,
    POLICY_OTHER_PROGRAM,
    POLICY_OTHER_SCRIPT,
    POLICY_OTHER_USER,
    POLICY_OTHER_GROUP,
    POLICY_UNKNOWN_PROGRAM, /* what cannot be known matches no rule ... */
    POLICY_UNKNOWN_SCRIPT,
    POLICY_UNKNOWN_USER,
    POLICY_UNKNOWN_GROUP,
};

enum policy_source {
    POLICY_SOURCE_FILE,        /* file = "/..." */
    POLICY_SOURCE_CREDENTIAL,  /* credential = "NAME", below $CREDENTIALS_DIRECTORY */
    POLICY_SOURCE_DOTENV,      /* dotenv = "/...", variable = "NAME" */
    POLICY_SOURCE_ENVIRONMENT, /* environment = "NAME", the process's own */
    POLICY_SOURCE_INLINE,      /* api_key = "..." */
};

/* The setting that names such a source; NULL behind the last. */
const char *policy_source_setting(enum policy_source source);

/* True where the key is in a file, which is judged when it is read. */
bool policy_source_is_file(enum policy_source source);

struct policy_config_key {
    struct policy_place place;
    const char *name;
    enum policy_source source;
    const char *location; /* the file, the credential or the variable; NULL for INLINE */
    const char *variable; /* of DOTENV; else NULL */
    const char *shown; /* "$NAME" where no file's name tells a person where the key is, or NULL */
    const char *value; /* SECRET, of INLINE; else NULL */
    size_t value_length;
    uint32_t next;          /* the key of `next`, which has no rule of its own, or POLICY_NONE */
    bool is_next;           /* it was written as the `next` of another */
    bool used;              /* a rule names it (set by policy_config_read) */
    uint32_t stale_seconds; /* as in policy_image.h */
    int64_t rotate_after_seconds; /* 0: not said */

    /* Set by policy_config_read_keys: either header and prefix, or error. */
    bool read;
    bool absent;           /* the error is that nothing is there */
    const char *path;      /* the file that was read, links not followed, or NULL */
    const char *prefix;    /* identifies the key to a person */
    const char *header;    /* SECRET: "Authorization: Bearer KEY" */
    const char *error;     /* one sentence */
    struct timespec mtime; /* of the file, for its age; 0 where there is none */
};

/* A file that takes the place of the system's certificate authorities. */
struct policy_config_ca {
    const char *path;
    const char *pem;   /* set by policy_config_read_keys: its content ... */
    const char *error; /* ... or one sentence */
};

struct policy_trust {
    enum policy_verify verify;
    uint32_t ca; /* index, or POLICY_NONE */
};

struct policy_config_rule {
    struct policy_place place;
    const char *name; /* "default" in the simple form */
    struct policy_who who;
    const char *host; /* as in policy_image.h, as are path, port and methods */
    const char *path;
    uint16_t port;
    const char *const *methods;
    const char *key_name;
    uint32_t key; /* index; POLICY_NONE where the policy has an error about it */
    enum policy_existing existing;
    enum policy_missing missing;
    enum policy_report report;
    struct policy_trust trust;
    const char *placeholder;
    bool simple; /* made of api_key or key_file at top level: the last rule of its layer */
    enum policy_mismatch mismatch; /* for the process of the request */
    uint32_t covered_by; /* the earlier rule that leaves nothing to this one, or POLICY_NONE
                            (set by policy_config_check) */
};

struct policy_config_deny {
    struct policy_place place;
    struct policy_who who;
    enum policy_mismatch mismatch;
    enum policy_mismatch doubt; /* ... and every denial: what is not known; or POLICY_MATCHES */
};

/* An entry of extra_origins. */
struct policy_config_origin {
    const struct policy_config_origin *next; /* in the order of reading */
    struct policy_place place;
    const char *url;
};

enum policy_severity {
    POLICY_ERROR, /* the policy cannot be used */
    POLICY_WARNING,
};

struct policy_finding {
    enum policy_severity severity;
    struct policy_place place;
    const char *sentence; /* "FILE:LINE: fact: remedy", at most 255 bytes */
};

/* A file that was looked for, in the order of looking. */
struct policy_config_file {
    const char *path;
    enum policy_layer layer;
    bool found;
    bool closed; /* not read, for the system's policy says user_config = false */
    bool theirs; /* not read, for somebody else could have put it there */
};

struct policy_config {
    struct policy_config_key *keys;
    struct policy_config_rule *rules; /* in the order of deciding */
    struct policy_config_deny *denies;
    struct policy_config_ca *cas;
    struct policy_finding *findings; /* in the order of finding */
    struct policy_config_file *files;
    struct policy_watch *watches;
    uint32_t nkeys;
    uint32_t nrules;
    uint32_t ndenies;
    uint32_t ncas;
    uint32_t nfindings;
    uint32_t nfiles;
    uint32_t nwatches;
    const struct policy_config_origin *origins;

    bool exists;        /* some configuration file was found, good or bad */
    bool has_drop_ins;  /* conf.d is there, maybe with nothing in it */
    uint32_t denied_by; /* the denial that is for the asking process, or POLICY_NONE */
    const char *error;  /* the first error's sentence, or NULL; also where denied_by is set */
    struct policy_place error_at;
    uid_t euid; /* of the asking process */
    gid_t egid;
    const gid_t *groups;
    size_t ngroups;
    bool user_known; /* the ids are not what stands for any that has no number here */
    bool groups_known;
    const struct asker *asker; /* which program it is, and what it interprets */
    bool names_ids;            /* something that may concern it is for users or groups ... */
    bool names_groups;
    bool may_change; /* the process can become another user */
    uid_t read_by;   /* whose rights the files are read with */
    bool passing;    /* as in policy_image.h */

    struct safe_file *scratch; /* for one file at a time */
    struct arena arena;        /* what the pointers above point into; the arrays are malloc'ed */
};

/* Reads every layer, judges its files, matches its rules. No key is read yet, except those written
 * inline. */
struct policy_config *policy_config_read(const struct policy_request *request);

/* The same from request->again, whose rules and denials are judged anew. */
struct policy_config *policy_config_again(const struct policy_request *request);

enum policy_keys {
    POLICY_KEYS_MATCHING, /* those of rules that match, and their next */
    POLICY_KEYS_ALL,
};

/* Reads keys from their sources, and the ca_file of the same rules. What cannot be had has its
 * `error`; that is not a finding. */
bool policy_config_read_keys(struct policy_config *config, const struct policy_request *request,
                             enum policy_keys which);

/*
 * Adds the warnings that only a person needs: rules that an earlier one covers, keys that no rule
 * uses. A rule is compared with the first 32 earlier ones of each scope that holds its own.
 */
bool policy_config_check(struct policy_config *config);

/* Whether the error of the key `number` is one that no finding and no earlier key's error says. */
bool policy_key_error_is_new(const struct policy_config *config, uint32_t number);

/* Packs what is for the asking process; NULL where memory ran out. Read the keys first. */
struct policy_image *policy_config_pack(const struct policy_config *config);

void policy_config_free(struct policy_config *config);

/* "is for other programs" and so on, to follow the name of a rule; "" for POLICY_MATCHES. */
const char *policy_mismatch_text(enum policy_mismatch mismatch);

/* "when-needed", "always", "never". */
const char *policy_verify_name(enum policy_verify verify);
/* As they are written in a configuration. */
const char *policy_existing_name(enum policy_existing existing);
const char *policy_missing_name(enum policy_missing missing);
const char *policy_report_name(enum policy_report report);

/* "environment", "user", "system". */
const char *policy_layer_name(enum policy_layer layer);

#endif
