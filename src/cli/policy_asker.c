#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/needed.h"
#include "cli/policy.h"
#include "cli/program.h"
#include "core/cleanup.h"
#include "core/names.h"
#include "core/variable.h"
#include "policy/embedded.h"
#include "policy/helper.h"
#include "policy/script.h"

static void ask_as_caller(struct policy_asker *asker)
{
    struct identity *identity = &asker->identity;
    const struct passwd *user = getpwuid(geteuid());
    if (user != NULL)
        snprintf(identity->name, sizeof identity->name, "%s", user->pw_name);
    else
        snprintf(identity->name, sizeof identity->name, "%lu", (unsigned long)geteuid());
    places_find(&asker->places);
    asker->request.env_file = asker->places.env_file;
    asker->request.user_file = asker->places.user_file;
    asker->request.credentials = variable("CREDENTIALS_DIRECTORY");
    asker->request.env_key = variable(KEY_VARIABLE);
    asker->request.env_openai = variable(OPENAI_KEY_VARIABLE);
}

static int ask_as(struct policy_asker *asker, const char *name)
{
    struct identity *identity = &asker->identity;
    int status = identity_find(name, identity);
    if (status != CLI_OK)
        return status;
    if (identity->uid == getuid() && identity->uid == geteuid() && !identity->group_given) {
        ask_as_caller(asker);
        return CLI_OK;
    }
    places_of_user(&asker->places, NULL, identity->home);
    asker->request.user_file = asker->places.user_file;
    asker->request.euid = &identity->uid;
    asker->request.egid = &identity->gid;
    asker->request.groups = identity->groups;
    asker->request.ngroups = identity->ngroups;
    asker->request.groups_unknown = !identity->groups_known;
    return CLI_OK;
}

/* "FOLDER/NAME", the name as it was given; a link is not followed. */
static bool full_name(const char *file, char full[PATH_MAX])
{
    char folder[PATH_MAX];
    int length;
    if (file[0] == '/')
        length = snprintf(full, PATH_MAX, "%s", file);
    else if (getcwd(folder, sizeof folder) != NULL)
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

/* secure_getenv(3): then the system's policy counts alone. */
static void drop_environment(struct policy_asker *asker)
{
    struct policy_request *request = &asker->request;
    request->env_file = request->user_file = request->credentials = NULL;
    request->env_key = request->env_openai = NULL;
}

/* What execve(2) makes of the ids. */
static void gain_ids(struct policy_asker *asker, const char *file)
{
    struct stat st;
    asker->is_trusted_more = true;
    drop_environment(asker);
    if (stat(file, &st) != 0)
        return;
    asker->identity.uid = st.st_mode & S_ISUID ? st.st_uid : geteuid();
    asker->identity.gid =
        (st.st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) ? st.st_gid : getegid();
    asker->request.euid = &asker->identity.uid;
    asker->request.egid = &asker->identity.gid;
}

/* It may run any script: it is an interpreter, or is linked with one. */
static bool interprets(const char *program)
{
    struct needed needed = {0};
    bool found = script_interpreter(program) != NULL;
    bool read = !found && needed_read(program, &needed);
    for (size_t i = 0; read && i < needed.count; i++)
        found |= embedded_is_interpreter(needed.libraries[i].name);
    if (read)
        needed_free(&needed);
    return found;
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
    if (realpath(helper != NULL ? helper : judgement.file, asker->program) == NULL ||
        !full_name(file, asker->called))
        return CLI_RUN_NOT_FOUND;
    asker->request.program = asker->program;
    asker->asks_by_helper = helper != NULL;
    asker->is_shell = script_is_shell(asker->program);
    asker->request.script_unknown = interprets(asker->program);
    if (judgement.is_by_script && !asker->is_shell)
        asker->request.script_unknown = true; /* neither of them is the one: policy/process.c */
    else if (judgement.is_script)
        set_script(asker, file);
    else if (helper == NULL)
        asker->request.called = asker->called;
    if (helper == NULL &&
        (judgement.reach == PROGRAM_SETID || judgement.reach == PROGRAM_CAPABILITIES))
        gain_ids(asker, judgement.file);
    return 0;
}

/* As /proc/PID/cmdline has them. NULL where memory ran out; the caller's. */
static char *join_words(char *const words[], size_t *length)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, length);
    for (; out != NULL && *words != NULL; words++)
        fprintf(out, "%s%c", *words, '\0');
    return out != NULL && fclose(out) == 0 ? text : NULL;
}

/* Where a relative name does not lead to a file, the interpreter looks for it elsewhere. */
static void set_interpreted(struct policy_asker *asker, const char *word)
{
    struct stat st;
    if (stat(word, &st) == 0 && strncmp(word, "/dev/", 5) != 0 && strncmp(word, "/proc/", 6) != 0)
        set_script(asker, word);
}

