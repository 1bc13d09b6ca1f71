/* The switch on the running system itself, without --root: each test has a system of its own. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "../support/own_system.h"
#include "support/suite.h"

#define OTHER "# nothing of the loader's\n"
#define NAMED OWN_LIBRARY "\n"

enum { NOBODY = 65534, BOUND = 60 /* seconds; only ends a test that has failed */ };

static struct outcome outcome;

/* A verb that waits for ever must fail its test, and not hold up the next. */
static void bounded(void *unused)
{
    (void)unused;
    alarm(BOUND);
}

#define RUN(...) outcome_of(&outcome, NULL, bounded, NULL, (const char *const[]){__VA_ARGS__, NULL})

static void succeeded(void)
{
    ck_assert_msg(outcome.status == 0, "status %d: %s%s", outcome.status, outcome.out, outcome.err);
}

#define SUCCEEDS(...) (RUN(__VA_ARGS__), succeeded())

static void enable_and_confirm(void)
{
    SUCCEEDS(OWN_COMMAND, "enable");
    SUCCEEDS(OWN_COMMAND, "enable", "--confirm");
}

static pid_t watcher(void)
{
    const char *text = text_of(OWN_MARK);
    return text != NULL ? (pid_t)strtol(text, NULL, 10) : 0;
}

static void wait_for(bool (*condition)(void))
{
    for (int i = 0; i < BOUND * 100 && !condition(); i++)
        usleep(10000);
    ck_assert(condition());
}

static bool is_off(void)
{
    return !exists(OWN_PRELOAD);
}

/* Watchers end when their mark has gone. */
static void leave(void)
{
    unlink(OWN_MARK);
}

static pid_t watched;

/* Or waits for a parent that does not ask for its end. */
static bool watcher_has_gone(void)
{
    char path[64], state = 'Z';
    snprintf(path, sizeof path, "/proc/%d/stat", watched);
    const char *text = text_of(path);
    return text == NULL || sscanf(text, "%*d (%*[^)]) %c", &state) != 1 || state == 'Z';
}

static bool watcher_has_spoken(void)
{
    return own_system_told("could not be taken back");
}

/* ---- taken back ------------------------------------------------------------------------------ */

START_TEST(after_its_time_the_running_systems_switch_is_taken_back)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable", "--wait", "1");
    wait_for(is_off);
    RUN(OWN_COMMAND, "status");
    ck_assert_ptr_nonnull(strstr(outcome.out, "off"));
    ck_assert(own_system_told("not confirmed and is off again"));
}
END_TEST

START_TEST(a_watcher_told_to_end_takes_the_running_systems_switch_back)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    ck_assert_str_eq(text_of(OWN_PRELOAD), NAMED);
    watched = watcher();
    if (watched == 0) /* where it was before */
        watched = (pid_t)strtol(text_of("/run/commissioned-auth/pending"), NULL, 10);
    ck_assert_int_eq(kill(watched, SIGTERM), 0);
    wait_for(is_off);
}
END_TEST

START_TEST(what_a_watcher_cannot_do_is_in_the_journal)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable", "--wait", "3");
    ck_assert_int_eq(mount(NULL, "/etc", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    wait_for(watcher_has_spoken);
    ck_assert(own_system_told("/etc/ld.so.preload: Read-only file system"));
}
END_TEST

START_TEST(a_confirmed_switch_has_no_watcher)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    watched = watcher();
    ck_assert_int_gt(watched, 0);
    SUCCEEDS(OWN_COMMAND, "enable", "--confirm");
    wait_for(watcher_has_gone);
    ck_assert_str_eq(text_of(OWN_PRELOAD), NAMED);
}
END_TEST

START_TEST(a_switch_that_is_off_has_no_watcher)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    watched = watcher();
    ck_assert_int_gt(watched, 0);
    SUCCEEDS(OWN_COMMAND, "disable");
    wait_for(watcher_has_gone);
    ck_assert(is_off());
}
END_TEST

START_TEST(enable_says_where_no_boot_would_take_it_back)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    ck_assert_msg(strstr(outcome.err, "after a power cut") != NULL, "%s", outcome.err);
}
END_TEST

