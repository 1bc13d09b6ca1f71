#include "devserver/command.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: commissioned-devserver serve [--listen ADDRESS:PORT] [--port PORT] [--host NAME]\n"
    "                                    [--timeout SECONDS] [--log FILE] [--state DIR]\n"
    "       commissioned-devserver key create --name NAME [--env ENV] [--scope SCOPE,...]\n"
    "                                    [--rate N/s|m|h|d] [--state DIR]\n"
    "       commissioned-devserver key list [--state DIR]\n"
    "       commissioned-devserver key revoke PREFIX [--state DIR]\n"
    "       commissioned-devserver env [--port PORT] [--host NAME] [--state DIR]\n"
    "       commissioned-devserver --help | --version\n"
    "\n"
    "A Commissioned endpoint on this machine, for development: it runs no model.\n"
    "See commissioned-devserver(1).\n";

int ds_complain(int status, const char *format, ...)
{
    va_list arguments;
    fputs("commissioned-devserver: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    return status;
}

char *ds_command_state(const char *named, struct ds_why *why)
{
    char *folder = named != NULL ? strdup(named) : ds_state_default(why);
    if (folder != NULL && ds_state_prepare(folder, why))
        return folder;
    free(folder);
    return NULL;
}

int ds_command(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(int argc, char **argv);
    } verbs[] = {{"serve", ds_command_serve}, {"key", ds_command_key}, {"env", ds_command_env}};
    const char *verb = argc < 2 ? "" : argv[1];
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(verb, verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
    if (strcmp(verb, "--help") == 0 || strcmp(verb, "-h") == 0) {
        fputs(usage, stdout);
        return DS_EXIT_OK;
    }
    if (strcmp(verb, "--version") == 0) {
        puts("commissioned-devserver " VERSION);
        return DS_EXIT_OK;
    }
    fputs(usage, stderr);
    return DS_EXIT_USAGE;
}
