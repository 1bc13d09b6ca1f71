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

static bool join(char path[PATH_MAX], const char *root, const char *folder, const char *below)
{
    return snprintf(path, PATH_MAX, "%s%s%s/" LIBRARY_NAME, root, folder, below) < PATH_MAX;
}

static bool readable(const char *path)
{
    return access(path, R_OK) == 0;
}

/* How many ABIs of one prefix have the library. */
static int count_abis(const char *root, const char *prefix)
{
    struct elf_facts seen[sizeof lib_words / sizeof *lib_words];
    char path[PATH_MAX];
    int count = 0;
    for (const char *const *word = lib_words; *word != NULL; word++) {
        struct elf_facts facts;
        bool known = false;
        if (!join(path, root, prefix, *word))
            continue;
        auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0 || elf_read(fd, &facts) != 0)
            continue;
        /* lib64 may be a link to lib: the same library is no second ABI. */
        for (int i = 0; i < count; i++)
            known = known || elf_same_architecture(&seen[i], &facts);
        if (!known)
            seen[count++] = facts;
    }
    return count;
}

static bool own_architecture(const char *path)
{
    struct elf_facts own, other;
    auto_close int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    return self >= 0 && fd >= 0 && elf_read(self, &own) == 0 && elf_read(fd, &other) == 0 &&
           elf_same_architecture(&own, &other);
}

/* Where `make install` put it first, then where packages do; this machine's architecture first. */
static bool find(const char *root, char entry[PATH_MAX], char file[PATH_MAX])
{
    if (join(file, root, LIBDIR, "") && readable(file) && join(entry, "", LIBDIR, ""))
        return true;
    for (int any = 0; any < 2; any++) {
        for (const char *const *prefix = prefixes; *prefix != NULL; prefix++) {
            for (const char *const *word = lib_words; *word != NULL; word++) {
                if (!join(file, root, *prefix, *word) || !readable(file) ||
                    (!any && !own_architecture(file)))
                    continue;
                if (count_abis(root, *prefix) > 1)
                    return join(entry, "", *prefix, "$LIB");
                return join(entry, "", *prefix, *word);
            }
        }
    }
    return false;
}

static bool trusted_owner(const struct stat *st)
{
    return (st->st_uid == 0 || st->st_uid == geteuid()) && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

/* Judges the file and each folder above it, as far as the root of the tree. */
static int judge(const char *root, const char *file)
{
    char real[PATH_MAX], real_root[PATH_MAX] = "";
    struct stat st;
    if (realpath(file, real) == NULL || (*root && realpath(root, real_root) == NULL))
        return cli_fail(CLI_FAILED, "%s: %m", file);
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
        if (slash == NULL || slash == real || strlen(real) <= strlen(real_root))
            return CLI_OK;
        *slash = '\0';
    }
}

int switch_find_library(const char *root, char entry[PATH_MAX], char file[PATH_MAX])
{
    if (!find(root, entry, file))
        return cli_fail(CLI_FAILED,
                        LIBRARY_NAME " is not installed%s%s: install the package, or run "
                                     "'make install'",
                        *root ? " in " : "", root);
    if (strpbrk(entry, " :") != NULL)
        return cli_fail(CLI_FAILED,
                        "%s cannot be preloaded, because the loader splits names at spaces and "
                        "colons: install it in a folder without them",
                        entry);
    return judge(root, file);
}

static bool with_lib_word(const char *root, const char *entry, const char *lib)
{
    char path[PATH_MAX];
    for (const char *const *word = lib_words; *word != NULL; word++)
        if (snprintf(path, sizeof path, "%s%.*s%s%s", root, (int)(lib - entry), entry, *word,
                     lib + strlen("$LIB")) < PATH_MAX &&
            readable(path))
            return true;
    return false;
}

bool switch_entry_exists(const char *root, const char *entry, size_t length)
{
    char name[PATH_MAX], path[2 * PATH_MAX];
    const char *lib;
    if (length >= sizeof name)
        return false;
    memcpy(name, entry, length);
    name[length] = '\0';
    lib = strstr(name, "$LIB");
    if (lib != NULL)
        return with_lib_word(root, name, lib);
    snprintf(path, sizeof path, "%s%s", root, name);
    return readable(path);
}
