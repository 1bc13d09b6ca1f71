#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/policy.h"
#include "cli/program.h"
#include "policy/helper.h"
#include "policy/script.h"

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value ? value : NULL;
}

static void ask_as_caller(struct policy_asker *asker)
{
    const struct passwd *user = getpwuid(geteuid());
    if (user != NULL)
        snprintf(asker->user, sizeof asker->user, "%s", user->pw_name);
    else
        snprintf(asker->user, sizeof asker->user, "%lu", (unsigned long)geteuid());
    places_find(&asker->places);
    asker->request.env_file = asker->places.env_file;
    asker->request.user_file = asker->places.user_file;
    asker->request.credentials = variable("CREDENTIALS_DIRECTORY");
    asker->request.env_key = variable("COMMISSIONED_API_KEY");
    asker->request.env_openai = variable("OPENAI_API_KEY");
}

static const struct passwd *find_user(const char *name)
{
    const struct passwd *user = getpwnam(name);
    char *end;
    unsigned long number;
    if (user != NULL)
        return user;
    number = strtoul(name, &end, 10);
    return *name && *end == '\0' ? getpwuid((uid_t)number) : NULL;
}

static int ask_as(struct policy_asker *asker, const char *name)
{
    const struct passwd *user = find_user(name);
    int count = ASKER_MAX_GROUPS;
    if (user == NULL)
        return cli_fail(CLI_FAILED, "--user: there is no user '%s'", name);
    if (user->pw_uid == geteuid()) {
        ask_as_caller(asker);
        return CLI_OK;
    }
    snprintf(asker->user, sizeof asker->user, "%s", user->pw_name);
    asker->uid = user->pw_uid;
    asker->gid = user->pw_gid;
    places_of_user(&asker->places, NULL, user->pw_dir);
    asker->request.user_file = asker->places.user_file;
    if (getgrouplist(user->pw_name, user->pw_gid, asker->groups, &count) < 0)
        return cli_fail(CLI_FAILED, "--user: '%s' is in more than %d groups", name,
                        ASKER_MAX_GROUPS);
    asker->request.euid = &asker->uid;
    asker->request.egid = &asker->gid;
    asker->request.groups = asker->groups;
    asker->request.ngroups = (size_t)count;
    return CLI_OK;
}

/* "FOLDER/NAME", the name as it was given; a link is not followed. */
static bool full_name(const char *file, char full[PATH_MAX])
{
    char folder[PATH_MAX];
    int length;

    if (file[0] == '/')
        length = snprintf(full, PATH_MAX, "%s", file);
    else if (getcwd(folder, sizeof folder))
        length = snprintf(full, PATH_MAX, "%s/%s", folder, file);
    else
        return false;
    return length < PATH_MAX;
}

static void set_script(struct policy_asker *asker, const char *file)
{
    if (!full_name(file, asker->script))
        return;
    asker->request.script = asker->script;
    asker->request.script_unknown = false;
}

int asker_set_program(struct policy_asker *asker, const char *name)
{
    struct program_judgement judgement = {0};
    char file[PATH_MAX];
    const char *helper;
    int status = program_find(name, getenv("PATH"), file);
    if (status != 0)
        return status;
    program_judge(file, NULL, &judgement);
    helper = helper_of(judgement.file);
    /* /proc/self/exe, by which the library knows its program, has no symbolic links. */
    if (!realpath(helper ? helper : judgement.file, asker->program) ||
        !full_name(file, asker->called))
        return CLI_RUN_NOT_FOUND;
    asker->request.program = asker->program;
    asker->asks_by_helper = helper != NULL;
    asker->request.script_unknown = script_interpreter(asker->program) != NULL;
    if (judgement.is_script)
        set_script(asker, file);
    else if (!helper)
        asker->request.called = asker->called;
    return 0;
}

int asker_prepare(struct policy_asker *asker, const char *program, const char *user)
{
    int status = CLI_OK;
    memset(asker, 0, sizeof *asker);
    asker->request.abi = POLICY_IMAGE_ABI;
    asker->request.system_file = PLACES_SYSTEM_FILE;
    if (user)
        status = ask_as(asker, user);
    else
        ask_as_caller(asker);
    if (status == CLI_OK && program != NULL && asker_set_program(asker, program) != 0)
        return cli_fail(CLI_FAILED, "%s: %m", program);
    return status;
}

int asker_only_file(struct policy_asker *asker, const char *file)
{
    char folder[PATH_MAX];
    int length;
    if (file[0] == '/')
        length = snprintf(asker->file, PATH_MAX, "%s", file);
    else if (getcwd(folder, sizeof folder) != NULL)
        length = snprintf(asker->file, PATH_MAX, "%s/%s", folder, file);
    else
        return cli_fail(CLI_FAILED, "the current folder: %m");
    if (length >= PATH_MAX)
        return cli_fail(CLI_FAILED, "%s: the name is too long", file);
    if (access(asker->file, F_OK) != 0)
        return cli_fail(CLI_FAILED, "%s: %m", file);
    asker->request.env_file = asker->file;
    asker->request.user_file = NULL;
    asker->request.system_file = NULL;
    return CLI_OK;
}

int asker_read(const struct policy_asker *asker, struct policy_config **config,
               struct policy_image **image)
{
    *image = NULL;
    *config = policy_config_read(&asker->request);
    if (*config == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    if (!(*config)->exists)
        return CLI_OK;
    if ((*config)->error == NULL && (*config)->denied_by == POLICY_NONE &&
        !policy_config_read_keys(*config, &asker->request, POLICY_KEYS_MATCHING))
        return cli_fail(CLI_FAILED, "out of memory");
    *image = policy_config_pack(*config);
    return *image != NULL ? CLI_OK : cli_fail(CLI_FAILED, "out of memory");
}

void cleanup_config(struct policy_config **config)
{
    policy_config_free(*config);
}

void cleanup_image(struct policy_image **image)
{
    policy_image_free(*image);
}
