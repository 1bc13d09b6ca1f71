/*
 * An image that was read before, judged anew: for a process that became another user, who may not
 * read what it was made from.
 *
 * MUST: give no key that the policy gives somebody else. So what the image does not have, for it
 * was read by a process that could not become another user, makes it unusable.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/match.h"
#include "policy/store.h"

/* Why there is nothing of a file; NULL where memory ran out. */
static const char *not_read(struct policy_config *config, const char *file)
{
    struct complaint why = {0};
    char *sentence = arena_alloc(&config->arena, POLICY_MAX_SENTENCE);
    if (sentence == NULL)
        return NULL;
    complain(&why, "let that user read it, and the configuration",
             "was not read before this process became user %u", (unsigned)config->euid);
    sentence_write(sentence, file, 0, &why);
    return sentence;
}

static void take_key(struct policy_config *config, const struct policy_key *from)
{
    struct policy_config_key *key = policy_add_key(config);
    if (key == NULL)
        return;
    *key = (struct policy_config_key){.name = from->name,
                                      .source = POLICY_SOURCE_FILE,
                                      .path = from->source,
                                      .prefix = from->prefix,
                                      .header = from->header,
                                      .error = from->error,
                                      .stale_seconds = from->stale_seconds,
                                      .next = from->next,
                                      .read = true};
    if (key->header == NULL && key->error == NULL)
        key->error = not_read(config, from->source);
}

/* A file of authorities is had as it was read; one that was not makes its rules give nothing. */
static uint32_t take_ca(struct policy_config *config, const struct policy_ca *from)
{
    uint32_t number = 0;
    if (from == NULL)
        return POLICY_NONE;
    while (number < config->ncas && strcmp(config->cas[number].path, from->path) != 0)
        number++;
    if (number < config->ncas)
        return number;
    struct policy_config_ca *ca = policy_add_ca(config);
    if (ca == NULL)
        return POLICY_NONE; /* the arena has failed: there will be no image */
    *ca = (struct policy_config_ca){from->path, from->pem, from->error};
    if (ca->pem == NULL && ca->error == NULL)
        ca->error = not_read(config, from->path);
    return number;
}

static void take_rule(struct policy_config *config, const struct policy_rule *from)
{
    struct policy_config_rule *rule = policy_add_rule(config);
    if (rule == NULL)
        return;
    *rule = (struct policy_config_rule){.place = {from->file, from->line, POLICY_LAYER_SYSTEM},
                                        .name = from->name,
                                        .who = {.uids = from->users, .gids = from->groups},
                                        .host = from->host,
                                        .path = from->path,
                                        .port = from->port,
                                        .methods = from->methods,
                                        .key = from->key,
                                        .existing = from->existing,
                                        .missing = from->missing,
                                        .report = from->report,
                                        .placeholder = from->placeholder,
                                        .trust = {from->verify, take_ca(config, from->ca)},
                                        .covered_by = POLICY_NONE};
}

static void take_denial(struct policy_config *config, const struct policy_denial *from)
{
    struct policy_config_deny *deny = policy_add_deny(config);
    if (deny != NULL)
        *deny = (struct policy_config_deny){.who = {.uids = from->users, .gids = from->groups}};
}

static void take_watch(struct policy_config *config, const struct policy_watch *from)
{
    struct stat st = {.st_dev = from->dev,
                      .st_ino = from->ino,
                      .st_size = from->size,
                      .st_mtim = from->mtime,
                      .st_ctim = from->ctime};
    policy_watch(config, from->path, from->exists ? &st : NULL);
}

static void take_rules(struct policy_config *config, const struct policy_image *image)
{
    bool kept = image->kept_rules != NULL;
    const struct policy_rule *rules = kept ? image->kept_rules : image->rules;
    uint32_t count = kept ? image->nkept_rules : image->nrules;
    for (uint32_t i = 0; i < count; i++)
        take_rule(config, &rules[i]);
    for (uint32_t i = 0; kept && i < image->nkept_denials; i++)
        take_denial(config, &image->kept_denials[i]);
}

static void refuse(struct policy_config *config, const struct policy_image *image)
{
    struct complaint why = {0};
    const char *file = image->nwatches > 0 ? image->watches[0].path : "the configuration";
    complain(&why, "let that user read it",
             "cannot be read, and this process became user %u since it could",
             (unsigned)config->euid);
    policy_find(config, POLICY_ERROR, (struct policy_place){file, 0, POLICY_LAYER_SYSTEM}, &why);
}

struct policy_config *policy_config_again(const struct policy_request *request)
{
    const struct policy_image *image = request->again;
    struct policy_config *config = calloc(1, sizeof *config);
    if (config == NULL)
        return NULL;
    config->exists = true;
    config->denied_by = POLICY_NONE;
    policy_take_ids(config, request);
    config->read_by = image->read_by;
    for (uint32_t i = 0; i < image->nwatches; i++)
        take_watch(config, &image->watches[i]);
    if (image->names_ids && image->kept_rules == NULL) {
        refuse(config, image);
    } else {
        for (uint32_t i = 0; i < image->nkeys; i++)
            take_key(config, &image->keys[i]);
        take_rules(config, image);
        policy_match(config, request);
        config->names_ids = image->names_ids;
        config->names_groups = image->names_groups;
        config->may_change |= image->kept_rules != NULL;
    }
    if (!config->arena.failed)
        return config;
    policy_config_free(config);
    return NULL;
}
