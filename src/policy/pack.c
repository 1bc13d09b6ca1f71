/*
 * From the policy as it is written to the image of one process.
 *
 * The image is laid out twice by the same code: first without memory, to learn its size, then into
 * one mapping of exactly that size.
 */
#include <errno.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/ids.h"
#include "policy/config.h"
#include "policy/index.h"
#include "policy/memory_lock.h"
#include "policy/selection.h"

struct packer {
    char *base; /* NULL while only the size is wanted */
    size_t used;
};

static void *take(struct packer *packer, size_t size, size_t align)
{
    packer->used = (packer->used + align - 1) & ~(align - 1);
    void *place = packer->base != NULL ? packer->base + packer->used : NULL;
    packer->used += size;
    return place;
}

static const char *pack_string(struct packer *packer, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t size = strlen(text) + 1;
    char *copy = take(packer, size, 1);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

static const char *const *pack_strings(struct packer *packer, const char *const *texts)
{
    if (texts == NULL)
        return NULL;
    size_t count = 0;
    while (texts[count] != NULL)
        count++;
    const char **copies = take(packer, (count + 1) * sizeof *copies, alignof(char *));
    for (size_t i = 0; i < count; i++) {
        const char *copy = pack_string(packer, texts[i]);
        if (copies != NULL)
            copies[i] = copy;
    }
    return copies; /* the mapping is zeroed, so NULL ends it */
}

static const char *source_text(const struct policy_config_key *key)
{
    if (key->shown != NULL)
        return key->shown;
    return key->path != NULL ? key->path : key->place.file;
}

static const struct policy_key *pack_keys(struct packer *packer, const struct selection *chosen)
{
    struct policy_key *keys =
        take(packer, chosen->nkeys * sizeof *keys, alignof(struct policy_key));
    for (uint32_t i = 0; i < chosen->nkeys; i++) {
        const struct policy_config_key *key = chosen->keys[i];
        struct policy_key packed = {
            .name = pack_string(packer, key->name),
            .prefix = pack_string(packer, key->prefix),
            .header = pack_string(packer, key->header),
            .error = pack_string(packer, key->error),
            .source = pack_string(packer, source_text(key)),
            .stale_seconds = key->stale_seconds,
            .next = key->next != POLICY_NONE ? chosen->key_number[key->next] : POLICY_NONE,
        };
        if (keys != NULL)
            keys[i] = packed;
    }
    return keys;
}

/* Neighbours mostly share these strings: the same text is packed once in a row. */
static const char *pack_shared(struct packer *packer, const char *text, const char **last,
                               const char **last_packed)
{
    if (*last == NULL || strcmp(*last, text) != 0) {
        *last = text;
        *last_packed = pack_string(packer, text);
    }
    return *last_packed;
}

static const struct policy_ca *pack_ca(struct packer *packer, const struct policy_config *config,
                                       const struct selection *chosen, uint32_t number)
{
    if (number == POLICY_NONE)
        return NULL;
    const struct policy_config_ca *ca = &config->cas[number];
    struct policy_ca packed = {.path = ca->path};
    if (chosen->cas[number].done)
        return chosen->cas[number].place;
    struct policy_ca *place = take(packer, sizeof *place, alignof(struct policy_ca));
    packed.path = pack_string(packer, ca->path);
    packed.pem = pack_string(packer, ca->pem);
    packed.error = pack_string(packer, ca->error);
    if (place != NULL)
        *place = packed;
    chosen->cas[number] = (struct packed_ca){true, place};
    return place;
}

/* NULL for NULL. */
static const uint32_t *pack_ids(struct packer *packer, const uint32_t *ids)
{
    size_t count = 1;
    if (ids == NULL)
        return NULL;
    while (ids[count - 1] != POLICY_ID_END)
        count++;
    uint32_t *copy = take(packer, count * sizeof *copy, alignof(uint32_t));
    return copy != NULL ? memcpy(copy, ids, count * sizeof *copy) : NULL;
}

static const struct policy_rule *pack_rules(struct packer *packer,
                                            const struct policy_config *config,
                                            const struct selection *chosen,
                                            const struct policy_config_rule *const *from,
                                            uint32_t count)
{
    struct policy_rule *rules = take(packer, count * sizeof *rules, alignof(struct policy_rule));
    const char *file = NULL, *host = NULL, *packed_file = NULL, *packed_host = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const struct policy_config_rule *rule = from[i];
        struct policy_rule packed = {
            .name = pack_string(packer, rule->name),
            .file = pack_shared(packer, rule->place.file, &file, &packed_file),
            .line = rule->place.line,
            .key = chosen->key_number[rule->key],
            .host = pack_shared(packer, rule->host, &host, &packed_host),
            .path = pack_string(packer, rule->path),
            .port = rule->port,
            .path_len = (uint16_t)strlen(rule->path),
            .methods = pack_strings(packer, rule->methods),
            .existing = rule->existing,
            .missing = rule->missing,
            .report = rule->report,
            .verify = rule->trust.verify,
            .ca = pack_ca(packer, config, chosen, rule->trust.ca),
            .placeholder = pack_string(packer, rule->placeholder),
            .users = pack_ids(packer, rule->who.uids),
            .groups = pack_ids(packer, rule->who.gids),
        };
        if (rules != NULL)
            rules[i] = packed;
    }
    return rules;
}

