/*
 * run --bridge - the key in neither the memory nor the environment of the program: a listener of
 * this machine's own adds it. See bridge/bridge.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/bridge.h"
#include "cli/cli.h"
#include "cli/gateway.h"
#include "cli/policy.h"
#include "cli/program.h"
#include "cli/run.h"

static int judge(const char *program)
{
    struct program_judgement judgement = {0};
    program_judge(program, NULL, &judgement);
    if (judgement.reach == PROGRAM_SETID || judgement.reach == PROGRAM_CAPABILITIES)
        return cli_fail(CLI_RUN_FAILED,
                        "%s changes its user or gains capabilities, and gets no bridge",
                        judgement.file);
    return CLI_OK;
}

static int start(const struct policy_asker *asker, const struct policy_image *image,
                 struct bridge_order *order)
{
    char why[BRIDGE_SENTENCE] = "";
    order->request = &asker->request;
    switch (bridge_start(order, image, why)) {
    case BRIDGE_OK:
        return CLI_OK;
    case BRIDGE_BAD_POLICY:
        return cli_fail(CLI_BAD_CONFIG, "%s", why);
    case BRIDGE_FAILED:
        break;
    }
    return cli_fail(CLI_RUN_FAILED, "%s", why);
}

int run_start_bridge(const char *program, char *const argv[], const struct bridge_order *wanted)
{
    static struct policy_asker asker; /* the supervisor goes on with it */
    auto_config struct policy_config *config = NULL;
    auto_image struct policy_image *image = NULL;
    char cacert[PATH_MAX];
    struct bridge_order order = *wanted;
    int status = judge(program);
    if (status == CLI_OK && order.connect != NULL &&
        gateway_check_address("--connect", order.connect) != CLI_OK)
        status = CLI_RUN_FAILED;
    if (status != CLI_OK)
        return status;
    if (order.cacert != NULL && realpath(order.cacert, cacert) == NULL)
        return cli_fail(CLI_RUN_FAILED, "--cacert: %s: %m", order.cacert);
    if (order.cacert != NULL)
        order.cacert = cacert;
    if (run_ask(&asker, program, argv, &config, &image) != CLI_OK)
        return CLI_RUN_FAILED;
    if (image == NULL || config->error != NULL || order_first_rule(image, order.key) == NULL)
        return run_no_rule(&asker, config, order.key);
    return start(&asker, image, &order);
}
