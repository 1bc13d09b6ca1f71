/*
 * commissioned-auth-off - takes the library out of /etc/ld.so.preload where no other program runs
 * any more, because the library that the file names is damaged. So it is linked statically.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "cli/account.h"
#include "cli/cli.h"
#include "cli/gone_reader.h"
#include "cli/hindrance.h"
#include "cli/take_back.h"

#define INIT "/sbin/init"

enum { OK, FAILED = 2, READY = 3 };

/* The journal's word for it; the exit status is 0 then. */
enum { WAS_OFF = CLI_NO };

static const char usage[] =
    "usage: commissioned-auth-off [--unconfirmed | --init]\n\n"
    "Take the library out of /etc/ld.so.preload. Other entries and comments stay. It is linked\n"
    "statically: it works when the library that the file names breaks every other program.\n\n"
    "    --unconfirmed   only what was not confirmed before the last boot\n"
    "    --init          then execute " INIT ": for a machine that does not boot any more, as\n"
    "                    kernel parameters 'init=PATH -- --init'\n"
    "    --help, --version\n";

static int failed(const char *file)
{
    fprintf(stderr, "commissioned-auth-off: %s: %s%s\n", file, strerror(errno),
            hindrance_remedy(errno, file));
    return FAILED;
}

static int off(void)
{
    const char *file;
    int etc = open("/etc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (etc < 0)
        return failed("/etc");
    enum preload_out out = take_off(etc, &file);
    if (out == PRELOAD_OUT_FAILED)
        return failed(file);
    puts(out == PRELOAD_OUT_DONE ? "off: programs that run keep the library until they end"
                                 : "off already");
    return out == PRELOAD_OUT_DONE ? OK : WAS_OFF;
}

/* The kernel's first program, when the real one dies of the library: the
 * root is still read-only. */
static int init(void)
{
    char *const argv[] = {(char *)INIT, NULL};
    if (getpid() != 1) {
        fputs("commissioned-auth-off: --init is for the first process of a machine\n", stderr);
        return FAILED;
    }
    mount(NULL, "/", NULL, MS_REMOUNT, NULL);
    off();
    fflush(stdout);
    sync();
    execv(INIT, argv);
    return failed(INIT);
}

/* For `enable` alone, which waits for a byte that says: from here on no
 * signal ends this unheard. */
static int watch(const char *seconds)
{
    take_back_block_signals();
    if (write(READY, "", 1) != 1)
        return FAILED;
    close(READY);
    return take_back_watch(NULL, (unsigned)strtoul(seconds, NULL, 10));
}

int main(int argc, char **argv)
{
    gone_reader_is_outlived();
    if (argc == 1)
        return account("commissioned-auth-off", "/etc/" PRELOAD_NAME, off()) == FAILED ? FAILED
                                                                                       : OK;
    if (argc == 2 && strcmp(argv[1], "--unconfirmed") == 0)
        return take_back_of_other_boot();
    if (argc == 2 && strcmp(argv[1], "--init") == 0)
        return init();
    if (argc == 3 && strcmp(argv[1], "--watch") == 0)
        return watch(argv[2]);
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return OK;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("commissioned-auth-off " VERSION);
        return OK;
    }
    fputs(usage, stderr);
    return FAILED;
}
