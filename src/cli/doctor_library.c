#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/library.h"
#include "cli/preload_file.h"
#include "cli/switch.h"
#include "core/names.h"
#include "core/variable.h"

/* As the library looks for it: core/names.h. */
static bool module_found(const char *library)
{
    static const char *const below[] = MODULE_BELOW;
    int folder = (int)(strrchr(library, '/') - library);
    char path[PATH_MAX + 64];
    for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
        snprintf(path, sizeof path, "%.*s/%s" MODULE_NAME, folder, library, below[i]);
        if (access(path, R_OK) == 0)
            return true;
    }
    return access(MODULEDIR "/" MODULE_NAME, R_OK) == 0;
}

/* What /etc/ld.so.preload has of ours, and whether it can be loaded. */
struct switched {
    char file[PATH_MAX];
    unsigned line; /* 0: nothing */
    bool loads;
    char why[SWITCH_WHY_SIZE]; /* it does not */
};

/* False where the file cannot be read. */
static bool look_at_switch(struct switched *switched)
{
    auto_tree struct switch_tree tree;
    struct preload_entry entry;
    char name[PATH_MAX];
    if (switch_open(&tree, NULL, SWITCH_LOOK) != CLI_OK)
        return false;
    switched->line = 0;
    snprintf(switched->file, sizeof switched->file, "%s", tree.file);
    if (preload_find_ours(tree.seen, &entry)) {
        snprintf(name, sizeof name, "%.*s", (int)entry.length, entry.start);
        switched->line = entry.line;
        switched->loads = switch_loads(&tree, name, true, switched->why);
    }
    return true;
}

static void say_switch(struct doctor *doctor)
{
    struct switched switched;
    if (!look_at_switch(&switched))
        return;
    if (switched.line == 0)
        doctor_say(doctor, HEALTH_GOOD, "switch",
                   "off: only programs started by '" CLI_NAME
                   " run' or with LD_PRELOAD are reached");
    else if (!switched.loads)
        doctor_say(doctor, HEALTH_FAILURE, "switch", "%s:%u: %s, or run '" CLI_NAME " disable'",
                   switched.file, switched.line, switched.why);
    else
        doctor_say(doctor, HEALTH_GOOD, "switch", "on for the whole system (%s:%u)", switched.file,
                   switched.line);
}

bool doctor_switch_is_on(void)
{
    struct switched switched;
    return look_at_switch(&switched) && switched.line != 0 && switched.loads;
}

void doctor_library(struct doctor *doctor)
{
    auto_tree struct switch_tree tree;
    char library[PATH_MAX], why[SWITCH_WHY_SIZE];
    if (switch_open(&tree, NULL, SWITCH_LOOK) != CLI_OK)
        return;
    if (!library_find(library)) {
        doctor_say(doctor, HEALTH_FAILURE, "library",
                   LIBRARY_NAME " is neither beside this command nor in " LIBDIR ": install it");
    } else if (!library_preloadable(library)) {
        doctor_say(doctor, HEALTH_FAILURE, "library",
                   "%s cannot be preloaded: its path has a space, a colon or a '$'", library);
    } else if (!switch_loads(&tree, library, false, why)) {
        doctor_say(doctor, HEALTH_FAILURE, "library", "the library does not load: %s", why);
    } else {
        doctor_say(doctor, HEALTH_GOOD, "library", "%s loads", library);
        if (!module_found(library))
            doctor_say(doctor, HEALTH_FAILURE, "library",
                       MODULE_NAME " is neither beside %s nor in " MODULEDIR ": install it again",
                       library);
    }
    say_switch(doctor);
}

void doctor_environment(struct doctor *doctor)
{
    static const char *const secrets[] = {KEY_VARIABLE, OPENAI_KEY_VARIABLE};
    const char *log = variable("SSLKEYLOGFILE");
    if (log != NULL)
        doctor_say(doctor, HEALTH_WARNING, "tls",
                   "SSLKEYLOGFILE is set: who reads %s and the network reads the key: unset it",
                   log);
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
        if (getenv(secrets[i]) != NULL)
            doctor_say(doctor, HEALTH_WARNING, "shell",
                       "%s is set here, so that every program you start can read it: store it "
                       "with '" CLI_NAME " key add' and unset it",
                       secrets[i]);
}
