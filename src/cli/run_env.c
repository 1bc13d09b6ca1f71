/*
 * run --env - the key in the environment of one program, for those that do not use libcurl.
 *
 * What is in an environment, every process of the same user can read, and every child inherits. So:
 *   - MUST: a rule gives this program and user the key; nothing else does.
 *   - MUST NOT: send the key to a stranger. An address that the caller set stays only where its
 *     origin is one that a rule names, or this machine (tests and development point it at a local
 *     server): run_server.c.
 *   - MUST NOT: hand it to a program that changes the user.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/policy.h"
#include "cli/run.h"
#include "core/names.h"

static const char bearer[] = AUTHORIZATION_BEARER;

static const struct policy_rule *choose(const struct policy_image *image, const char *key)
{
    for (uint32_t i = 0; i < image->nrules; i++)
        if (key == NULL || strcmp(image->keys[image->rules[i].key].name, key) == 0)
            return &image->rules[i];
    return NULL;
}

static int give(const struct policy_image *image, const struct policy_rule *rule)
{
    const struct policy_key *key = &image->keys[rule->key];
    int status;
    if (key->header == NULL)
        return cli_fail(CLI_RUN_FAILED, "%s", key->error);
    status = run_point_servers(image, rule);
    if (status != CLI_OK)
        return status;
    if (setenv("OPENAI_API_KEY", key->header + strlen(bearer), 1) != 0 ||
        setenv("COMMISSIONED_API_KEY", key->header + strlen(bearer), 1) != 0)
        return cli_fail(CLI_RUN_FAILED, "out of memory");
    return CLI_OK;
}

static int no_rule(const struct policy_asker *asker, const struct policy_config *config,
                   const char *key)
{
    if (!config->exists)
        return cli_fail(CLI_RUN_FAILED,
                        "there is no configuration: '" CLI_NAME " key add NAME' begins one");
    if (key != NULL)
        return cli_fail(CLI_RUN_FAILED, "no rule gives %s, run by %s, the key %s",
                        asker->request.program, asker->identity.name, key);
    return cli_fail(CLI_RUN_FAILED, "no rule gives %s, run by %s, a key", asker->request.program,
                    asker->identity.name);
}

int run_set_environment(const char *program, char *const argv[], const char *key)
{
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    auto_image struct policy_image *image = NULL;
    const struct policy_rule *rule;
    if (asker_prepare(&asker, program, NULL) != CLI_OK)
        return CLI_RUN_FAILED;
    asker_set_arguments(&asker, argv);
    if (asker_read(&asker, &config, &image) != CLI_OK)
        return CLI_RUN_FAILED;
    rule = image != NULL ? choose(image, config->error != NULL ? NULL : key) : NULL;
    return rule != NULL ? give(image, rule) : no_rule(&asker, config, key);
}
