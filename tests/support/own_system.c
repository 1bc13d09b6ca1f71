#include "own_system.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "command.h"
#include "journal_trap.h"

#define MEMORY "/run/own-system"

static bool own_mounts(void)
{
    if (geteuid() != 0 || !journal_trap_start() || chmod("/run", 0755) != 0)
        return false;
    ck_assert_int_eq(mkdir(MEMORY, 0755), 0);
    if (mount("tmpfs", MEMORY, "tmpfs", 0, "mode=755,size=1m") != 0)
        return false;
    ck_assert_int_eq(mkdir(MEMORY "/upper", 0755), 0);
    ck_assert_int_eq(mkdir(MEMORY "/work", 0755), 0);
    return mount("overlay", "/etc", "overlay", 0,
                 "lowerdir=/etc,upperdir=" MEMORY "/upper,workdir=" MEMORY "/work") == 0 &&
           mount("tmpfs", "/usr/local", "tmpfs", 0, "mode=755") == 0;
}

static void install(const char *product, const char *place, mode_t mode)
{
    char from[PATH_MAX];
    built(from, product);
    if (exists(from))
        copy_file(from, place, mode);
}

bool own_system_lacks(const char *test)
{
    umask(022);
    if (!own_mounts()) {
        printf("SKIP %.*s: this process may not mount\n", (int)strlen(test) - 3, test);
        fflush(stdout);
        return true;
    }
    unlink(OWN_PRELOAD);
    ck_assert_int_eq(mkdir("/usr/local/bin", 0755), 0);
    ck_assert_int_eq(mkdir("/usr/local/lib", 0755), 0);
    ck_assert_int_eq(mkdir("/usr/local/lib/commissioned-auth", 0755), 0);
    install("commissioned-auth", OWN_COMMAND, 0755);
    install("commissioned-auth-off", OWN_OFF, 0755);
    install("libcommissioned-auth.so", OWN_LIBRARY, 0644);
    install("commissioned-auth-policy.so",
            "/usr/local/lib/commissioned-auth/commissioned-auth-policy.so", 0644);
    install("commissioned-auth-trial", "/usr/local/lib/commissioned-auth/commissioned-auth-trial",
            0755);
    install("libcommissioned-auth.so.sum",
            "/usr/local/lib/commissioned-auth/libcommissioned-auth.so.sum", 0644);
    return false;
}

void own_system_fill_etc(void)
{
    static const char zeros[4096];
    int fd = open("/etc/fills-the-disk", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ck_assert_int_ge(fd, 0);
    while (write(fd, zeros, sizeof zeros) > 0)
        ;
    close(fd);
}

bool own_system_told(const char *text)
{
    const char(*lines)[TRAP_SIZE];
    size_t count = journal_trap_lines(&lines);
    for (size_t i = 0; i < count; i++)
        if (strstr(lines[i], text) != NULL)
            return true;
    return false;
}
