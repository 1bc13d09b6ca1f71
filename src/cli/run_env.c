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

#include "bridge/order.h"
#include "cli/cli.h"
#include "cli/policy.h"
#include "cli/run.h"
#include "core/names.h"

static const char bearer[] = AUTHORIZATION_BEARER;

static int give(const struct policy_image *image, const struct policy_rule *rule)
{
    const struct policy_key *key = &image->keys[rule->key];
    int status;
    if (key->header == NULL)
        return cli_fail(CLI_RUN_FAILED, "%s", key->error);
    status = run_point_servers(image, rule);
    if (status != CLI_OK)
        return status;
    if (setenv(OPENAI_KEY_VARIABLE, key->header + strlen(bearer), 1) != 0 ||
        setenv(KEY_VARIABLE, key->header + strlen(bearer), 1) != 0)
        return cli_fail(CLI_RUN_FAILED, "out of memory");
    return CLI_OK;
}

int run_set_environment(const char *program, char *const argv[], const char *key)
{
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    auto_image struct policy_image *image = NULL;
    const struct policy_rule *rule;
    if (run_ask(&asker, program, argv, &config, &image) != CLI_OK)
        return CLI_RUN_FAILED;
    rule = image != NULL ? order_first_rule(image, config->error != NULL ? NULL : key) : NULL;
    return rule != NULL ? give(image, rule) : run_no_rule(&asker, config, key);
}
