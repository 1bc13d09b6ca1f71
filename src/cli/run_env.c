/*
 * run --env - the key in the environment of one program, for those that do not use libcurl.
 *
 * What is in an environment, every process of the same user can read, and every child inherits. So:
 *   - MUST: a rule gives this program and user the key; nothing else does.
 *   - MUST NOT: send the key to a stranger. A base URL that the caller set stays only where its
 *     origin is one that a rule names, or this machine (tests and development point it at a local
 *     server).
 *   - MUST NOT: hand it to a program that changes the user.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/policy.h"
#include "cli/run.h"

#define BASE_URL "OPENAI_BASE_URL"

static const char bearer[] = "Authorization: Bearer ";

static const struct policy_rule *choose(const struct policy_image *image, const char *key)
{
    for (uint32_t i = 0; i < image->nrules; i++)
        if (key == NULL || strcmp(image->keys[image->rules[i].key].name, key) == 0)
            return &image->rules[i];
    return NULL;
}

/* The loopback range and its names: RFC 6761 section 6.3, RFC 1122 section 3.2.1.3. */
static bool is_this_machine(const struct target *target)
{
    struct in_addr four;
    return strcmp(target->host, "localhost") == 0 || strcmp(target->host, "::1") == 0 ||
           strcmp(target->host, "[::1]") == 0 ||
           (inet_pton(AF_INET, target->host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127);
}

static bool is_named(const struct policy_image *image, const struct target *target)
{
    for (uint32_t i = 0; i < image->norigins; i++)
        if (image->origins[i].port == target->port &&
            strcmp(image->origins[i].host, target->host) == 0)
            return target->tls;
    return false;
}

static int keep_base_url(const struct policy_image *image, const char *url)
{
    struct target target;
    char path[PATH_MAX];
    if (!target_read(url, &target, path))
        return cli_fail(CLI_RUN_FAILED, BASE_URL " is no URL that can be judged: unset it");
    if (target.userinfo || !(is_this_machine(&target) || is_named(image, &target)))
        return cli_fail(CLI_RUN_FAILED, BASE_URL
                        " names an origin that no rule names, and would get the key: unset "
                        "it, or name its origin in the configuration");
    return CLI_OK;
}

static int set_base_url(const struct policy_rule *rule)
{
    char url[PATH_MAX];
    char port[8] = "";
    if (rule->port != 443)
        snprintf(port, sizeof port, ":%u", (unsigned)rule->port);
    /* A rule for the whole origin says nothing of the path;
     * Commissioned's programs are below /v1. */
    snprintf(url, sizeof url, "https://%s%s%s", rule->host, port,
             strcmp(rule->path, "/") == 0 ? "/v1" : rule->path);
    return setenv(BASE_URL, url, 1) == 0 ? CLI_OK : cli_fail(CLI_RUN_FAILED, "out of memory");
}

static int give(const struct policy_image *image, const struct policy_rule *rule)
{
    const struct policy_key *key = &image->keys[rule->key];
    const char *url = getenv(BASE_URL);
    int status;
    if (key->header == NULL)
        return cli_fail(CLI_RUN_FAILED, "%s", key->error);
    status = url != NULL && *url ? keep_base_url(image, url) : set_base_url(rule);
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
                        asker->request.program, asker->user, key);
    return cli_fail(CLI_RUN_FAILED, "no rule gives %s, run by %s, a key", asker->request.program,
                    asker->user);
}

int run_set_environment(const char *program, const char *key)
{
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    auto_image struct policy_image *image = NULL;
    const struct policy_rule *rule;
    if (asker_prepare(&asker, program, NULL) != CLI_OK ||
        asker_read(&asker, &config, &image) != CLI_OK)
        return CLI_RUN_FAILED;
    rule = image != NULL ? choose(image, config->error != NULL ? NULL : key) : NULL;
    return rule != NULL ? give(image, rule) : no_rule(&asker, config, key);
}
