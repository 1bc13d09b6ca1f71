/*
 * Which library the system-wide switch may name.
 *
 * It will run in every process, root's too. So it must be a regular file that root (or, in another
 * tree, who owns that tree) owns and nobody else can write, and the same holds for every folder on
 * the way.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/elf.h"
#include "cli/library.h"
#include "cli/rooted.h"
#include "cli/switch.h"
#include "core/cleanup.h"

/* What the loader puts for $LIB, by distribution and architecture. */
static const char *const lib_words[] = {
    "lib/x86_64-linux-gnu",
    "lib/i386-linux-gnu",
    "lib/aarch64-linux-gnu",
    "lib/arm-linux-gnueabihf",
    "lib/riscv64-linux-gnu",
    "lib/powerpc64le-linux-gnu",
    "lib/s390x-linux-gnu",
    "lib64",
    "lib32",
    "libx32",
    "lib",
    NULL,
};
static const char *const prefixes[] = {"/usr/local/", "/usr/", "/", NULL};

static bool join(char path[PATH_MAX], const char *folder, const char *below)
{
    return snprintf(path, PATH_MAX, "%s%s/" LIBRARY_NAME, folder, below) < PATH_MAX;
}

static int open_at(const struct switch_tree *tree, const char *path)
{
    return rooted_open(tree->top, path, O_RDONLY | O_NONBLOCK);
}

static bool readable(const struct switch_tree *tree, const char *path)
{
    auto_close int fd = open_at(tree, path);
    return fd >= 0;
}

/* Whether the file is a library, and of an ABI that none of the `count` seen before has. */
static bool is_new_abi(int fd, struct elf_facts *seen, int count)
{
    struct elf_facts facts;
    if (fd < 0 || elf_read(fd, &facts) != 0)
        return false;
    for (int i = 0; i < count; i++)
        if (elf_same_architecture(&seen[i], &facts))
            return false;
    seen[count] = facts;
    return true;
}

/* How many ABIs of one prefix have the library. lib64 may be a link to
 * lib: that is no second one. */
static int count_abis(const struct switch_tree *tree, const char *prefix)
{
    struct elf_facts seen[sizeof lib_words / sizeof *lib_words];
    char path[PATH_MAX];
    int count = 0;
    for (const char *const *word = lib_words; *word != NULL; word++) {
        if (!join(path, prefix, *word))
            continue;
        auto_close int fd = open_at(tree, path);
        count += is_new_abi(fd, seen, count);
    }
    return count;
}

static bool own_architecture(const struct switch_tree *tree, const char *path)
{
    struct elf_facts own, other;
    auto_close int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    auto_close int fd = open_at(tree, path);
    return self >= 0 && fd >= 0 && elf_read(self, &own) == 0 && elf_read(fd, &other) == 0 &&
           elf_same_architecture(&own, &other);
}

static bool find_below(const struct switch_tree *tree, const char *prefix, bool any,
                       char entry[PATH_MAX])
{
    for (const char *const *word = lib_words; *word != NULL; word++) {
        if (!join(entry, prefix, *word) || !readable(tree, entry) ||
            (!any && !own_architecture(tree, entry)))
            continue;
        return count_abis(tree, prefix) <= 1 || join(entry, prefix, "$LIB");
    }
    return false;
}

/* Where `make install` put it first, then where packages do; this machine's architecture first. */
static bool find(const struct switch_tree *tree, char entry[PATH_MAX])
{
    if (join(entry, LIBDIR, "") && readable(tree, entry))
        return true;
    for (int any = 0; any < 2; any++)
        for (const char *const *prefix = prefixes; *prefix != NULL; prefix++)
            if (find_below(tree, *prefix, any != 0, entry))
                return true;
    return false;
}

static bool trusted_owner(const struct stat *st)
{
    return (st->st_uid == 0 || st->st_uid == geteuid()) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Judges the file, whose name has no links, and each folder above it as far as the tree's root. */
static int judge(const struct switch_tree *tree, char *real)
{
    struct stat st;
    if (stat(real, &st) != 0 || !S_ISREG(st.st_mode))
        return cli_fail(CLI_FAILED, "%s is not a regular file: install the library again", real);
    for (;;) {
        if (stat(real, &st) != 0)
            return cli_fail(CLI_FAILED, "%s: %m", real);
        if (!trusted_owner(&st))
            return cli_fail(CLI_FAILED,
                            "%s can be changed by others than root, and the library would run in "
                            "every program: chown root and chmod go-w it",
                            real);
        char *slash = strrchr(real, '/');
        if (slash == NULL || slash == real || strlen(real) <= strlen(tree->root))
            return CLI_OK;
        *slash = '\0';
    }
}

int switch_find_library(const struct switch_tree *tree, char entry[PATH_MAX])
{
    char file[PATH_MAX];
    unsigned word = 0;
    int status = CLI_OK;
    if (!find(tree, entry))
        return cli_fail(CLI_FAILED,
                        LIBRARY_NAME " is not installed%s%s: install the package, or run "
                                     "'make install'",
                        *tree->root != '\0' ? " in " : "", tree->root);
    if (strpbrk(entry, " :") != NULL)
        return cli_fail(CLI_FAILED,
                        "%s cannot be preloaded, because the loader splits names at spaces and "
                        "colons: install it in a folder without them",
                        entry);
    while (status == CLI_OK && switch_next_file(tree, entry, &word, file))
        status = judge(tree, file);
    return status;
}

/* The file's name from here, without links. */
static bool resolve(const struct switch_tree *tree, const char *path, char file[PATH_MAX])
{
    char link[64];
    auto_close int fd = open_at(tree, path);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = fd < 0 ? -1 : readlink(link, file, PATH_MAX - 1);
    if (length > 0) {
        file[length] = '\0';
        return true;
    }
    return fd >= 0 && snprintf(file, PATH_MAX, "%s%s", tree->root, path) < PATH_MAX;
}

/* False where it is too long for a name. */
static bool with_word(char path[PATH_MAX], const char *before, unsigned word, const char *behind)
{
    return snprintf(path, PATH_MAX, "%s%s%s", before, lib_words[word], behind) < PATH_MAX;
}

/* Whether an earlier word leads to the same ABI: a link from lib64 to lib. */
static bool seen_before(const struct switch_tree *tree, const char *before, const char *behind,
                        unsigned word)
{
    struct elf_facts seen[2];
    char path[PATH_MAX];
    auto_close int fd = with_word(path, before, word, behind) ? open_at(tree, path) : -1;
    if (!is_new_abi(fd, seen, 0))
        return false;
    for (unsigned i = 0; i < word; i++) {
        auto_close int earlier = with_word(path, before, i, behind) ? open_at(tree, path) : -1;
        struct elf_facts facts;
        if (earlier >= 0 && elf_read(earlier, &facts) == 0 &&
            elf_same_architecture(&facts, &seen[0]))
            return true;
    }
    return false;
}

bool switch_next_file(const struct switch_tree *tree, const char *entry, unsigned *word,
                      char file[PATH_MAX])
{
    char before[PATH_MAX], path[PATH_MAX];
    const char *lib = strstr(entry, "$LIB");
    if (lib == NULL)
        return (*word)++ == 0 && resolve(tree, entry, file);
    snprintf(before, sizeof before, "%.*s", (int)(lib - entry), entry);
    while (lib_words[*word] != NULL) {
        unsigned now = (*word)++;
        const char *behind = lib + strlen("$LIB");
        if (with_word(path, before, now, behind) && !seen_before(tree, before, behind, now) &&
            resolve(tree, path, file))
            return true;
    }
    return false;
}
