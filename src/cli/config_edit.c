/*
 * config edit - a policy in an editor, as visudo(8) does it for another file.
 *
 * Way:   a copy beside the file (".NAME.edit", 0600, for a key may be in it) is edited and read as
 *        the library would read it. What it would refuse never takes the file's place. The file is
 *        replaced whole (atomic_file.h) and keeps mode and owner; whatever else happens, it is as
 *        it was.
 * Lock:  ".NAME.lock", from before the copy is made until it has taken the file's place.
 * Lost:  nothing that somebody wrote, unless he says so: it is kept as ".NAME.kept", and where
 *        there is one, as ".NAME.kept.2" and so on.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/account.h"
#include "cli/atomic_file.h"
#include "cli/config.h"
#include "cli/lock_file.h"
#include "core/cleanup.h"
#include "core/places.h"
#include "core/secret.h"
#include "core/variable.h"
#include "policy/config.h"

enum { OPTION_SYSTEM };
enum { MAX_KEPT = 999 };

static const struct cli_option options[] = {
    [OPTION_SYSTEM] = {"system", 's', NULL, "FILE is, or becomes, the system's policy",
                       CLI_WORDS_NONE, NULL},
    {0},
};

/* A file's content may hold a key: wiped before it is freed. */
struct text {
    char *bytes; /* NULL: there is no such file */
    size_t size;
};

struct edit {
    char path[PATH_MAX]; /* of the file, without links */
    const char *name;    /* in its folder */
    char copy[NAME_MAX + 1];
    char copy_path[PATH_MAX + 8];
    int folder; /* open, or -1 */
    int lock;
    bool system;
    struct text before; /* what the file held */
};

static void text_clear(struct text *text)
{
    if (text->bytes != NULL)
        secret_wipe(text->bytes, text->size);
    free(text->bytes);
    *text = (struct text){0};
}
#define auto_text __attribute__((cleanup(text_clear)))

static void edit_close(struct edit *edit)
{
    text_clear(&edit->before);
    cleanup_close(&edit->folder);
    cleanup_close(&edit->lock);
}
#define auto_edit __attribute__((cleanup(edit_close)))

static int failed(const char *path)
{
    return cli_fail(CLI_FAILED, "%s: %m%s", path,
                    (errno == EACCES || errno == EPERM) && geteuid() != 0
                        ? ": run this as its owner, or as root"
                        : "");
}

/* ---- which file ------------------------------------------------------------------------------ */

/* As a key is stored for: root's is the system's. */
static const char *file_of(const struct cli_call *call, struct places *places)
{
    places_find(places);
    if (call->argc == 1)
        return call->argv[0];
    if (call->value[OPTION_SYSTEM] != NULL)
        return PLACES_SYSTEM_FILE;
    if (places->env_file != NULL)
        return places->env_file;
    return geteuid() == 0 && getenv("XDG_CONFIG_HOME") == NULL ? PLACES_SYSTEM_FILE
                                                               : places->user_file;
}

static int is_file(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return failed(path);
    return S_ISREG(st.st_mode) ? CLI_OK : cli_fail(CLI_FAILED, "%s is no regular file", path);
}

static bool is_link(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* A link stays a link: the file that it leads to is changed. One that is not there yet has a folder
 * at least, or gets one. */
static int find_place(struct edit *edit, const char *file)
{
    char folder[PATH_MAX], real[PATH_MAX];
    const char *slash = strrchr(file, '/');
    if (realpath(file, edit->path) != NULL)
        return is_file(edit->path);
    if (errno != ENOENT)
        return failed(file);
    if (is_link(file))
        return cli_fail(CLI_FAILED,
                        "%s leads to a file that is not there: make it, or remove the link", file);
    if (*file == '\0' || (slash != NULL && slash[1] == '\0'))
        return cli_fail(CLI_FAILED, "'%s' names no file", file);
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - file) : 1,
             slash != NULL ? file : ".");
    if (*folder != '\0' && atomic_make_folder(folder, geteuid() == 0 ? 0755 : 0700) != 0)
        return failed(folder);
    if (realpath(*folder != '\0' ? folder : "/", real) == NULL)
        return failed(folder);
    if (snprintf(edit->path, sizeof edit->path, "%s/%s", real, slash != NULL ? slash + 1 : file) >=
        PATH_MAX)
        return cli_fail(CLI_FAILED, "%s: the name is too long", file);
    return CLI_OK;
}

static int take_lock(struct edit *edit)
{
    char lock[NAME_MAX + 1];
    pid_t holder;
    snprintf(lock, sizeof lock, ".%.200s.lock", edit->name);
    edit->lock = lock_file_take(edit->folder, lock, 0, &holder);
    if (edit->lock >= 0)
        return CLI_OK;
    if (errno != EBUSY)
        return failed(edit->path);
    return cli_fail(CLI_FAILED, "%s: process %ld is editing it: wait for it, or end it first",
                    edit->path, (long)holder);
}