/* Those that may be for this program; with the rules that are kept, or not at all. */
static const struct policy_denial *pack_denials(struct packer *packer,
                                                const struct policy_config *config, uint32_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < config->ndenies; i++)
        *count += config->denies[i].who.may_concern;
    struct policy_denial *denials =
        take(packer, *count * sizeof *denials, alignof(struct policy_denial));
    for (uint32_t i = 0, at = 0; i < config->ndenies; i++) {
        const struct policy_who *who = &config->denies[i].who;
        if (!who->may_concern)
            continue;
        struct policy_denial packed = {pack_ids(packer, who->uids), pack_ids(packer, who->gids)};
        if (denials != NULL)
            denials[at++] = packed;
    }
    return denials;
}

static const struct policy_watch *pack_watches(struct packer *packer,
                                               const struct policy_config *config)
{
    struct policy_watch *watches =
        take(packer, config->nwatches * sizeof *watches, alignof(struct policy_watch));
    for (uint32_t i = 0; i < config->nwatches; i++) {
        struct policy_watch packed = config->watches[i];
        packed.path = pack_string(packer, packed.path);
        if (watches != NULL)
            watches[i] = packed;
    }
    return watches;
}

static const struct policy_origin *pack_origins(struct packer *packer,
                                                const struct selection *chosen)
{
    struct policy_origin *origins =
        take(packer, chosen->norigins * sizeof *origins, alignof(struct policy_origin));
    for (uint32_t i = 0; i < chosen->norigins; i++) {
        struct policy_origin packed = {pack_string(packer, chosen->origins[i].host),
                                       chosen->origins[i].port};
        if (origins != NULL)
            origins[i] = packed;
    }
    return origins;
}

/* Lays the image out from packer->used on. Nothing is written while packer->base is NULL. */
static struct policy_image lay_out(struct packer *packer, const struct policy_config *config,
                                   const struct selection *chosen, const char *error)
{
    struct policy_image *head = take(packer, sizeof *head, alignof(struct policy_image));
    struct policy_image image = {
        .abi = POLICY_IMAGE_ABI,
        .nrules = chosen->nrules,
        .nkeys = chosen->nkeys,
        .nwatches = config->nwatches,
        .norigins = chosen->norigins,
        .euid = config->euid,
        .egid = config->egid,
        .groups = ids_sum(config->groups, config->ngroups),
        .read_by = config->read_by,
        .names_ids = config->names_ids,
        .names_groups = config->names_groups,
        .passing = config->passing,
    };
    for (uint32_t i = 0; i < config->ncas && chosen->cas != NULL; i++)
        chosen->cas[i].done = false;
    image.rules = pack_rules(packer, config, chosen, chosen->rules, chosen->nrules);
    if (chosen->kept != NULL) {
        image.nkept_rules = chosen->nkept;
        image.kept_rules = pack_rules(packer, config, chosen, chosen->kept, chosen->nkept);
        image.kept_denials = pack_denials(packer, config, &image.nkept_denials);
    }
    image.keys = pack_keys(packer, chosen);
    image.watches = pack_watches(packer, config);
    image.origins = pack_origins(packer, chosen);
    image.error = pack_string(packer, error);
    image.index.nslots = policy_index_slots(chosen->nrules);
    uint32_t *slots = take(packer, image.index.nslots * sizeof *slots, alignof(uint32_t));
    uint32_t *chain = take(packer, chosen->nrules * sizeof *chain, alignof(uint32_t));
    if (slots != NULL)
        policy_index_fill(&image, slots, chain);
    image.size = packer->used;
    if (head != NULL)
        *head = image;
    return image;
}

