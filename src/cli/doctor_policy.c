#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/key_standing.h"
#include "cli/key_store.h"
#include "cli/policy.h"
#include "core/text.h"

enum { DAY = 24 * 60 * 60 };

static void say_findings(struct doctor *doctor, const struct policy_config *config)
{
    bool good = true;
    for (uint32_t i = 0; i < config->nfindings; i++) {
        const struct policy_finding *finding = &config->findings[i];
        good = good && finding->severity != POLICY_ERROR;
        doctor_at(doctor, finding->severity == POLICY_ERROR ? "policy" : "unused",
                  finding->place.file, finding->place.line);
        doctor_say(doctor, finding->severity == POLICY_ERROR ? HEALTH_FAILURE : HEALTH_WARNING,
                   "policy", "%s", finding->sentence);
    }
    if (good)
        doctor_say(doctor, HEALTH_GOOD, "policy", "can be used (rules: %u, keys: %u)",
                   config->nrules, config->nkeys);
}

/* A key of the store has its period beside it, where the configuration does not say one: that of
 * the quick start never does. */
static void read_period(const struct policy_config_key *key, int64_t *period, int64_t *since)
{
    auto_store struct key_store store = {.folder = -1};
    const char *slash = key->path != NULL ? strrchr(key->path, '/') : NULL;
    char folder[PATH_MAX];
    struct key_meta meta;
    *period = key->rotate_after_seconds;
    *since = key->mtime.tv_sec;
    if (*period || slash == NULL || key->source != POLICY_SOURCE_FILE)
        return;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - key->path), key->path);
    store.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store.folder < 0)
        return;
    key_meta_read(&store, slash + 1, &meta);
    if (text_span_read(meta.rotate_after) <= 0)
        return;
    *period = text_span_read(meta.rotate_after);
    *since = meta.created ? (int64_t)meta.created : *since;
}

static void say_age(struct doctor *doctor, const struct policy_config_key *key)
{
    int64_t period, since;
    read_period(key, &period, &since);
    if (period == 0 || since == 0 || (int64_t)time(NULL) - since < period) {
        doctor_say(doctor, HEALTH_GOOD, "key", "%s (%s...) is sound", key->name, key->prefix);
        return;
    }
    doctor_at(doctor, "age", key->path, 0);
    doctor_say(doctor, HEALTH_WARNING, "key",
               "%s (%s...) is %lld days old and should be replaced after %lld: make a new one in "
               "the Commissioned console, then '" CLI_NAME " key rotate'",
               key->name, key->prefix, (long long)((int64_t)time(NULL) - since) / DAY,
               (long long)(period / DAY));
}

static void say_keys(struct doctor *doctor, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nkeys; i++) {
        const struct policy_config_key *key = &config->keys[i];
        enum standing standing = key_standing(config, i);
        char text[POLICY_MAX_SENTENCE];
        doctor_at(doctor, key->absent ? "absent" : "key",
                  key->path != NULL ? key->path : key->place.file,
                  key->path != NULL ? 0 : key->place.line);
        if (standing == STANDING_ERROR) {
            doctor_say(doctor, HEALTH_FAILURE, "key", "%s", key->error);
        } else if (standing == STANDING_ELSEWHERE || standing == STANDING_OTHER) {
            key_standing_text(key, standing, text, sizeof text);
            doctor_at(doctor, standing == STANDING_ELSEWHERE ? "elsewhere" : "others",
                      key->place.file, key->place.line);
            doctor_say(doctor, HEALTH_GOOD, "key", "%s", text);
        } else if (standing == STANDING_GOOD && key->prefix != NULL) {
            say_age(doctor, key);
        } else {
            doctor_at(doctor, NULL, NULL, 0);
        }
    }
}

static void say_authorities(struct doctor *doctor, const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->ncas; i++)
        if (config->cas[i].error != NULL)
            doctor_say(doctor, HEALTH_FAILURE, "peers", "%s", config->cas[i].error);
}

static void say_matches(struct doctor *doctor, const struct policy_config *config,
                        const struct policy_asker *asker)
{
    uint32_t matching = 0;
    for (uint32_t i = 0; i < config->nrules; i++)
        matching += config->rules[i].mismatch == POLICY_MATCHES;
    if (config->denied_by != POLICY_NONE)
        doctor_say(doctor, HEALTH_FAILURE, "policy", "%s:%u denies every key to %s",
                   config->denies[config->denied_by].place.file,
                   config->denies[config->denied_by].place.line, asker->request.program);
    else if (matching == 0)
        doctor_say(doctor, HEALTH_FAILURE, "policy",
                   "no rule is for %s run by %s: '" CLI_NAME " explain -p %s URL' says why",
                   asker->request.program, asker->identity.name, asker->request.program);
    else
        doctor_say(doctor, HEALTH_GOOD, "policy", "%s run by %s has rules: %u",
                   asker->request.program, asker->identity.name, matching);
}

void doctor_policy(struct doctor *doctor, const char *program)
{
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    /* A program that is not there is doctor_program's to say. */
    if (asker_prepare(&asker, NULL, NULL) != CLI_OK)
        return;
    if (program != NULL && asker_set_program(&asker, program) != 0)
        program = NULL;
    config = policy_config_read(&asker.request);
    if (config == NULL || !policy_config_check(config) ||
        !policy_config_read_keys(config, &asker.request, POLICY_KEYS_ALL)) {
        doctor_say(doctor, HEALTH_FAILURE, "policy", "out of memory");
        return;
    }
    if (!config->exists) {
        doctor_say(doctor, HEALTH_WARNING, "policy",
                   "there is no configuration: '" CLI_NAME " key add NAME' begins one");
        return;
    }
    say_findings(doctor, config);
    say_keys(doctor, config);
    say_authorities(doctor, config);
    if (program != NULL && config->error == NULL)
        say_matches(doctor, config, &asker);
}
