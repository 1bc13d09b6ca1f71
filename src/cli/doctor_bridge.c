/* Can `run --bridge` be used: is the engine there, and does it take the rules. */
#include "bridge/engine.h"
#include "bridge/trial.h"
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/policy.h"

/* Of what is not needed, that it is missing is no fault. */
void doctor_bridge(struct doctor *doctor, const char *program)
{
    static struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    auto_image struct policy_image *image = NULL;
    struct engine engine = {0};
    char why[BRIDGE_SENTENCE] = "";
    if (engine_find(&engine, why) != BRIDGE_OK || engine_ask_version(&engine, why) != BRIDGE_OK) {
        doctor_say(doctor, HEALTH_GOOD, "bridge", "not to be had, which 'run --bridge' needs: %s",
                   why);
        return;
    }
    if (asker_prepare(&asker, program, NULL) != CLI_OK ||
        asker_read(&asker, &config, &image) != CLI_OK)
        return;
    if (image != NULL && image->error == NULL && trial_of(image, &engine, why) != BRIDGE_OK)
        doctor_say(doctor, HEALTH_WARNING, "bridge", "%s", why);
    else
        doctor_say(doctor, HEALTH_GOOD, "bridge",
                   "%s is HAProxy %u.%u, which 'run --bridge' can use", engine.file,
                   engine.version / 100, engine.version % 100);
}
