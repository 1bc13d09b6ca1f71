#include "cli/doctor.h"

#include "cli/cli.h"

enum { OPTION_LEAKS, OPTION_JSON };

static const struct cli_option options[] = {
    [OPTION_LEAKS] = {"leaks", 0, NULL, "look for stored keys where they should not be",
                      CLI_WORDS_NONE, NULL},
    [OPTION_JSON] = CLI_JSON,
    {0},
};

static int exit_code(enum health worst)
{
    static const int codes[] = {CLI_OK, CLI_NO, CLI_FAILED};
    return codes[worst];
}

static int doctor(const struct cli_call *call)
{
    struct doctor doctor = {.array = call->value[OPTION_JSON] != NULL ? json_array() : NULL};
    const char *program = call->argc ? call->argv[0] : NULL;
    json_t *object;
    doctor_library(&doctor);
    doctor_environment(&doctor);
    doctor_policy(&doctor, program);
    doctor_curl(&doctor);
    doctor_bridge(&doctor, program);
    if (program != NULL)
        doctor_program(&doctor, program);
    if (call->value[OPTION_LEAKS] != NULL)
        doctor_leaks(&doctor);
    if (doctor.array == NULL)
        return exit_code(doctor.worst);
    object = json_object();
    json_put_text(object, "health", health_word(doctor.worst));
    json_put(object, "findings", doctor.array);
    return json_print(object, exit_code(doctor.worst));
}

const struct cli_verb cli_verb_doctor = {
    .name = "doctor",
    .operands = "[--] [PROGRAM]",
    .summary = "find out what is wrong",
    .about = "Look whether the library loads, the configuration and its keys are sound and\n"
             "the installed libcurl does what the library relies on; and whether PROGRAM is\n"
             "reached by the library, without running it.\n"
             "Exit status: 0 all is good, 1 there are warnings, 2 something fails.\n",
    .options = options,
    .words = CLI_WORDS_COMMAND,
    .stops_at_operand = true,
    .max_operands = -1, /* the program's own arguments may follow, and say nothing here */
    .run = doctor,
};
