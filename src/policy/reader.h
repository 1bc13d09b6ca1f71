/*
 * policy/reader.h - from libconfig's settings to the structs of policy/config.h. For src/policy
 * alone.
 *
 * A reader belongs to one file. Everything it takes is copied into the config's arena, for
 * libconfig's tree is gone once the file is read. What is wrong becomes a finding; the reader goes
 * on, so that a person sees all of it at once. Memory that runs out sets config->arena.failed;
 * check once at the end.
 */
#ifndef COMMISSIONED_POLICY_READER_H
#define COMMISSIONED_POLICY_READER_H

#include <libconfig.h>

#include "policy/config.h"
#include "policy/sentence.h"
#include "policy/store.h"
#include "policy/strmap.h"
#include "policy/url.h"

/* What the files of one layer share. */
struct policy_names {
    struct strmap keys;
    struct strmap rules;
    uint32_t first_rule; /* of the layer, in config->rules */
    bool has_simple;
    struct policy_place simple_at;
};

struct policy_reader {
    struct policy_config *config;
    struct policy_names *names;
    const char *file;
    enum policy_layer layer;
    bool holds_key;        /* an api_key was read ... */
    uint32_t holds_key_at; /* ... on this line */
    bool closes_users;     /* user_config = false */

    /* What the file's rules have unless they say otherwise. */
    enum policy_existing existing;
    enum policy_missing missing;
    enum policy_report report;
    struct policy_trust trust;
    const char *placeholder;

    const struct policy_scope *origins; /* extra_origins */
    size_t norigins;
};

/* Reads the whole file's tree. */
void policy_read_root(struct policy_reader *reader, const config_setting_t *root);
void policy_read_keys(struct policy_reader *reader, const config_setting_t *list);
void policy_read_simple_key(struct policy_reader *reader, const config_setting_t *root);
void policy_read_rules(struct policy_reader *reader, const config_setting_t *list);
void policy_read_denies(struct policy_reader *reader, const config_setting_t *list);

/* The settings existing, missing, report and placeholder of a rule, or
 * of the file for its rules. */
void policy_read_ways(struct policy_reader *reader, const config_setting_t *group,
                      enum policy_existing *existing, enum policy_missing *missing,
                      enum policy_report *report, const char **placeholder);

/* The settings verify and ca_file of a rule, or of the file for its rules. */
void policy_read_trust(struct policy_reader *reader, const config_setting_t *group,
                       struct policy_trust *trust);

/* Reads the files that rules name, those that match or all. */
void policy_read_cas(struct policy_config *config, bool all);

/* The scope of `url` in the group, or the whole of Commissioned's origin; false after a finding. */
bool policy_read_scope(struct policy_reader *reader, const config_setting_t *group,
                       struct policy_scope *scope);

/* A key of the layer by this name; a second of the same name is a finding. */
uint32_t policy_name_key(struct policy_reader *reader, const char *name, uint32_t line,
                         enum policy_source source);

/* Notes the name of the rule that is added next; a second of the same name is a finding. */
bool policy_name_rule(struct policy_reader *reader, const char *name, uint32_t line);

/* ---- policy/setting.c: one setting of a group ------------------------------------------------ */

/* The setting of that name, or NULL; four times as fast as libconfig's, which also reads paths. */
config_setting_t *setting_member(const config_setting_t *group, const char *name);

uint32_t setting_line(const config_setting_t *setting);
void setting_error(struct policy_reader *reader, uint32_t line, const char *remedy,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Every setting of the group is one of `names` (which ends in NULL), or a finding. */
void setting_expect(struct policy_reader *reader, const config_setting_t *group,
                    const char *const *names);

/* A copy of a string, or NULL: not there (*line 0) or a finding. An empty string is a finding. */
const char *setting_string(struct policy_reader *reader, const config_setting_t *group,
                           const char *name, uint32_t *line);

/* The strings of an array or a list (numbers become strings), or NULL as above. */
const char *const *setting_strings(struct policy_reader *reader, const config_setting_t *group,
                                   const char *name, uint32_t *line);

/* The place of a string among `words`, which ends in NULL; `otherwise` where it is not there. */
int setting_word(struct policy_reader *reader, const config_setting_t *group, const char *name,
                 const char *const *words, int otherwise);

bool setting_bool(struct policy_reader *reader, const config_setting_t *group, const char *name,
                  bool otherwise);

/* Seconds of "90d", "5m" and the like, at most `most`; 0 where it is not there. */
int64_t setting_duration(struct policy_reader *reader, const config_setting_t *group,
                         const char *name, int64_t most);

/* A name: up to 32 letters, digits, '.', '_' or '-'; else a finding and NULL. */
const char *setting_name(struct policy_reader *reader, const config_setting_t *group,
                         uint32_t *line);

/* Whether a text can be a name. Pure. */
bool policy_is_name(const char *text);

/* An absolute path, else a finding and NULL. */
const char *setting_path(struct policy_reader *reader, const config_setting_t *group,
                         const char *name, uint32_t *line);

/* The elements of a list of groups; false after a finding. */
bool setting_groups(struct policy_reader *reader, const config_setting_t *list, const char *what);

/* ---- policy/file.c and policy/layers.c ------------------------------------------------------- */

enum policy_file_result {
    POLICY_FILE_READ,
    POLICY_FILE_ABSENT,
    POLICY_FILE_NO_ACCESS, /* the caller decides whether that is a finding; *why says it */
    POLICY_FILE_BAD,       /* there are findings */
};

/* Judges, guards and reads one file into the config. reader->file is its path. */
enum policy_file_result policy_read_file(struct policy_reader *reader, struct complaint *why);

#endif
