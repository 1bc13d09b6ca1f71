/* A machine with the library for two ABIs: each is tried. `make check-m32` builds the second. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "../support/own_system.h"
#include "support/suite.h"

#define WIDE "/usr/local/lib/x86_64-linux-gnu"

static char narrow_build[PATH_MAX], narrow[PATH_MAX], narrow_library[PATH_MAX];
static struct outcome outcome;

static void copy_narrow(const char *product, const char *below, mode_t mode)
{
    char from[PATH_MAX], place[PATH_MAX];
    in_folder(from, narrow_build, product);
    ck_assert_int_lt(snprintf(place, sizeof place, "%s/%s%s", narrow, below, product), PATH_MAX);
    copy_file(from, place, mode);
}

/* What the 32-bit loader puts for $LIB: that of the i386 package is another than multilib's. */
static void find_narrow(void)
{
    char word[64];
    OUTCOME(&outcome, "/lib/ld-linux.so.2", "--list-diagnostics");
    const char *found = strstr(outcome.out, "dl_dst_lib=\"");
    ck_assert_msg(found != NULL && sscanf(found, "dl_dst_lib=\"%63[^\"]", word) == 1, "%s",
                  outcome.err);
    in_folder(narrow, "/usr/local", word);
    in_folder(narrow_library, narrow, "libcommissioned-auth.so");
}

/* As the packages of both architectures install it, but below /usr/local. */
static bool two_abis_lack(const char *test)
{
    char path[PATH_MAX];
    built(narrow_build, "m32");
    in_folder(path, narrow_build, "commissioned-auth-trial");
    if (!exists(path)) {
        printf("SKIP %.*s: it is not built -m32 ('make check-m32')\n", (int)strlen(test) - 3, test);
        return true;
    }
    if (own_system_lacks(test))
        return true;
    ck_assert_int_eq(mkdir(WIDE, 0755), 0);
    ck_assert_int_eq(rename(OWN_LIBRARY, WIDE "/libcommissioned-auth.so"), 0);
    ck_assert_int_eq(rename("/usr/local/lib/commissioned-auth", WIDE "/commissioned-auth"), 0);
    find_narrow();
    ck_assert_int_eq(mkdir(narrow, 0755), 0);
    in_folder(path, narrow, "commissioned-auth");
    ck_assert_int_eq(mkdir(path, 0755), 0);
    copy_narrow("libcommissioned-auth.so", "", 0644);
    copy_narrow("commissioned-auth-trial", "commissioned-auth/", 0755);
    copy_narrow("libcommissioned-auth.so.sum", "commissioned-auth/", 0644);
    return false;
}

START_TEST(both_abis_are_named_by_the_loaders_own_word)
{
    if (two_abis_lack(__func__))
        return;
    OUTCOME(&outcome, OWN_COMMAND, "enable", "--yes");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    ck_assert_str_eq(text_of(OWN_PRELOAD), "/usr/local/$LIB/libcommissioned-auth.so\n");
    OUTCOME(&outcome, OWN_COMMAND, "status");
    ck_assert_msg(outcome.status == 0, "%s", outcome.out);
}
END_TEST

static void refused_because_of_the_second(const char *why)
{
    OUTCOME(&outcome, OWN_COMMAND, "enable", "--yes");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_msg(strstr(outcome.err, narrow) != NULL, "%s", outcome.err);
    ck_assert_msg(strstr(outcome.err, why) != NULL, "%s", outcome.err);
    ck_assert(!exists(OWN_PRELOAD));
}

START_TEST(a_damaged_library_of_the_second_abi_is_refused)
{
    if (two_abis_lack(__func__))
        return;
    int fd = open(narrow_library, O_WRONLY | O_CLOEXEC);
    for (off_t at = 0x4000; at < 0x6000; at += 64) /* amid its code */
        ck_assert_int_eq(pwrite(fd, "\xcc", 1, at), 1);
    close(fd);
    refused_because_of_the_second("");
}
END_TEST

START_TEST(a_library_of_the_second_abi_that_others_cannot_read_is_refused)
{
    if (two_abis_lack(__func__))
        return;
    ck_assert_int_eq(chmod(narrow_library, 0600), 0);
    refused_because_of_the_second("cannot be read by everybody");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch-abi");
    TCase *abi = tcase_create("abi");
    const char *build = getenv("BUILD");
    /* `make check-m32` names the folder of the narrow build; all else is in the one above. */
    if (build != NULL && strlen(build) > 4 && strcmp(build + strlen(build) - 4, "/m32") == 0) {
        char above[PATH_MAX];
        snprintf(above, sizeof above, "%.*s", (int)strlen(build) - 4, build);
        setenv("BUILD", above, 1);
    }
    tcase_set_timeout(abi, 120);
    tcase_add_test(abi, both_abis_are_named_by_the_loaders_own_word);
    tcase_add_test(abi, a_damaged_library_of_the_second_abi_is_refused);
    tcase_add_test(abi, a_library_of_the_second_abi_that_others_cannot_read_is_refused);
    suite_add_tcase(suite, abi);
    return suite_run(suite);
}