static struct policy_image *pack(const struct policy_config *config, const struct selection *chosen,
                                 const char *error)
{
    struct packer packer = {0};
    lay_out(&packer, config, chosen, error);
    size_t size = packer.used;
    void *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping == MAP_FAILED)
        return NULL;
    madvise(mapping, size, MADV_DONTDUMP);
    memory_lock(mapping, size);
    packer = (struct packer){.base = mapping};
    lay_out(&packer, config, chosen, error);
    if (mprotect(mapping, size, PROT_READ) != 0) {
        policy_image_free(mapping);
        return NULL;
    }
    return mapping;
}

static void free_selection(struct selection *chosen)
{
    free(chosen->rules);
    free(chosen->kept);
    free(chosen->keys);
    free(chosen->key_number);
    free(chosen->origins);
    free(chosen->cas);
}

/* One rule for all that may have got a key, with the sentence for a key. */
static struct policy_image *pack_error(const struct policy_config *config)
{
    const struct policy_config_key key = {
        .name = "policy", .place = config->error_at, .next = POLICY_NONE, .error = config->error};
    const struct policy_config_rule rule = {.name = "policy",
                                            .place = config->error_at,
                                            .host = COMMISSIONED_HOST,
                                            .path = "/",
                                            .port = COMMISSIONED_PORT,
                                            .missing = POLICY_MISSING_FAIL,
                                            .trust = {.ca = POLICY_NONE},
                                            .report = POLICY_REPORT_DENIED};
    const struct policy_config_rule *rules[] = {&rule};
    const struct policy_config_key *keys[] = {&key};
    uint32_t numbers[] = {0};
    struct policy_origin origins[] = {{COMMISSIONED_HOST, COMMISSIONED_PORT}};
    struct selection chosen = {.rules = rules,
                               .nrules = 1,
                               .keys = keys,
                               .nkeys = 1,
                               .key_number = numbers,
                               .origins = origins,
                               .norigins = 1};
    return pack(config, &chosen, config->error);
}

struct policy_image *policy_config_pack(const struct policy_config *config)
{
    if (config->error != NULL && config->denied_by == POLICY_NONE)
        return pack_error(config);
    bool keep = config->names_ids && config->may_change;
    struct selection chosen = {
        .rules = calloc(config->nrules + 1, sizeof *chosen.rules),
        .kept = keep ? calloc(config->nrules + 1, sizeof *chosen.kept) : NULL,
        .keys = calloc(config->nkeys + 1, sizeof *chosen.keys),
        .key_number = calloc(config->nkeys + 1, sizeof *chosen.key_number),
        .origins = calloc(config->nrules + 1, sizeof *chosen.origins),
        .cas = calloc(config->ncas + 1, sizeof *chosen.cas),
    };
    struct policy_image *image = NULL;
    if (chosen.rules != NULL && (chosen.kept != NULL || !keep) && chosen.keys != NULL &&
        chosen.key_number != NULL && chosen.origins != NULL && chosen.cas != NULL) {
        selection_choose(&chosen, config);
        image = pack(config, &chosen, NULL);
    }
    free_selection(&chosen);
    return image;
}
