/*
 * What can be known of this process, with no more trust than it deserves.
 *
 *   the program   /proc/self/exe is the kernel's word. Its name ends in " (deleted)" once the file
 *                 was replaced or removed; a file may also really be called so.
 *   how it was    AT_EXECFN (getauxval(3)): the name that execve(2) was given, which may be a link
 *   called        to the program, or a script that begins with "#!"
 *   the script    that name, or a word of /proc/self/cmdline, which the process may overwrite. A
 *                 relative word means a file of the folder that the process was started in. Nobody
 *                 keeps that; it is the present one where the initial PWD says so too.
 *
 * MUST:     what is known stays as it was known first, for a process does not change its program,
 *           and one that changes its root folder must not become another.
 * MUST NOT: take a want of descriptors or memory for an answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/passing.h"
#include "core/secret.h"
#include "core/text.h"
#include "policy/asker.h"
#include "policy/embedded.h"
#include "policy/kernel_file.h"
#include "policy/match_path.h"
#include "policy/script.h"

enum { MAX_ARGUMENTS = 64 * 1024, MAX_ENVIRONMENT = 8 * 1024 * 1024 };

static struct {
    struct asker asker;
    bool settled;          /* `asker` holds for good */
    bool interprets;       /* the program is itself an interpreter */
    char folder[PATH_MAX]; /* while a word is looked at */
    char program[PATH_MAX];
    char called[PATH_MAX];
    char called_real[PATH_MAX]; /* its folder with links followed */
    char script[PATH_MAX];
    char script_real[PATH_MAX];
    char script_in_folder[PATH_MAX];
} known;

