#include "policy/store.h"

#include <stdlib.h>
#include <string.h>

/*
 * Makes room for a zeroed element number `count` in an array that doubles whenever it is full, and
 * returns the array, which may have moved.
 */
static void *grow(struct policy_config *config, void *array, uint32_t count, size_t size)
{
    if ((count & (count - 1)) == 0) {
        array = reallocarray(array, count > 0 ? 2 * (size_t)count : 1, size);
        if (array == NULL) {
            config->arena.failed = true;
            return NULL;
        }
    }
    memset((char *)array + size * count, 0, size);
    return array;
}

struct policy_config_key *policy_add_key(struct policy_config *config)
{
    struct policy_config_key *keys = grow(config, config->keys, config->nkeys, sizeof *keys);
    if (keys == NULL)
        return NULL;
    config->keys = keys;
    return &keys[config->nkeys++];
}

struct policy_config_rule *policy_add_rule(struct policy_config *config)
{
    struct policy_config_rule *rules = grow(config, config->rules, config->nrules, sizeof *rules);
    if (rules == NULL)
        return NULL;
    config->rules = rules;
    return &rules[config->nrules++];
}

struct policy_config_deny *policy_add_deny(struct policy_config *config)
{
    struct policy_config_deny *denies =
        grow(config, config->denies, config->ndenies, sizeof *denies);
    if (denies == NULL)
        return NULL;
    config->denies = denies;
    return &denies[config->ndenies++];
}

struct policy_config_ca *policy_add_ca(struct policy_config *config)
{
    struct policy_config_ca *cas = grow(config, config->cas, config->ncas, sizeof *cas);
    if (cas == NULL)
        return NULL;
    config->cas = cas;
    return &cas[config->ncas++];
}

struct policy_config_file *policy_add_file(struct policy_config *config)
{
    struct policy_config_file *files = grow(config, config->files, config->nfiles, sizeof *files);
    if (files == NULL)
        return NULL;
    config->files = files;
    return &files[config->nfiles++];
}

void policy_find(struct policy_config *config, enum policy_severity severity,
                 struct policy_place place, const struct complaint *why)
{
    char *sentence = arena_alloc(&config->arena, POLICY_MAX_SENTENCE);
    if (sentence == NULL || place.file == NULL)
        return;
    struct policy_finding *findings =
        grow(config, config->findings, config->nfindings, sizeof *findings);
    if (findings == NULL)
        return;
    config->findings = findings;
    sentence_write(sentence, place.file, place.line, why);
    findings[config->nfindings++] = (struct policy_finding){severity, place, sentence};
    config->exists |= severity == POLICY_ERROR;
    if (severity == POLICY_ERROR && config->error == NULL) {
        config->error = sentence;
        config->error_at = place;
    }
}

void policy_watch(struct policy_config *config, const char *path, const struct stat *st)
{
    for (uint32_t i = 0; i < config->nwatches; i++)
        if (strcmp(config->watches[i].path, path) == 0)
            return;
    const char *copy = arena_strdup(&config->arena, path);
    if (copy == NULL)
        return;
    struct policy_watch *watches = grow(config, config->watches, config->nwatches, sizeof *watches);
    if (watches == NULL)
        return;
    config->watches = watches;
    struct policy_watch *watch = &watches[config->nwatches++];
    watch->path = copy;
    if (st == NULL)
        return;
    watch->exists = true;
    watch->dev = st->st_dev;
    watch->ino = st->st_ino;
    watch->size = st->st_size;
    watch->mtime = st->st_mtim;
    watch->ctime = st->st_ctim;
}

static void watch_by_name(struct policy_config *config, const char *path)
{
    struct stat st;
    policy_watch(config, path, stat(path, &st) == 0 ? &st : NULL);
}

void policy_watch_judged(struct policy_config *config, const char *path,
                         const struct safe_file *judged)
{
    config->passing |= judged->passing;
    if (judged->has_st)
        policy_watch(config, path, &judged->st);
    else
        watch_by_name(config, path);
    if (judged->offender[0] != '\0')
        watch_by_name(config, judged->offender);
}
