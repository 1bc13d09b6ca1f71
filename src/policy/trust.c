/*
 * Whose word counts about a peer: the settings verify and ca_file, and what such a file holds.
 *
 * MUST: a ca_file is judged as a configuration file is: who may change it may be any peer.
 * MUST: one that cannot be had verifies nobody; it is never replaced by the system's authorities.
 */
#include <string.h>

#include "policy/reader.h"
#include "policy/remedy_policy.h"
#include "policy/safe_file.h"

static const char *const verify_words[] = {"when-needed", "always", "never", NULL};

/* The number of the file among those that are named, added where it is new. */
static uint32_t number_of(struct policy_config *config, const char *path)
{
    for (uint32_t i = 0; i < config->ncas; i++)
        if (strcmp(config->cas[i].path, path) == 0)
            return i;
    struct policy_config_ca *ca = policy_add_ca(config);
    if (ca == NULL)
        return POLICY_NONE;
    ca->path = path;
    return config->ncas - 1;
}

void policy_read_trust(struct policy_reader *reader, const config_setting_t *group,
                       struct policy_trust *trust)
{
    uint32_t line;
    trust->verify = (enum policy_verify)setting_word(reader, group, "verify", verify_words,
                                                     (int)reader->trust.verify);
    const char *path = setting_path(reader, group, "ca_file", &line);
    trust->ca = path != NULL ? number_of(reader->config, path) : reader->trust.ca;
    if (path != NULL && trust->verify == POLICY_VERIFY_NEVER)
        setting_error(reader, line, "leave one of them out",
                      "ca_file is given, but verify = \"never\" asks it nothing");
}

const char *policy_verify_name(enum policy_verify verify)
{
    return verify_words[verify];
}

static void fail(struct policy_config *config, struct policy_config_ca *ca,
                 const struct complaint *why)
{
    char *sentence = arena_alloc(&config->arena, POLICY_MAX_SENTENCE);
    if (sentence == NULL)
        return;
    sentence_write(sentence, ca->path, 0, why);
    ca->error = sentence;
}

static void read_ca(struct policy_config *config, struct policy_config_ca *ca)
{
    struct complaint why = {0};
    struct safe_file *file = config->scratch;
    if (ca->pem != NULL || ca->error != NULL)
        return;
    enum safe_result result =
        safe_file_read(ca->path, config->euid, false, POLICY_MAX_CAFILE, file, &why);
    policy_watch_judged(config, ca->path, file);
    if (result == SAFE_NO_MEMORY) {
        config->arena.failed = true;
    } else if (result == SAFE_OK && strstr(file->data, "-----BEGIN CERTIFICATE-----") != NULL) {
        ca->pem = arena_strndup(&config->arena, file->data, file->size);
    } else {
        if (file->der) {
            complain(&why, "", "holds DER, not PEM");
            remedy_der(&why, ca->path);
        }
        if (result == SAFE_OK)
            complain(&why, "store certificates there as PEM", "holds no certificate");
        if (result == SAFE_ABSENT)
            complain(&why, "store the authority's certificate there", "no such file");
        fail(config, ca, &why);
    }
    safe_file_free(file);
}

void policy_read_cas(struct policy_config *config, bool all)
{
    for (uint32_t i = 0; i < config->nrules; i++) {
        const struct policy_config_rule *rule = &config->rules[i];
        if (rule->trust.ca != POLICY_NONE && (all || rule->mismatch == POLICY_MATCHES))
            read_ca(config, &config->cas[rule->trust.ca]);
    }
}