void asker_set_arguments(struct policy_asker *asker, char *const argv[])
{
    const struct interpreter *interpreter = script_interpreter(asker->program);
    const char *word = NULL;
    size_t length;
    if (interpreter == NULL || !asker->request.script_unknown)
        return;
    auto_free char *text = join_words(argv, &length);
    switch (text != NULL ? script_find(interpreter, text, length, &word) : SCRIPT_UNKNOWN) {
    case SCRIPT_WORD:
        set_interpreted(asker, word);
        break;
    case SCRIPT_NONE:
        asker->request.script_unknown = false;
        break;
    case SCRIPT_UNKNOWN:
        break;
    }
}

/* One that may be installed tomorrow: of it nothing but the name is known. */
static int set_missing(struct policy_asker *asker, const char *name)
{
    snprintf(asker->program, sizeof asker->program, "%s", name);
    snprintf(asker->called, sizeof asker->called, "%s", name);
    asker->request.program = asker->program;
    asker->request.script_unknown = script_interpreter(name) != NULL;
    asker->is_missing = true;
    return CLI_OK;
}

static int set_named(struct policy_asker *asker, const char *name)
{
    if (asker_set_program(asker, name) == 0)
        return CLI_OK;
    if (name[0] == '/' && errno == ENOENT && strlen(name) < PATH_MAX)
        return set_missing(asker, name);
    return cli_fail(CLI_FAILED, "%s: %m", name);
}

static int start(struct policy_asker *asker, const char *user)
{
    memset(asker, 0, sizeof *asker);
    asker->request.abi = POLICY_IMAGE_ABI;
    asker->request.system_file = PLACES_SYSTEM_FILE;
    if (user != NULL)
        return ask_as(asker, user);
    ask_as_caller(asker);
    return CLI_OK;
}

int asker_prepare(struct policy_asker *asker, const char *program, const char *user)
{
    int status = start(asker, user);
    return status == CLI_OK && program != NULL ? set_named(asker, program) : status;
}

/* ---- with the rights of another -------------------------------------------------------------- */

struct becoming {
    struct policy_asker asker;
    const char *program;
    asker_answer *answer;
    void *data;
};

/* The way back stays open: a program that is judged as this user may be another's, set-ID. */
static int take_rights(struct policy_asker *asker)
{
    if (asker->request.euid == NULL)
        return CLI_OK;
    if (setgroups(asker->request.ngroups, asker->identity.groups) != 0 ||
        setresgid(asker->identity.gid, asker->identity.gid, asker->identity.gid) != 0 ||
        setresuid(asker->identity.uid, asker->identity.uid, (uid_t)-1) != 0)
        return cli_fail(CLI_FAILED, "only root can tell what the user '%s' gets: run it with sudo",
                        asker->identity.name);
    asker->request.euid = NULL; /* it is this process's now */
    asker->request.egid = NULL;
    asker->request.groups = NULL;
    return CLI_OK;
}

static int take_gained_rights(struct policy_asker *asker)
{
    uid_t real, effective, saved;
    if (asker->request.euid == NULL)
        return setresuid((uid_t)-1, (uid_t)-1, geteuid()) == 0 ? CLI_OK
                                                               : cli_fail(CLI_FAILED, "%m");
    if (getresuid(&real, &effective, &saved) != 0 || (saved == 0 && seteuid(0) != 0) ||
        setresgid((gid_t)-1, asker->identity.gid, asker->identity.gid) != 0 ||
        setresuid((uid_t)-1, asker->identity.uid, asker->identity.uid) != 0)
        return cli_fail(CLI_FAILED,
                        "%s runs with rights that you do not have: run this with sudo, and -u %s",
                        asker->called, asker->identity.name);
    asker->request.euid = NULL;
    asker->request.egid = NULL;
    return CLI_OK;
}

static int become(struct becoming *becoming)
{
    struct policy_asker *asker = &becoming->asker;
    int status = take_rights(asker);
    if (status == CLI_OK && becoming->program != NULL)
        status = set_named(asker, becoming->program);
    if (status == CLI_OK)
        status = take_gained_rights(asker);
    return status == CLI_OK ? becoming->answer(asker, becoming->data) : status;
}

int asker_become(const char *program, const char *user, bool json, asker_answer *answer, void *data)
{
    struct becoming becoming = {.program = program, .answer = answer, .data = data};
    int status = start(&becoming.asker, user);
    pid_t child;
    if (status != CLI_OK)
        return status;
    if (becoming.asker.request.euid == NULL)
        return become(&becoming);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        status = become(&becoming);
        if (json)
            json_print_error(status);
        fflush(NULL);
        _exit(status);
    }
    json_was_printed();
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
        return cli_fail(CLI_FAILED, "no child could be asked: %m");
    return WEXITSTATUS(status);
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