static int read_text(int folder, const char *name, const char *path, struct text *text)
{
    text->bytes = atomic_read(folder, name, POLICY_MAX_FILE, &text->size);
    if (text->bytes != NULL || errno == ENOENT)
        return CLI_OK;
    return errno == EINVAL || errno == ELOOP ? cli_fail(CLI_FAILED, "%s is no regular file", path)
                                             : failed(path);
}

static int edit_open(struct edit *edit, const char *file)
{
    int status = find_place(edit, file);
    if (status != CLI_OK)
        return status;
    char *slash = strrchr(edit->path, '/');
    edit->name = slash + 1;
    *slash = '\0';
    edit->folder = open(*edit->path != '\0' ? edit->path : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *slash = '/';
    if (edit->folder < 0)
        return failed(edit->path);
    snprintf(edit->copy, sizeof edit->copy, ".%.200s.edit", edit->name);
    snprintf(edit->copy_path, sizeof edit->copy_path, "%.*s%s", (int)(edit->name - edit->path),
             edit->path, edit->copy);
    edit->system |= strcmp(edit->path, PLACES_SYSTEM_FILE) == 0;
    status = take_lock(edit);
    return status == CLI_OK ? read_text(edit->folder, edit->name, edit->path, &edit->before)
                            : status;
}

/* ---- the copy -------------------------------------------------------------------------------- */

static bool is_there(const struct edit *edit, const char *name)
{
    return faccessat(edit->folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* What was kept before is somebody's too. */
static void keep_copy(const struct edit *edit)
{
    char kept[NAME_MAX + 1];
    snprintf(kept, sizeof kept, ".%.200s.kept", edit->name);
    for (unsigned i = 2; i <= MAX_KEPT && is_there(edit, kept); i++)
        snprintf(kept, sizeof kept, ".%.200s.kept.%u", edit->name, i);
    if (renameat(edit->folder, edit->copy, edit->folder, kept) == 0)
        cli_warn("what was written is kept as %.*s%s", (int)(edit->name - edit->path), edit->path,
                 kept);
}

static int make_copy(const struct edit *edit)
{
    static const struct atomic_owner own = {0600, (uid_t)ATOMIC_KEEP, (gid_t)ATOMIC_KEEP};
    /* The lock says that nobody is writing it any more. */
    if (is_there(edit, edit->copy))
        keep_copy(edit);
    if (atomic_replace(edit->folder, edit->copy,
                       edit->before.bytes != NULL ? edit->before.bytes : "", edit->before.size,
                       &own) != 0)
        return failed(edit->copy_path);
    return CLI_OK;
}

static void exec_editor(const char *copy)
{
    const char *editor = variable("VISUAL") != NULL ? variable("VISUAL") : variable("EDITOR");
    auto_free char *line = NULL;
    if (editor == NULL)
        editor = "vi";
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    /* It may be a name with options, which is a shell's to take apart. */
    if (asprintf(&line, "%s \"$1\"", editor) >= 0)
        execl("/bin/sh", "sh", "-c", line, "sh", copy, (char *)NULL);
    _exit(CLI_RUN_NOT_FOUND);
}

/* Signals of the terminal are for the editor, as in system(3). */
static int run_editor(const struct edit *edit)
{
    int status;
    fflush(stdout);
    void (*interrupt)(int) = signal(SIGINT, SIG_IGN);
    void (*quit)(int) = signal(SIGQUIT, SIG_IGN);
    pid_t child = fork();
    if (child == 0)
        exec_editor(edit->copy_path);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    signal(SIGINT, interrupt);
    signal(SIGQUIT, quit);
    if (child < 0)
        return cli_fail(CLI_FAILED, "no editor could be started: %m");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return CLI_OK;
    return cli_fail(CLI_FAILED,
                    "the editor ended with %d: %s is as it was (VISUAL and EDITOR name "
                    "another editor)",
                    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), edit->path);
}

/* ---- is it good? ----------------------------------------------------------------------------- */

static bool same(const struct text *a, const struct text *b)
{
    return (a->bytes == NULL) == (b->bytes == NULL) && a->size == b->size &&
           (a->bytes == NULL || memcmp(a->bytes, b->bytes, a->size) == 0);
}

/* The copy is looked at by its name, and an editor in the background may go on writing to it. */
static bool is_good(const struct edit *edit, const struct text *text)
{
    struct stat st;
    auto_text struct text after = {0};
    bool there = fstatat(edit->folder, edit->name, &st, 0) == 0;
    if (!config_can_stand(edit->copy_path, edit->path, edit->system, there ? st.st_mode : 0600) ||
        read_text(edit->folder, edit->copy, edit->copy_path, &after) != CLI_OK)
        return false;
    if (!same(&after, text))
        cli_warn("%s was written to while it was looked at: wait for the editor to end",
                 edit->copy_path);
    return same(&after, text);
}

/* True: once more. Who is no terminal is not asked. */
static bool wants_to_edit_again(const struct edit *edit)
{
    char line[16];
    if (!isatty(STDIN_FILENO))
        return false;
    do {
        fprintf(stderr, "e: edit it again; x: leave %s as it was: ", edit->path);
        if (fgets(line, sizeof line, stdin) == NULL)
            return false;
    } while (line[0] != 'e' && line[0] != 'x');
    if (line[0] == 'x')
        unlinkat(edit->folder, edit->copy, 0);
    return line[0] == 'e';
}

/* ---- putting it in place --------------------------------------------------------------------- */

static int put_in_place(const struct edit *edit, const struct text *text)
{
    struct atomic_owner owner = {edit->system ? 0644 : 0600, (uid_t)ATOMIC_KEEP,
                                 (gid_t)ATOMIC_KEEP};
    auto_text struct text now = {0};
    int status = read_text(edit->folder, edit->name, edit->path, &now);
    if (status == CLI_OK && !same(&now, &edit->before))
        status =
            cli_fail(CLI_FAILED, "%s was changed by somebody else meanwhile, and is as he left it",
                     edit->path);
    if (status == CLI_OK && atomic_replace(edit->folder, edit->name, text->bytes, text->size,
                                           now.bytes != NULL ? NULL : &owner) != 0)
        status = failed(edit->path);
    if (status != CLI_OK)
        return status;
    unlinkat(edit->folder, edit->copy, 0);
    printf("%s was replaced: who reads it does so from the next request on\n", edit->path);
    return CLI_OK;
}

static int nothing_changed(const struct edit *edit)
{
    unlinkat(edit->folder, edit->copy, 0);
    printf("%s is as it was\n", edit->path);
    return CLI_NO;
}

/* So does an editor leave it that could not write: with the file every key and every deny would be
 * gone. */
static int emptied(const struct edit *edit)
{
    unlinkat(edit->folder, edit->copy, 0);
    return cli_fail(CLI_FAILED,
                    "the editor left nothing: %s is as it was; remove it where no policy is wanted",
                    edit->path);
}

/* One turn of the editor; *again: the copy is not good, and its writer wants to go on. */
static int edit_once(const struct edit *edit, bool *again)
{
    auto_text struct text text = {0};
    int status = run_editor(edit);
    *again = false;
    if (status == CLI_OK)
        status = read_text(edit->folder, edit->copy, edit->copy_path, &text);
    if (status != CLI_OK)
        return status;
    if (text.bytes == NULL || same(&text, &edit->before) ||
        (edit->before.bytes == NULL && text.size == 0))
        return nothing_changed(edit);
    if (text.size == 0)
        return emptied(edit);
    if (is_good(edit, &text))
        return put_in_place(edit, &text);
    *again = wants_to_edit_again(edit);
    return *again ? CLI_OK
                  : cli_fail(CLI_BAD_CONFIG, "%s is as it was: what was written could not be used",
                             edit->path);
}

static int edit_until_good(const struct edit *edit)
{
    auto_text struct text copy = {0};
    bool again = true;
    int status = make_copy(edit);
    if (status != CLI_OK)
        return status;
    while (status == CLI_OK && again)
        status = edit_once(edit, &again);
    if (status == CLI_OK || status == CLI_NO)
        return status;
    copy.bytes = atomic_read(edit->folder, edit->copy, POLICY_MAX_FILE, &copy.size);
    if (copy.bytes != NULL && same(&copy, &edit->before))
        unlinkat(edit->folder, edit->copy, 0);
    else if (is_there(edit, edit->copy))
        keep_copy(edit);
    return status;
}

static int edit_file(const struct cli_call *call)
{
    auto_edit struct edit edit = {.folder = -1, .lock = -1};
    struct places places;
    const char *file = file_of(call, &places);
    if (file == NULL)
        return cli_fail(CLI_FAILED, "no home folder is known: set HOME, or name the file");
    edit.system = call->value[OPTION_SYSTEM] != NULL;
    int status = edit_open(&edit, file);
    if (status == CLI_OK)
        status = edit_until_good(&edit);
    account("config edit", *edit.path != '\0' ? edit.path : file, status);
    return status == CLI_NO ? CLI_OK : status;
}

const struct cli_verb cli_verb_config_edit = {
    .name = "edit",
    .operands = "[FILE]",
    .summary = "change it in an editor, checked before it counts",
    .about = "Edit FILE, or the configuration: root's is the system's. A copy is edited, by\n"
             "$VISUAL, $EDITOR or vi, and takes the file's place once it can be used; until\n"
             "then, and whatever happens, the file is as it was.\n",
    .options = options,
    .words = CLI_WORDS_FILE,
    .max_operands = 1,
    .run = edit_file,
};
