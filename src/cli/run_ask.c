/*
 * What the ways of `run` that hand a key out by themselves ask the policy.
 */
#include "cli/cli.h"
#include "cli/policy.h"
#include "cli/run.h"

int run_ask(struct policy_asker *asker, const char *program, char *const argv[],
            struct policy_config **config, struct policy_image **image)
{
    if (asker_prepare(asker, program, NULL) != CLI_OK)
        return CLI_RUN_FAILED;
    asker_set_arguments(asker, argv);
    return asker_read(asker, config, image) == CLI_OK ? CLI_OK : CLI_RUN_FAILED;
}

int run_no_rule(const struct policy_asker *asker, const struct policy_config *config,
                const char *key)
{
    if (!config->exists)
        return cli_fail(CLI_RUN_FAILED,
                        "there is no configuration: '" CLI_NAME " key add NAME' begins one");
    if (config->error != NULL)
        return cli_fail(CLI_BAD_CONFIG, "%s", config->error);
    return cli_fail(CLI_RUN_FAILED, "no rule gives %s, run by %s, %s%s", asker->request.program,
                    asker->identity.name, key != NULL ? "the key " : "a key",
                    key != NULL ? key : "");
}