START_TEST(enable_yes_is_on_for_good)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable", "--yes");
    ck_assert_str_eq(text_of(OWN_PRELOAD), NAMED);
    ck_assert(!exists(OWN_MARK));
    SUCCEEDS(OWN_COMMAND, "status");
}
END_TEST

/* ---- the next boot --------------------------------------------------------------------------- */

static void pretend_a_reboot(void)
{
    pid_t pid = watcher();
    ck_assert_int_gt(pid, 0);
    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    write_file(OWN_MARK, "1234 1 another-boot\n", 0644);
}

START_TEST(what_was_not_confirmed_before_a_power_cut_is_taken_back_at_the_boot)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    pretend_a_reboot();
    SUCCEEDS(OWN_OFF, "--unconfirmed");
    ck_assert(is_off());
    ck_assert(!exists(OWN_MARK));
    ck_assert(own_system_told("not confirmed and is off again"));
}
END_TEST

START_TEST(a_mark_that_a_power_cut_left_empty_counts_as_not_confirmed)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    pretend_a_reboot();
    write_file(OWN_MARK, "", 0644);
    SUCCEEDS(OWN_OFF, "--unconfirmed");
    ck_assert(is_off());
}
END_TEST

START_TEST(a_boot_leaves_a_confirmed_switch)
{
    if (own_system_lacks(__func__))
        return;
    enable_and_confirm();
    SUCCEEDS(OWN_OFF, "--unconfirmed");
    ck_assert_str_eq(text_of(OWN_PRELOAD), NAMED);
}
END_TEST

/* The enable was to name another library, and the power went before it did, or behind that. */
START_TEST(a_boot_leaves_what_was_confirmed_where_it_still_stands)
{
    static const char kept[] = "/opt/lib/libcommissioned-auth.so\n";
    if (own_system_lacks(__func__))
        return;
    write_file(OWN_MARK, "1234 1 another-boot /opt/lib/libcommissioned-auth.so\n", 0644);
    write_file(OWN_PRELOAD, kept, 0644);
    SUCCEEDS(OWN_OFF, "--unconfirmed");
    ck_assert_str_eq(text_of(OWN_PRELOAD), kept);
    ck_assert(!exists(OWN_MARK));
    write_file(OWN_MARK, "1234 1 another-boot /opt/lib/libcommissioned-auth.so\n", 0644);
    write_file(OWN_PRELOAD, NAMED, 0644);
    SUCCEEDS(OWN_OFF, "--unconfirmed");
    ck_assert(is_off());
    ck_assert(!exists(OWN_MARK));
}
END_TEST

START_TEST(what_waits_for_its_confirmation_in_this_boot_is_left_to_its_watcher)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    SUCCEEDS(OWN_OFF, "--unconfirmed");
    ck_assert_str_eq(text_of(OWN_PRELOAD), NAMED);
}
END_TEST

/* ---- locks ----------------------------------------------------------------------------------- */

/* A process of another user that has the lock of the folder; it ends with the test. */
static void another_user_locks(const char *folder)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    fflush(NULL);
    if (fork() == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (setuid(NOBODY) == 0)
            fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) != 0 || write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
}

/* A process of ours that is in the middle of a change. */
static pid_t we_hold(const char *lock)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fcntl(fd, F_SETLK, &whole) != 0 || write(ready[1], "", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

START_TEST(another_users_lock_holds_up_neither_confirm_nor_disable)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable");
    another_user_locks("/run/commissioned-auth");
    SUCCEEDS(OWN_COMMAND, "enable", "--confirm");
    SUCCEEDS(OWN_COMMAND, "disable");
    ck_assert(is_off());
}
END_TEST

START_TEST(another_users_lock_does_not_hold_up_the_taking_back)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable", "--wait", "2");
    another_user_locks("/run/commissioned-auth");
    wait_for(is_off);
}
END_TEST

START_TEST(the_lock_is_a_file_that_root_alone_can_open)
{
    struct stat st;
    if (own_system_lacks(__func__))
        return;
    enable_and_confirm();
    ck_assert_int_eq(stat("/run/commissioned-auth/lock", &st), 0);
    ck_assert_int_eq(st.st_mode, S_IFREG | 0600);
    ck_assert_int_eq(st.st_uid, 0);
}
END_TEST

