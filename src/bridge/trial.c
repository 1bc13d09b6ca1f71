#include "bridge/trial.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bridge/checker.h"
#include "bridge/haproxy_text.h"
#include "bridge/order.h"
#include "core/cleanup.h"
#include "core/write_whole.h"

static enum bridge_result run_checker(const char *engine, const char *text,
                                      char why[BRIDGE_SENTENCE])
{
    /* -q takes the reason too. */
    const char *const words[] = {engine, "-c", "-f", "/dev/fd/3", NULL};
    char output[MAX_CHECKER_OUTPUT];
    auto_close int file = memfd_create("haproxy.cfg", MFD_CLOEXEC);
    if (file < 0 || !write_whole(file, text, strlen(text)))
        return bridge_fail(why, BRIDGE_FAILED, "%s: %s", engine, strerror(errno));
    switch (checker_run(words, file, output)) {
    case CHECKER_TAKES_IT:
        return BRIDGE_OK;
    case CHECKER_REFUSES_IT:
        return bridge_fail(why, BRIDGE_BAD_POLICY, "%s refuses the rules: %.300s", engine,
                           checker_complaint(output));
    case CHECKER_FAILED:
        break;
    }
    return bridge_fail(why, BRIDGE_FAILED, "%s: %s", engine, strerror(errno));
}

enum bridge_result trial_of(const struct policy_image *image, const struct engine *engine,
                            char why[BRIDGE_SENTENCE])
{
    const struct policy_rule *rule = order_first_rule(image, NULL);
    auto_free char *text = NULL;
    if (rule == NULL)
        return BRIDGE_OK;
    /* The listener and the runtime socket are handed down to one that serves. */
    struct haproxy_plan plan = {.image = image,
                                .host = rule->host,
                                .port = rule->port,
                                .connect = "127.0.0.1:443",
                                .bind = "127.0.0.1:8455",
                                .map = "/dev/null"};
    enum bridge_result result = haproxy_text(&plan, &text, why);
    return result == BRIDGE_OK ? run_checker(engine->file, text, why) : result;
}
