/*
 * Whether LD_PRELOAD reaches a program, judged before it is started, so that "no key" is a sentence
 * here and not a 401 later. Rules, each from the manual page that cli/program.h names:
 *   - the loader ignores the variable where the kernel sets AT_SECURE: after a change of the
 *     effective ids, or where a caller that is not root gains capabilities. A nosuid mount and
 *     no_new_privs take that away;
 *   - without PT_INTERP there is no loader;
 *   - a loader skips a library of another architecture, and another C library cannot bind ours;
 *   - of a script, the interpreter counts: the kernel ignores set-ID bits on scripts.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>

#include "cli/elf.h"
#include "cli/program.h"
#include "core/cleanup.h"
#include "core/text.h"

enum {
    /* interpreters that are scripts themselves; the kernel stops at about as many */
    MAX_SCRIPTS = 4,
    SCRIPT_LINE = 256 /* of a script, the kernel reads as much: BINPRM_BUF_SIZE */
};

static bool gains_nothing(int fd)
{
    struct statvfs fs;
    return (fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_NOSUID)) ||
           prctl(PR_GET_NO_NEW_PRIVS, 0L, 0L, 0L, 0L) == 1;
}

static bool changes_ids(const struct stat *st)
{
    if ((st->st_mode & S_ISUID) && st->st_uid != getuid())
        return true;
    /* Without group execution the bit once meant mandatory locking, and changes no id. */
    return (st->st_mode & S_ISGID) && (st->st_mode & S_IXGRP) && st->st_gid != getgid();
}

static bool gains_capabilities(int fd)
{
    return getuid() != 0 && fgetxattr(fd, "security.capability", NULL, 0) > 0;
}

/* The command was linked like the library: its loader is the one that can load the library. */
static bool same_loader(const struct elf_facts *facts)
{
    struct elf_facts own;
    auto_close int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || elf_read(fd, &own) != 0 || !own.interpreted)
        return true;
    return strcmp(text_base_name(own.interpreter), text_base_name(facts->interpreter)) == 0;
}

static bool other_architecture(const struct elf_facts *facts, const char *library)
{
    struct elf_facts ours;
    auto_close int fd = library != NULL ? open(library, O_RDONLY | O_CLOEXEC) : -1;
    return fd >= 0 && elf_read(fd, &ours) == 0 && !elf_same_architecture(facts, &ours);
}

static enum program_reach judge_elf(int fd, const char *library)
{
    struct elf_facts facts;
    if (elf_read(fd, &facts) != 0)
        return PROGRAM_UNKNOWN;
    if (other_architecture(&facts, library))
        return PROGRAM_FOREIGN;
    if (!facts.interpreted)
        return PROGRAM_STATIC;
    return same_loader(&facts) ? PROGRAM_REACHED : PROGRAM_OTHER_LIBC;
}

/* The next word of env(1)'s arguments, as -S splits them; NULL where there is none. */
static char *next_word(char **words)
{
    char *word = *words + strspn(*words, " \t");
    size_t length = strcspn(word, " \t");
    if (length == 0)
        return NULL;
    *words = word + length + (word[length] != '\0');
    word[length] = '\0';
    return word;
}

/* The program among env(1)'s arguments: options and assignments stand before it. */
static const char *env_program(char *words)
{
    char *word;
    while ((word = next_word(&words)) != NULL) {
        if (strcmp(word, "-u") == 0 || strcmp(word, "-C") == 0)
            next_word(&words);
        else if (strncmp(word, "-S", 2) == 0 && word[2] != '\0')
            return word + 2;
        else if (word[0] != '-' && strchr(word, '=') == NULL)
            return word;
    }
    return NULL;
}

/* `#!/usr/bin/env python3` and `#!/usr/bin/env -S X=1 python3 -u`: env(1) searches PATH. */
static void through_env(char *words, char next[PATH_MAX])
{
    const char *name = env_program(words);
    char found[PATH_MAX];
    if (name != NULL && program_find(name, getenv("PATH"), found) == 0)
        memcpy(next, found, sizeof found);
}

/* The interpreter that the first line names; false where the file is no script. */
static bool script_interpreter(int fd, char next[PATH_MAX])
{
    char line[SCRIPT_LINE + 1];
    ssize_t got = pread(fd, line, SCRIPT_LINE, 0);
    char *start, *end;
    if (got < 2 || line[0] != '#' || line[1] != '!')
        return false;
    line[got] = '\0';
    line[strcspn(line, "\n")] = '\0';
    start = line + 2 + strspn(line + 2, " \t");
    end = start + strcspn(start, " \t");
    if (*start == '\0')
        return false;
    snprintf(next, PATH_MAX, "%.*s", (int)(end - start), start);
    if (strcmp(text_base_name(next), "env") == 0)
        through_env(end, next);
    return true;
}

/* Text without a #! line is run by the shell: execvp(3). */
static bool interpreter(int fd, char next[PATH_MAX])
{
    char magic[4];
    if (script_interpreter(fd, next))
        return true;
    if (pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
        memcmp(magic, "\177ELF", sizeof magic) == 0)
        return false;
    snprintf(next, PATH_MAX, "/bin/sh");
    return true;
}

void program_judge(const char *file, const char *library, struct program_judgement *judgement)
{
    snprintf(judgement->file, sizeof judgement->file, "%s", file);
    judgement->is_script = judgement->is_by_script = false;
    judgement->reach = PROGRAM_UNKNOWN;
    for (int level = 0; level <= MAX_SCRIPTS; level++) {
        char next[PATH_MAX];
        struct stat st;
        auto_close int fd = open(judgement->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        /* A program that may be run and not read has set-ID bits that count all the same. */
        if (fd < 0) {
            if (stat(judgement->file, &st) == 0 && changes_ids(&st))
                judgement->reach = PROGRAM_SETID;
            return;
        }
        if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
            return;
        if (!interpreter(fd, next)) {
            judgement->reach = judge_elf(fd, library);
            if (gains_nothing(fd))
                return;
            if (changes_ids(&st))
                judgement->reach = PROGRAM_SETID;
            else if (gains_capabilities(fd))
                judgement->reach = PROGRAM_CAPABILITIES;
            return;
        }
        judgement->is_by_script = judgement->is_script;
        judgement->is_script = true;
        memcpy(judgement->file, next, sizeof next);
    }
}

const char *program_reach_fact(enum program_reach reach)
{
    switch (reach) {
    case PROGRAM_SETID:
        return "is set-user-ID or set-group-ID, so the loader ignores LD_PRELOAD";
    case PROGRAM_CAPABILITIES:
        return "has file capabilities, so the loader ignores LD_PRELOAD";
    case PROGRAM_STATIC:
        return "is statically linked, so no library can be loaded into it";
    case PROGRAM_FOREIGN:
        return "is built for another architecture than the library";
    case PROGRAM_OTHER_LIBC:
        return "uses another C library than ours, so the library cannot be loaded into it";
    case PROGRAM_UNKNOWN:
        return "cannot be read, so nobody can tell before it runs";
    case PROGRAM_REACHED:
        break;
    }
    return "can be reached";
}