/* The answer that follows is for now, where there was no descriptor or memory to find a better. */
static void note_want(bool failed)
{
    known.settled &= !failed || !error_is_passing(errno);
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void identify(struct asked_file *file, const struct stat *st)
{
    file->has_id = true;
    file->dev = st->st_dev;
    file->ino = st->st_ino;
}

/* ---- the program ----------------------------------------------------------------------------- */

/* Takes " (deleted)" off the end of a name that has it from the kernel; true where it did. */
static bool strip_deleted(char *path, const struct stat *exe)
{
    static const char mark[] = " (deleted)";
    size_t length = strlen(path);
    struct stat st;
    if (length < sizeof mark || strcmp(path + length - (sizeof mark - 1), mark) != 0)
        return false;
    if (stat(path, &st) == 0 && same_file(&st, exe))
        return false;
    path[length - (sizeof mark - 1)] = '\0';
    return true;
}

/* memfd_create(2) and O_TMPFILE give a file no name, though /proc shows one. */
static bool had_no_name(const char *path, const struct stat *exe)
{
    char number[32];
    snprintf(number, sizeof number, "/#%llu", (unsigned long long)exe->st_ino);
    return strncmp(path, "/memfd:", 7) == 0 || strcmp(strrchr(path, '/'), number) == 0;
}

/* Where the loader was started by hand, it is what /proc/self/exe names (ld.so(8)). */
static bool is_under_the_loader(void)
{
    return getauxval(AT_BASE) == 0;
}

static bool name_program(struct asked_file *program)
{
    struct stat exe, named;
    ssize_t length = readlink("/proc/self/exe", known.program, sizeof known.program);
    if (length <= 0 || length == (ssize_t)sizeof known.program || known.program[0] != '/')
        return false;
    known.program[length] = '\0';
    if (stat("/proc/self/exe", &exe) != 0 || is_under_the_loader())
        return false;
    bool deleted = strip_deleted(known.program, &exe);
    if (deleted && had_no_name(known.program, &exe))
        return false;
    /* Another file of that name that nobody put there: it is a name in another root folder. */
    bool is_there = stat(known.program, &named) == 0;
    if (is_there && !deleted && !same_file(&named, &exe))
        return false;
    program->names[0] = known.program;
    program->replaced = deleted || !is_there;
    identify(program, &exe);
    return true;
}

/* ---- how it was called ----------------------------------------------------------------------- */

/* The word after `name` in the initial environment; false where it is not there or too long. */
static bool initial_variable(const char *name, char *value, size_t room)
{
    size_t size = 0, length = strlen(name);
    char *all = kernel_file("/proc/self/environ", MAX_ENVIRONMENT, &size);
    bool found = false;
    note_want(all == NULL);
    for (const char *entry = all; !found && entry < all + size; entry += strlen(entry) + 1) {
        found = strncmp(entry, name, length) == 0 && entry[length] == '=' &&
                strlen(entry + length + 1) < room;
        if (found)
            strcpy(value, entry + length + 1);
    }
    secret_free(all, size); /* people keep keys there */
    return found;
}

/* The folder that the process was started in, where that can be known. */
static bool start_folder(char folder[PATH_MAX])
{
    struct stat said, is;
    return initial_variable("PWD", folder, PATH_MAX) && folder[0] == '/' &&
           stat(folder, &said) == 0 && stat(".", &is) == 0 && same_file(&said, &is);
}

/* The full name of a word that names a file; false where that cannot be known. */
static bool full_name(const char *word, char full[PATH_MAX])
{
    char *folder = known.folder;
    int length;
    if (word[0] == '/')
        length = snprintf(full, PATH_MAX, "%s", word);
    else if (start_folder(folder))
        length = snprintf(full, PATH_MAX, "%s/%s", folder, word);
    else
        return false;
    /* A descriptor's name means what is open by now. */
    return length < PATH_MAX && strncmp(full, "/dev/", 5) != 0 && strncmp(full, "/proc/", 6) != 0;
}

enum start { STARTED_PROGRAM, STARTED_SCRIPT, STARTED_UNKNOWN };

static enum start judge_start(const char *path, const struct asked_file *program)
{
    char begin[4] = "";
    struct stat st;
    auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    note_want(fd < 0);
    bool same = fd >= 0 && fstat(fd, &st) == 0 && program->has_id && st.st_dev == program->dev &&
                st.st_ino == program->ino;
    ssize_t n = fd >= 0 && !same ? pread(fd, begin, sizeof begin, 0) : 0;
    if (n >= 2 && begin[0] == '#' && begin[1] == '!')
        return STARTED_SCRIPT;
    /* An ELF file is no script. Where the name is gone or may not be read, it can be told by
     * itself.
     */
    if (same || (n == 4 && memcmp(begin, "\177ELF", 4) == 0) ||
        (program->names[0] != NULL &&
         strcmp(text_base_name(path), text_base_name(program->names[0])) == 0))
        return STARTED_PROGRAM;
    return STARTED_UNKNOWN;
}

/* ---- the script ------------------------------------------------------------------------------ */

static void take_script(struct asked_file *script, const char *word)
{
    struct stat st;
    *script = (struct asked_file){.unknown = true};
    if (!full_name(word, known.script))
        return;
    bool is_there = stat(known.script, &st) == 0;
    if (!is_there && word[0] != '/')
        return; /* the interpreter looked elsewhere, or the folder is another by now */
    if (is_there && S_ISREG(st.st_mode)) /* which file of a folder is run is not known */
        identify(script, &st);
    script->unknown = false;
    script->replaced = script->loose = !script->has_id;
    script->names[0] = known.script;
    if (realpath(known.script, known.script_real) != NULL)
        script->names[1] = known.script_real;
    bool in_folder = match_path_in_folder(known.script, known.script_in_folder);
    note_want(!in_folder);
    if (in_folder)
        script->names[2] = known.script_in_folder;
}

/* What /proc/self/cmdline says, of a process that is such an interpreter. */
static void read_command_line(struct asked_file *script, const struct interpreter *interpreter)
{
    const char *word = NULL;
    *script = (struct asked_file){.unknown = true};
    auto_close int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    auto_free char *text = fd >= 0 ? malloc(MAX_ARGUMENTS) : NULL;
    ssize_t length = text != NULL ? read(fd, text, MAX_ARGUMENTS) : -1;
    note_want(length <= 0);
    if (length > 0) {
        switch (script_find(interpreter, text, (size_t)length, &word)) {
        case SCRIPT_WORD:
            take_script(script, word);
            break;
        case SCRIPT_NONE:
            *script = (struct asked_file){0};
            break;
        case SCRIPT_UNKNOWN:
            break;
        }
    }
}

static bool same_script(const struct asked_file *a, const struct stat *st)
{
    return a->has_id && a->dev == st->st_dev && a->ino == st->st_ino;
}

/* "#!" names an interpreter that may be a script itself: then two are
 * run, and neither is the one. */
static void take_started(struct asked_file *script, const char *name,
                         const struct interpreter *interpreter)
{
    struct asked_file word = {0};
    struct stat st;
    if (interpreter != NULL)
        read_command_line(&word, interpreter);
    bool other =
        word.names[0] != NULL && !word.unknown && stat(name, &st) == 0 && !same_script(&word, &st);
    take_script(script, name);
    script->unknown |= other;
}

static void find_script(struct asker *asker, enum start start, const char *named)
{
    const char *program = asker->program.names[0];
    const struct interpreter *interpreter = program != NULL ? script_interpreter(program) : NULL;
    if (interpreter == NULL && named != NULL) /* under another name */
        interpreter = script_interpreter(named);
    known.interprets = interpreter != NULL;
    if (start == STARTED_SCRIPT)
        take_started(&asker->script, known.called, interpreter);
    else if (is_under_the_loader()) /* the first words are the loader's */
        asker->script.unknown = true;
    else if (interpreter != NULL)
        read_command_line(&asker->script, interpreter);
    else
        asker->script.unknown = program == NULL || start == STARTED_UNKNOWN || named != NULL;
}

static void read_anew(struct asker *asker, const char *interpreter)
{
    const char *word = (const char *)getauxval(AT_EXECFN);
    enum start start = STARTED_UNKNOWN;
    *asker = (struct asker){0};
    known.settled = true;
    if (!name_program(&asker->program))
        asker->program = (struct asked_file){.unknown = true};
    bool called = word != NULL && strnlen(word, PATH_MAX) < PATH_MAX;
    bool full = called && full_name(word, known.called);
    if (called)
        start = judge_start(full ? known.called : word, &asker->program);
    if (!full) /* a script is known by its full name alone */
        start = start == STARTED_SCRIPT ? STARTED_UNKNOWN : start;
    find_script(asker, start, interpreter);
    if (full && start == STARTED_PROGRAM && !asker->program.unknown) {
        asker->program.names[1] = known.called;
        bool in_folder = match_path_in_folder(known.called, known.called_real);
        note_want(!in_folder);
        if (in_folder)
            asker->program.names[2] = known.called_real;
    }
}

/* A program may load an interpreter at any time, so this is asked each time. */
static bool may_run_any(const struct asker *asker)
{
    bool want = false;
    bool none = asker->script.names[0] == NULL && !asker->script.unknown && !known.interprets;
    bool embedded = none && embedded_in_this_process(&want);
    note_want(want);
    return embedded;
}

bool process_read(struct asker *asker, const char *interpreter, bool names_scripts)
{
    if (!known.settled)
        read_anew(&known.asker, interpreter);
    *asker = known.asker;
    asker->script.unknown |= names_scripts && may_run_any(asker);
    return known.settled;
}