START_TEST(disable_never_waits_for_the_lock_and_names_its_holder)
{
    char pid[32];
    if (own_system_lacks(__func__))
        return;
    enable_and_confirm();
    snprintf(pid, sizeof pid, "process %d ", we_hold("/run/commissioned-auth/lock"));
    SUCCEEDS(OWN_COMMAND, "disable");
    ck_assert(is_off());
    ck_assert_msg(strstr(outcome.err, pid) != NULL, "%s", outcome.err);
}
END_TEST

START_TEST(enable_gives_up_waiting_and_names_who_holds_the_lock)
{
    char pid[32];
    if (own_system_lacks(__func__))
        return;
    enable_and_confirm();
    RUN(OWN_COMMAND, "disable");
    snprintf(pid, sizeof pid, "process %d ", we_hold("/run/commissioned-auth/lock"));
    RUN(OWN_COMMAND, "enable");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_msg(strstr(outcome.err, pid) != NULL, "%s", outcome.err);
    ck_assert(is_off());
}
END_TEST

START_TEST(another_users_lock_does_not_hold_up_key_rotate)
{
    static const char key[] = "current-0123456789012345678901234567890123456789\n";
    static const char next[] = "next-9876543210987654321098765432109876543210987\n";
    if (own_system_lacks(__func__))
        return;
    unsetenv("XDG_CONFIG_HOME");
    outcome_of(&outcome, key, bounded, NULL,
               (const char *const[]){OWN_COMMAND, "key", "add", "prod", NULL});
    succeeded();
    another_user_locks("/etc/commissioned-auth/keys.d");
    outcome_of(&outcome, next, bounded, NULL,
               (const char *const[]){OWN_COMMAND, "key", "rotate", "prod", NULL});
    succeeded();
}
END_TEST

/* ---- hard times ------------------------------------------------------------------------------ */

START_TEST(disable_works_when_etc_is_full)
{
    if (own_system_lacks(__func__))
        return;
    enable_and_confirm();
    own_system_fill_etc();
    SUCCEEDS(OWN_COMMAND, "disable");
    ck_assert(is_off());
}
END_TEST

START_TEST(disable_leaves_other_entries_when_etc_is_full)
{
    if (own_system_lacks(__func__))
        return;
    write_file(OWN_PRELOAD, OTHER, 0644);
    enable_and_confirm();
    own_system_fill_etc();
    SUCCEEDS(OWN_COMMAND, "disable");
    ck_assert(strncmp(text_of(OWN_PRELOAD), OTHER, strlen(OTHER)) == 0);
    ck_assert_ptr_null(strstr(text_of(OWN_PRELOAD), "commissioned"));
    RUN(OWN_COMMAND, "status");
    ck_assert_ptr_nonnull(strstr(outcome.out, "off"));
}
END_TEST

START_TEST(disable_works_when_run_is_read_only)
{
    if (own_system_lacks(__func__))
        return;
    enable_and_confirm();
    ck_assert_int_eq(umount2("/run", MNT_DETACH), 0);
    ck_assert_int_eq(mount("tmpfs", "/run", "tmpfs", MS_RDONLY, NULL), 0);
    SUCCEEDS(OWN_COMMAND, "disable");
    ck_assert(is_off());
}
END_TEST

/* The command that a sentence names is run; then what it was said by works. */
static void follow_remount(const char *folder)
{
    char command[64], rest[64];
    snprintf(rest, sizeof rest, " %s' first", folder);
    const char *at = strstr(outcome.err, "'mount -o remount,rw "), *end = strstr(outcome.err, rest);
    ck_assert_msg(at != NULL && end != NULL, "no remount of %s: %s", folder, outcome.err);
    snprintf(command, sizeof command, "%.*s %s", (int)(end - at - 1), at + 1, folder);
    RUN("sh", "-c", command);
    succeeded();
}

START_TEST(where_etc_or_run_is_read_only_it_is_said_how_to_write_to_it)
{
    static const char *const folders[] = {"/etc", "/run"};
    if (own_system_lacks(__func__))
        return;
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(mount(NULL, folders[i], NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
        RUN(OWN_COMMAND, "enable");
        ck_assert_int_ne(outcome.status, 0);
        follow_remount(folders[i]);
        enable_and_confirm();
        RUN(OWN_COMMAND, "disable");
        succeeded();
    }
}
END_TEST

START_TEST(where_etc_is_read_only_off_says_how_to_write_to_it)
{
    if (own_system_lacks(__func__))
        return;
    enable_and_confirm();
    ck_assert_int_eq(mount(NULL, "/etc", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    RUN(OWN_OFF);
    ck_assert_int_ne(outcome.status, 0);
    follow_remount("/etc");
    RUN(OWN_OFF);
    succeeded();
    ck_assert(is_off());
}
END_TEST

START_TEST(where_etc_is_read_only_disable_says_how_to_write_to_it)
{
    if (own_system_lacks(__func__))
        return;
    enable_and_confirm();
    ck_assert_int_eq(mount(NULL, "/etc", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    RUN(OWN_COMMAND, "disable");
    ck_assert_int_ne(outcome.status, 0);
    follow_remount("/etc");
    RUN(OWN_COMMAND, "disable");
    succeeded();
    ck_assert(is_off());
}
END_TEST

/* unlink(2) of what is not there is EROFS too: an image, or the removal of a package. */
START_TEST(where_the_switch_is_off_a_read_only_etc_is_no_hindrance)
{
    if (own_system_lacks(__func__))
        return;
    ck_assert_int_eq(mount(NULL, "/etc", NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    SUCCEEDS(OWN_COMMAND, "disable");
    ck_assert_ptr_nonnull(strstr(outcome.out, "off already"));
    SUCCEEDS(OWN_OFF);
    ck_assert_ptr_nonnull(strstr(outcome.out, "off already"));
}
END_TEST

START_TEST(root_is_told_how_to_change_a_file_that_was_made_immutable)
{
    static const char *const ways[] = {OWN_COMMAND " disable", OWN_OFF};
    if (own_system_lacks(__func__))
        return;
    for (int i = 0; i < 2; i++) {
        enable_and_confirm();
        RUN("chattr", "+i", OWN_PRELOAD);
        if (outcome.status != 0) {
            printf("SKIP root_is_told_how_to_change_a_file_that_was_made_immutable: %.80s\n",
                   outcome.err);
            return;
        }
        RUN("sh", "-c", ways[i]);
        ck_assert_int_eq(outcome.status, 2);
        bool told = strstr(outcome.err, "run 'chattr -i " OWN_PRELOAD "' first") != NULL;
        RUN("chattr", "-i", OWN_PRELOAD);
        succeeded();
        ck_assert_msg(told, "%s", ways[i]);
        RUN("sh", "-c", ways[i]);
        succeeded();
        ck_assert(is_off());
    }
}
END_TEST

/* Cut behind its first page, so that the loader finds the headers and then nothing: SIGBUS. */
static void break_every_program(void)
{
    ck_assert_int_eq(truncate(OWN_LIBRARY, 4096), 0);
    RUN("/bin/true");
    ck_assert_msg(outcome.status == 128 + SIGBUS, "status %d", outcome.status);
}

START_TEST(off_works_when_every_other_program_dies)
{
    if (own_system_lacks(__func__))
        return;
    write_file(OWN_PRELOAD, OTHER, 0644);
    enable_and_confirm();
    break_every_program();
    SUCCEEDS(OWN_OFF);
    ck_assert_str_eq(text_of(OWN_PRELOAD), OTHER);
    SUCCEEDS("/bin/true");
}
END_TEST

START_TEST(an_unconfirmed_switch_that_breaks_every_program_is_taken_back)
{
    if (own_system_lacks(__func__))
        return;
    SUCCEEDS(OWN_COMMAND, "enable", "--wait", "3");
    break_every_program();
    wait_for(is_off);
    SUCCEEDS("/bin/true");
}
END_TEST

START_TEST(off_works_when_etc_is_full_and_every_other_program_dies)
{
    if (own_system_lacks(__func__))
        return;
    write_file(OWN_PRELOAD, OTHER, 0644);
    enable_and_confirm();
    own_system_fill_etc();
    break_every_program();
    SUCCEEDS(OWN_OFF);
    SUCCEEDS("/bin/true");
}
END_TEST

/* The lines of RECOVERY in commissioned-auth(1), in a shell that was open when all broke. */
#define WAY_BACK ": >/etc/ld.so.preload"
#define KEEPING_OTHERS                                                                             \
    "t=; while IFS= read -r l; do case $l in *libcommissioned-auth.so*) ;; *) t=\"$t$l\n\";; "     \
    "esac; done </etc/ld.so.preload; printf %s \"$t\" >/etc/ld.so.preload"

static void open_shell_comes_back(const char *shell, const char *line)
{
    int to[2], status;
    char script[1024];
    if (access(shell, X_OK) != 0)
        return;
    write_file(OWN_PRELOAD, OTHER, 0644);
    enable_and_confirm();
    ck_assert_int_eq(pipe(to), 0);
    pid_t child = fork();
    if (child == 0) {
        alarm(BOUND);
        dup2(to[0], STDIN_FILENO);
        close(to[1]);
        execl(shell, shell, (char *)NULL);
        _exit(1);
    }
    close(to[0]);
    dprintf(to[1], ": >/run/shell-is-open\n");
    for (int i = 0; i < BOUND * 100 && !exists("/run/shell-is-open"); i++)
        usleep(10000);
    break_every_program();
    snprintf(script, sizeof script, "%s\n/bin/true && exit 42\n", line);
    ck_assert_int_eq(write(to[1], script, strlen(script)), (ssize_t)strlen(script));
    close(to[1]);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 42, "%s: %s", shell, line);
}

START_TEST(an_open_shell_finds_the_way_back)
{
    if (own_system_lacks(__func__))
        return;
    open_shell_comes_back("/bin/sh", WAY_BACK);
}
END_TEST

START_TEST(an_open_shell_finds_the_way_back_for_our_entry_alone)
{
    if (own_system_lacks(__func__))
        return;
    RUN("sh", "-c", "readelf -d /bin/bash | grep -q NOW");
    if (outcome.status != 0) {
        printf("SKIP %s: this bash looks up functions in what it has loaded as it comes to use "
               "them, and the library is gone\n",
               __func__);
        return;
    }
    open_shell_comes_back("/bin/bash", KEEPING_OTHERS);
    ck_assert_str_eq(text_of(OWN_PRELOAD), OTHER);
}
END_TEST

START_TEST(enable_and_status_name_the_way_back)
{
    if (own_system_lacks(__func__))
        return;
    RUN(OWN_COMMAND, "enable");
    ck_assert_ptr_nonnull(strstr(outcome.out, OWN_OFF "\n"));
    RUN(OWN_COMMAND, "status");
    ck_assert_ptr_nonnull(strstr(outcome.out, OWN_OFF));
}
END_TEST

/* ---- the trial ------------------------------------------------------------------------------- */

static void is_refused(const char *because)
{
    RUN(OWN_COMMAND, "enable", "--wait", "1");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_msg(strstr(outcome.err, because) != NULL, "%s", outcome.err);
    ck_assert(is_off());
}

static int count_in_line(const char *line, const char *words)
{
    const char *end = line + strcspn(line, "\n");
    int count = 0;
    while ((line = strstr(line, words)) != NULL && line++ < end)
        count++;
    return count;
}

/* Who says what is wrong says what to do, and nobody after them. */
static void has_one_remedy(const char *because)
{
    const char *line = strstr(outcome.out, because);
    ck_assert_msg(line != NULL, "%s", outcome.out);
    for (; line != NULL; line = strstr(line + 1, because))
        ck_assert_msg(count_in_line(line, ": install ") + count_in_line(line, ": chmod ") == 1,
                      "%s", outcome.out);
}

static void is_told_to_be_broken(const char *because)
{
    write_file(OWN_PRELOAD, NAMED, 0644);
    RUN(OWN_COMMAND, "status");
    ck_assert_int_eq(outcome.status, 2);
    has_one_remedy(because);
    RUN(OWN_COMMAND, "doctor");
    ck_assert_int_eq(outcome.status, 2);
    has_one_remedy(because);
}

START_TEST(a_library_that_others_cannot_read_is_refused)
{
    if (own_system_lacks(__func__))
        return;
    ck_assert_int_eq(chmod(OWN_LIBRARY, 0600), 0);
    is_refused("cannot be read by everybody");
    is_told_to_be_broken("cannot be read by everybody");
}
END_TEST

START_TEST(a_library_in_a_folder_that_others_cannot_enter_is_refused)
{
    if (own_system_lacks(__func__))
        return;
    ck_assert_int_eq(chmod("/usr/local/lib", 0700), 0);
    is_refused("cannot be entered by everybody");
    is_told_to_be_broken("cannot be entered by everybody");
}
END_TEST

static void damage(off_t from, off_t to)
{
    int fd = open(OWN_LIBRARY, O_WRONLY | O_CLOEXEC);
    for (; from < to; from++)
        ck_assert_int_eq(pwrite(fd, "\xcc", 1, from), 1);
    close(fd);
}

/* Where the code is, as readelf(1) says. */
static void text_section(off_t *start, off_t *size)
{
    unsigned long offset, length;
    RUN("sh", "-c",
        "readelf -SW " OWN_LIBRARY " | sed -n 's/.* \\.text  *PROGBITS  *[0-9a-f]* \\([0-9a-f]*\\) "
        "\\([0-9a-f]*\\) .*/\\1 \\2/p'");
    ck_assert_msg(sscanf(outcome.out, "%lx %lx", &offset, &length) == 2, "%s", outcome.out);
    *start = (off_t)offset;
    *size = (off_t)length;
}

START_TEST(a_library_whose_code_is_damaged_is_refused)
{
    off_t start, size;
    if (own_system_lacks(__func__))
        return;
    text_section(&start, &size);
    damage(start, start + size);
    is_refused("trial failed");
}
END_TEST

START_TEST(a_library_with_one_bad_byte_in_its_code_is_refused)
{
    off_t start, size;
    if (own_system_lacks(__func__))
        return;
    text_section(&start, &size);
    damage(start + size - 1, start + size);
    is_refused("is damaged");
    is_told_to_be_broken("is damaged");
}
END_TEST

/* Their requests elsewhere are not ours to hinder. */
START_TEST(a_policy_that_others_cannot_read_is_no_hindrance)
{
    if (own_system_lacks(__func__))
        return;
    mkdir("/etc/commissioned-auth", 0755);
    write_file("/etc/commissioned-auth/commissioned-auth.conf",
               "key_file = \"/etc/commissioned-auth/keys.d/prod\";\n", 0640);
    SUCCEEDS(OWN_COMMAND, "enable", "--yes");
}
END_TEST

/* Each hands the library, or the way to it, to somebody else. */
static const char *const others[] = {
    "chown 65534 " OWN_LIBRARY,   "chmod g+w " OWN_LIBRARY,   "chmod o+w " OWN_LIBRARY,
    "chown 65534 /usr/local/lib", "chmod o+w /usr/local/lib",
};

START_TEST(a_library_that_others_could_replace_is_refused)
{
    if (own_system_lacks(__func__))
        return;
    OUTCOME(&outcome, "sh", "-c", others[_i]);
    ck_assert_int_eq(outcome.status, 0);
    OUTCOME(&outcome, OWN_COMMAND, "enable", "--yes");
    ck_assert_int_eq(outcome.status, 2);
    ck_assert_msg(strstr(outcome.err, "can be changed by others than root") != NULL, "%s",
                  outcome.err);
    ck_assert(!exists(OWN_PRELOAD));
}
END_TEST

START_TEST(an_empty_library_is_refused)
{
    if (own_system_lacks(__func__))
        return;
    ck_assert_int_eq(truncate(OWN_LIBRARY, 0), 0);
    is_refused("trial failed");
    is_told_to_be_broken("empty");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch-system");
    TCase *back = tcase_create("taken back"), *locks = tcase_create("locks"),
          *hard = tcase_create("hard times"), *trial = tcase_create("trial");
    tcase_set_timeout(back, 4 * BOUND);
    tcase_set_timeout(locks, 4 * BOUND);
    tcase_set_timeout(hard, 4 * BOUND);
    tcase_set_timeout(trial, 4 * BOUND);
    tcase_add_checked_fixture(back, NULL, leave);
    tcase_add_checked_fixture(locks, NULL, leave);
    tcase_add_checked_fixture(hard, NULL, leave);
    tcase_add_checked_fixture(trial, NULL, leave);
    tcase_add_test(back, after_its_time_the_running_systems_switch_is_taken_back);
    tcase_add_test(back, a_watcher_told_to_end_takes_the_running_systems_switch_back);
    tcase_add_test(back, what_a_watcher_cannot_do_is_in_the_journal);
    tcase_add_test(back, a_confirmed_switch_has_no_watcher);
    tcase_add_test(back, a_switch_that_is_off_has_no_watcher);
    tcase_add_test(back, enable_says_where_no_boot_would_take_it_back);
    tcase_add_test(back, enable_yes_is_on_for_good);
    tcase_add_test(back, what_was_not_confirmed_before_a_power_cut_is_taken_back_at_the_boot);
    tcase_add_test(back, a_mark_that_a_power_cut_left_empty_counts_as_not_confirmed);
    tcase_add_test(back, a_boot_leaves_a_confirmed_switch);
    tcase_add_test(back, a_boot_leaves_what_was_confirmed_where_it_still_stands);
    tcase_add_test(back, what_waits_for_its_confirmation_in_this_boot_is_left_to_its_watcher);
    tcase_add_test(locks, another_users_lock_holds_up_neither_confirm_nor_disable);
    tcase_add_test(locks, another_users_lock_does_not_hold_up_the_taking_back);
    tcase_add_test(locks, the_lock_is_a_file_that_root_alone_can_open);
    tcase_add_test(locks, disable_never_waits_for_the_lock_and_names_its_holder);
    tcase_add_test(locks, enable_gives_up_waiting_and_names_who_holds_the_lock);
    tcase_add_test(locks, another_users_lock_does_not_hold_up_key_rotate);
    tcase_add_test(hard, disable_works_when_etc_is_full);
    tcase_add_test(hard, disable_leaves_other_entries_when_etc_is_full);
    tcase_add_test(hard, disable_works_when_run_is_read_only);
    tcase_add_test(hard, where_etc_or_run_is_read_only_it_is_said_how_to_write_to_it);
    tcase_add_test(hard, where_etc_is_read_only_off_says_how_to_write_to_it);
    tcase_add_test(hard, where_etc_is_read_only_disable_says_how_to_write_to_it);
    tcase_add_test(hard, where_the_switch_is_off_a_read_only_etc_is_no_hindrance);
    tcase_add_test(hard, root_is_told_how_to_change_a_file_that_was_made_immutable);
    tcase_add_test(hard, off_works_when_every_other_program_dies);
    tcase_add_test(hard, an_unconfirmed_switch_that_breaks_every_program_is_taken_back);
    tcase_add_test(hard, off_works_when_etc_is_full_and_every_other_program_dies);
    tcase_add_test(hard, an_open_shell_finds_the_way_back);
    tcase_add_test(hard, an_open_shell_finds_the_way_back_for_our_entry_alone);
    tcase_add_test(hard, enable_and_status_name_the_way_back);
    tcase_add_test(trial, a_library_that_others_cannot_read_is_refused);
    tcase_add_test(trial, a_library_in_a_folder_that_others_cannot_enter_is_refused);
    tcase_add_test(trial, a_library_whose_code_is_damaged_is_refused);
    tcase_add_test(trial, a_library_with_one_bad_byte_in_its_code_is_refused);
    tcase_add_test(trial, a_policy_that_others_cannot_read_is_no_hindrance);
    tcase_add_loop_test(trial, a_library_that_others_could_replace_is_refused, 0,
                        (int)(sizeof others / sizeof *others));
    tcase_add_test(trial, an_empty_library_is_refused);
    suite_add_tcase(suite, back);
    suite_add_tcase(suite, locks);
    suite_add_tcase(suite, hard);
    suite_add_tcase(suite, trial);
    return suite_run(suite);
}
