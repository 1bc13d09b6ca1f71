/* `commissioned-auth run`: a copy of the command with a stand-in library beside it, as in a build
 * tree. */
#include <elf.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/suite.h"

static char folder[PATH_MAX], command[PATH_MAX], library[PATH_MAX];
static struct outcome outcome;

static void fixture(char path[PATH_MAX], const char *name)
{
    char below[64];
    snprintf(below, sizeof below, "tests/fixtures/%s", name);
    built(path, below);
}

static void setup(void)
{
    char from[PATH_MAX];
    unsetenv("LD_PRELOAD");
    scratch_make(folder);
    in_folder(command, folder, "commissioned-auth");
    in_folder(library, folder, "libcommissioned-auth.so");
    built(from, "commissioned-auth");
    copy_file(from, command, 0755);
    fixture(from, "preloaded.so");
    copy_file(from, library, 0644);
}

static void teardown(void)
{
    scratch_remove(folder);
}

static void copy_of_true(char path[PATH_MAX], const char *name, mode_t mode)
{
    in_folder(path, folder, name);
    copy_file("/bin/true", path, mode);
}

static void become_nobody(void *data)
{
    (void)data;
    if (setgroups(0, NULL) != 0 || setgid(65534) != 0 || setuid(65534) != 0)
        _exit(98);
}

static void promise_no_privileges(void *data)
{
    (void)data;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L) != 0)
        _exit(98);
}

static void write_script(char path[PATH_MAX], const char *name, const char *first_line)
{
    char text[3 * PATH_MAX];
    in_folder(path, folder, name);
    snprintf(text, sizeof text, "%s\n", first_line);
    write_file(path, text, 0755);
}

START_TEST(the_library_is_loaded_into_the_program)
{
    OUTCOME(&outcome, command, "run", "--", "grep", "-c", library, "/proc/self/maps");
    ck_assert_str_eq(outcome.err, "");
    ck_assert_int_eq(outcome.status, 0);
}
END_TEST

START_TEST(without_run_the_library_is_not_loaded)
{
    OUTCOME(&outcome, "grep", "-c", library, "/proc/self/maps");
    ck_assert_int_eq(outcome.status, 1);
}
END_TEST

START_TEST(the_double_dash_may_be_left_out)
{
    OUTCOME(&outcome, command, "run", "echo", "-k", "--env");
    ck_assert_str_eq(outcome.out, "-k --env\n");
}
END_TEST

START_TEST(the_program_keeps_our_process_id)
{
    char pid[32];
    OUTCOME(&outcome, command, "run", "--", "sh", "-c", "echo $$");
    snprintf(pid, sizeof pid, "%d\n", outcome.pid);
    ck_assert_str_eq(outcome.out, pid);
}
END_TEST

START_TEST(the_exit_status_is_the_programs)
{
    OUTCOME(&outcome, command, "run", "--", "sh", "-c", "exit 37");
    ck_assert_int_eq(outcome.status, 37);
}
END_TEST

START_TEST(the_name_stays_as_it_was_typed)
{
    OUTCOME(&outcome, command, "run", "--", "sh", "-c",
            "tr '\\0' '\\n' < /proc/$$/cmdline | head -1");
    ck_assert_str_eq(outcome.out, "sh\n");
}
END_TEST

START_TEST(other_entries_stay_behind_ours_and_a_second_spelling_is_dropped)
{
    char existing[3 * PATH_MAX], expected[3 * PATH_MAX];
    snprintf(existing, sizeof existing, "libm.so.6 %s/./libcommissioned-auth.so:libdl.so.2",
             folder);
    snprintf(expected, sizeof expected, "%s:libm.so.6:libdl.so.2\n", library);
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1); /* a sanitised command accepts it */
    setenv("LD_PRELOAD", existing, 1);
    OUTCOME(&outcome, command, "run", "--", "sh", "-c", "echo $LD_PRELOAD");
    unsetenv("LD_PRELOAD");
    ck_assert_str_eq(outcome.out, expected);
}
END_TEST

START_TEST(the_rest_of_the_environment_is_the_callers)
{
    struct outcome plain;
    OUTCOME(&plain, "sh", "-c", "env | grep -v -e ^LD_PRELOAD= -e ^_=");
    OUTCOME(&outcome, command, "run", "--", "sh", "-c", "env | grep -v -e ^LD_PRELOAD= -e ^_=");
    ck_assert_str_eq(outcome.out, plain.out);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_127)
{
    OUTCOME(&outcome, command, "run", "--", "no-such-program-anywhere");
    ck_assert_int_eq(outcome.status, 127);
    ck_assert_ptr_nonnull(strstr(outcome.err, "no-such-program-anywhere"));
}
END_TEST

START_TEST(a_file_that_is_not_executable_is_126)
{
    char path[PATH_MAX];
    in_folder(path, folder, "plain");
    write_file(path, "text\n", 0644);
    OUTCOME(&outcome, command, "run", "--", path);
    ck_assert_int_eq(outcome.status, 126);
}
END_TEST

START_TEST(a_folder_given_by_its_path_is_126)
{
    OUTCOME(&outcome, command, "run", "--", folder);
    ck_assert_int_eq(outcome.status, 126);
}
END_TEST

START_TEST(a_folder_found_in_the_search_path_is_passed_over)
{
    char path[PATH_MAX], search[2 * PATH_MAX];
    in_folder(path, folder, "true");
    ck_assert_int_eq(mkdir(path, 0755), 0);
    snprintf(search, sizeof search, "PATH=%s:/usr/bin:/bin", folder);
    OUTCOME(&outcome, "/usr/bin/env", search, command, "run", "--", "true");
    ck_assert_int_eq(outcome.status, 0);
}
END_TEST

START_TEST(an_executable_further_down_wins_over_one_that_may_not_be_run)
{
    char path[PATH_MAX], search[2 * PATH_MAX];
    in_folder(path, folder, "true");
    write_file(path, "text\n", 0644);
    snprintf(search, sizeof search, "PATH=%s:/usr/bin:/bin", folder);
    OUTCOME(&outcome, "/usr/bin/env", search, command, "run", "--", "true");
    ck_assert_int_eq(outcome.status, 0);
}
END_TEST

START_TEST(text_without_an_interpreter_line_is_given_to_the_shell)
{
    char path[PATH_MAX];
    in_folder(path, folder, "old-script");
    write_file(path, "exit 23\n", 0755);
    OUTCOME(&outcome, command, "run", "--", path);
    ck_assert_int_eq(outcome.status, 23);
}
END_TEST

START_TEST(no_program_at_all_is_125)
{
    OUTCOME(&outcome, command, "run");
    ck_assert_int_eq(outcome.status, 125);
    ck_assert_ptr_nonnull(strstr(outcome.err, "PROGRAM"));
}
END_TEST

START_TEST(an_unknown_option_is_125_with_the_nearest_one)
{
    OUTCOME(&outcome, command, "run", "--evn", "--", "true");
    ck_assert_int_eq(outcome.status, 125);
    ck_assert_ptr_nonnull(strstr(outcome.err, "did you mean --env?"));
}
END_TEST

START_TEST(a_missing_library_is_125_and_nothing_runs)
{
    ck_assert_int_eq(unlink(library), 0);
    OUTCOME(&outcome, command, "run", "--", "echo", "ran");
    if (outcome.status == 0) {
        puts("SKIP a_missing_library_is_125_and_nothing_runs: the library is installed here");
        return;
    }
    ck_assert_int_eq(outcome.status, 125);
    ck_assert_str_eq(outcome.out, "");
    ck_assert_ptr_nonnull(strstr(outcome.err, "libcommissioned-auth.so"));
}
END_TEST

START_TEST(a_library_path_that_the_loader_would_split_is_125)
{
    char odd[PATH_MAX], copy[PATH_MAX];
    in_folder(odd, folder, "with space");
    ck_assert_int_eq(mkdir(odd, 0755), 0);
    in_folder(copy, odd, "commissioned-auth");
    copy_file(command, copy, 0755);
    in_folder(odd, folder, "with space/libcommissioned-auth.so");
    copy_file(library, odd, 0644);
    OUTCOME(&outcome, copy, "run", "--", "true");
    ck_assert_int_eq(outcome.status, 125);
    ck_assert_ptr_nonnull(strstr(outcome.err, "spaces"));
}
END_TEST

static void refused(const char *program, const char *fact, const char *remedy)
{
    OUTCOME(&outcome, command, "run", "--", program);
    ck_assert_int_eq(outcome.status, 125);
    ck_assert_msg(strstr(outcome.err, fact) != NULL, "'%s' lacks '%s'", outcome.err, fact);
    ck_assert_msg(strstr(outcome.err, remedy) != NULL, "'%s' lacks '%s'", outcome.err, remedy);
    ck_assert_ptr_null(strchr(strchr(outcome.err, '\n') + 1, '\n')); /* one sentence */
}

START_TEST(a_statically_linked_program_is_refused)
{
    char path[PATH_MAX];
    fixture(path, "static");
    refused(path, "statically linked", "run --env");
}
END_TEST

/* gosu and tini of containers: the library is for what they start. */
START_TEST(a_static_program_that_starts_another_is_to_be_put_first)
{
    static const char *const names[] = {"gosu", "su-exec", "tini", "dumb-init", NULL};
    char path[PATH_MAX], from[PATH_MAX], first[64];
    fixture(from, "static");
    for (const char *const *name = names; *name != NULL; name++) {
        in_folder(path, folder, *name);
        copy_file(from, path, 0755);
        snprintf(first, sizeof first, "'%s ", *name);
        refused(path, first, "commissioned-auth run -- PROGRAM");
        ck_assert_ptr_null(strstr(outcome.err, "--env"));
    }
}
END_TEST

/* The loader would heed LD_PRELOAD of root's sudo, which takes it from what it starts. */
START_TEST(a_program_that_starts_others_without_LD_PRELOAD_is_to_be_put_first)
{
    static const char *const names[] = {"sudo", "doas", "pkexec", "systemd-run", NULL};
    char path[PATH_MAX], from[PATH_MAX], first[64];
    fixture(from, "dynamic");
    for (const char *const *name = names; *name != NULL; name++) {
        in_folder(path, folder, *name);
        copy_file(from, path, 0755);
        snprintf(first, sizeof first, "'%s ", *name);
        refused(path, first, "commissioned-auth run -- PROGRAM");
    }
}
END_TEST

/* su takes one word for its command. */
START_TEST(what_is_said_of_su_can_be_typed_as_it_stands)
{
    char path[PATH_MAX], from[PATH_MAX];
    fixture(from, "static");
    in_folder(path, folder, "su");
    copy_file(from, path, 0755);
    refused(path, "su USER -c \"commissioned-auth run", "-- PROGRAM\"");
}
END_TEST

START_TEST(a_program_with_AddressSanitizer_is_refused_until_it_is_told_to_bear_us)
{
    char path[PATH_MAX];
    fixture(path, "sanitized");
    unsetenv("ASAN_OPTIONS");
    refused(path, "AddressSanitizer", "ASAN_OPTIONS=verify_asan_link_order=0");
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    OUTCOME(&outcome, command, "run", "--", path);
    ck_assert_int_eq(outcome.status, 0);
    unsetenv("ASAN_OPTIONS");
}
END_TEST

static const struct {
    const char *program, *word;
} own_http[] = {{"golike", "Go"}, {"bundled", "a libcurl of its own"}, {"owntls", "a TLS library"}};

START_TEST(a_program_with_HTTP_of_its_own_runs_with_a_warning)
{
    char path[PATH_MAX];
    fixture(path, own_http[_i].program);
    OUTCOME(&outcome, command, "run", "--", path);
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_ptr_nonnull(strstr(outcome.err, "cannot reach"));
    ck_assert_ptr_nonnull(strstr(outcome.err, own_http[_i].word));
    ck_assert_ptr_nonnull(strstr(outcome.err, "run --env"));
}
END_TEST

START_TEST(a_program_that_may_use_libcurl_runs_without_a_word)
{
    static const char *const names[] = {"dynamic", "needscurl", "dlopens", NULL};
    char path[PATH_MAX];
    for (const char *const *name = names; *name != NULL; name++) {
        fixture(path, *name);
        OUTCOME(&outcome, command, "run", "--", path);
        ck_assert_int_eq(outcome.status, 0);
        ck_assert_str_eq(outcome.err, "");
    }
}
END_TEST

START_TEST(a_static_pie_is_refused)
{
    char path[PATH_MAX];
    fixture(path, "static-pie");
    refused(path, "statically linked", "run --env");
}
END_TEST

START_TEST(a_program_of_another_architecture_is_refused)
{
    char path[PATH_MAX];
    Elf32_Half machine = EM_ALPHA;
    copy_of_true(path, "foreign", 0755);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(pwrite(fd, &machine, sizeof machine, offsetof(Elf32_Ehdr, e_machine)), 2);
    close(fd);
    refused(path, "another architecture", "run --env");
}
END_TEST

START_TEST(a_set_user_id_program_is_refused)
{
    char path[PATH_MAX];
    if (getuid() != 0) {
        if (access("/bin/su", X_OK) != 0) {
            puts("SKIP a_set_user_id_program_is_refused: no set-user-ID program here");
            return;
        }
        refused("/bin/su", "set-user-ID", "commissioned-auth run -- PROGRAM");
        return;
    }
    copy_of_true(path, "setuid", 0755);
    ck_assert_int_eq(chown(path, 65534, 65534), 0);
    ck_assert_int_eq(chmod(path, 04755), 0);
    refused(path, "set-user-ID", "enable");
}
END_TEST

START_TEST(a_set_user_id_program_of_the_caller_is_not_refused)
{
    char path[PATH_MAX];
    copy_of_true(path, "setuid", 0755);
    ck_assert_int_eq(chmod(path, 04755), 0);
    OUTCOME(&outcome, command, "run", "--", path);
    ck_assert_int_eq(outcome.status, 0);
}
END_TEST

START_TEST(a_set_group_id_program_is_refused)
{
    char path[PATH_MAX];
    if (getuid() != 0) {
        puts("SKIP a_set_group_id_program_is_refused: only root can give a file another group");
        return;
    }
    copy_of_true(path, "setgid", 0755);
    ck_assert_int_eq(chown(path, 0, 65534), 0);
    ck_assert_int_eq(chmod(path, 02755), 0);
    refused(path, "set-group-ID", "enable");
}
END_TEST

START_TEST(set_user_id_does_not_count_where_no_privilege_can_be_gained)
{
    char path[PATH_MAX];
    if (getuid() != 0) {
        puts("SKIP set_user_id_does_not_count_where_no_privilege_can_be_gained: only root can "
             "give a file away");
        return;
    }
    copy_of_true(path, "setuid", 0755);
    ck_assert_int_eq(chown(path, 65534, 65534), 0);
    ck_assert_int_eq(chmod(path, 04755), 0);
    outcome_of(&outcome, NULL, promise_no_privileges, NULL,
               (const char *const[]){command, "run", "--", path, NULL});
    ck_assert_int_eq(outcome.status, 0);
}
END_TEST

START_TEST(a_program_with_file_capabilities_is_refused_for_an_ordinary_user)
{
    struct vfs_cap_data capability = {.magic_etc = VFS_CAP_REVISION_2,
                                      .data = {{.permitted = 1u << CAP_NET_BIND_SERVICE}}};
    char path[PATH_MAX];
    copy_of_true(path, "capable", 0755);
    if (setxattr(path, "security.capability", &capability, XATTR_CAPS_SZ_2, 0) != 0) {
        puts("SKIP a_program_with_file_capabilities_is_refused_for_an_ordinary_user: only root "
             "can give capabilities to a file");
        return;
    }
    outcome_of(&outcome, NULL, become_nobody, NULL,
               (const char *const[]){command, "run", "--", path, NULL});
    ck_assert_int_eq(outcome.status, 125);
    ck_assert_ptr_nonnull(strstr(outcome.err, "file capabilities"));
}
END_TEST

START_TEST(a_script_of_a_static_interpreter_is_refused_and_names_it)
{
    char path[PATH_MAX], interpreter[PATH_MAX], line[2 * PATH_MAX];
    fixture(interpreter, "static");
    snprintf(line, sizeof line, "#! %s", interpreter);
    write_script(path, "script", line);
    refused(path, interpreter, "run --env");
}
END_TEST

START_TEST(env_in_an_interpreter_line_is_looked_through)
{
    char path[PATH_MAX], interpreter[PATH_MAX], search[2 * PATH_MAX];
    fixture(interpreter, "static");
    write_script(path, "script", "#!/usr/bin/env static");
    *strrchr(interpreter, '/') = '\0';
    snprintf(search, sizeof search, "PATH=%s:/usr/bin:/bin", interpreter);
    OUTCOME(&outcome, "/usr/bin/env", search, command, "run", "--", path);
    ck_assert_int_eq(outcome.status, 125);
    ck_assert_ptr_nonnull(strstr(outcome.err, "statically linked"));
}
END_TEST

START_TEST(a_script_of_a_script_of_a_static_interpreter_is_refused)
{
    char outer[PATH_MAX], inner[PATH_MAX], interpreter[PATH_MAX], line[2 * PATH_MAX];
    fixture(interpreter, "static");
    snprintf(line, sizeof line, "#!%s", interpreter);
    write_script(inner, "inner", line);
    snprintf(line, sizeof line, "#!%s", inner);
    write_script(outer, "outer", line);
    refused(outer, "statically linked", "run --env");
}
END_TEST

START_TEST(a_script_that_names_itself_ends_with_a_sentence)
{
    char path[PATH_MAX], line[2 * PATH_MAX];
    in_folder(path, folder, "loop");
    snprintf(line, sizeof line, "#!%s", path);
    write_script(path, "loop", line);
    OUTCOME(&outcome, command, "run", "--", path);
    ck_assert_int_eq(outcome.status, 126);
}
END_TEST

START_TEST(a_shell_script_runs_with_the_library)
{
    char path[PATH_MAX];
    write_script(path, "script", "#!/bin/sh\ngrep -c libcommissioned-auth.so /proc/$$/maps");
    OUTCOME(&outcome, command, "run", "--", path);
    ck_assert_int_eq(outcome.status, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("run");
    TCase *reach = tcase_create("run");
    tcase_add_checked_fixture(reach, setup, teardown);
    tcase_set_timeout(reach, 60);
    tcase_add_test(reach, the_library_is_loaded_into_the_program);
    tcase_add_test(reach, without_run_the_library_is_not_loaded);
    tcase_add_test(reach, the_double_dash_may_be_left_out);
    tcase_add_test(reach, the_program_keeps_our_process_id);
    tcase_add_test(reach, the_exit_status_is_the_programs);
    tcase_add_test(reach, the_name_stays_as_it_was_typed);
    tcase_add_test(reach, other_entries_stay_behind_ours_and_a_second_spelling_is_dropped);
    tcase_add_test(reach, the_rest_of_the_environment_is_the_callers);
    tcase_add_test(reach, a_program_that_is_not_there_is_127);
    tcase_add_test(reach, a_file_that_is_not_executable_is_126);
    tcase_add_test(reach, a_folder_given_by_its_path_is_126);
    tcase_add_test(reach, a_folder_found_in_the_search_path_is_passed_over);
    tcase_add_test(reach, an_executable_further_down_wins_over_one_that_may_not_be_run);
    tcase_add_test(reach, text_without_an_interpreter_line_is_given_to_the_shell);
    tcase_add_test(reach, no_program_at_all_is_125);
    tcase_add_test(reach, an_unknown_option_is_125_with_the_nearest_one);
    tcase_add_test(reach, a_missing_library_is_125_and_nothing_runs);
    tcase_add_test(reach, a_library_path_that_the_loader_would_split_is_125);
    tcase_add_test(reach, a_statically_linked_program_is_refused);
    tcase_add_test(reach, a_static_program_that_starts_another_is_to_be_put_first);
    tcase_add_test(reach, a_program_that_starts_others_without_LD_PRELOAD_is_to_be_put_first);
    tcase_add_test(reach, what_is_said_of_su_can_be_typed_as_it_stands);
    tcase_add_test(reach, a_program_with_AddressSanitizer_is_refused_until_it_is_told_to_bear_us);
    tcase_add_loop_test(reach, a_program_with_HTTP_of_its_own_runs_with_a_warning, 0,
                        (int)(sizeof own_http / sizeof *own_http));
    tcase_add_test(reach, a_program_that_may_use_libcurl_runs_without_a_word);
    tcase_add_test(reach, a_static_pie_is_refused);
    tcase_add_test(reach, a_program_of_another_architecture_is_refused);
    tcase_add_test(reach, a_set_user_id_program_is_refused);
    tcase_add_test(reach, a_set_user_id_program_of_the_caller_is_not_refused);
    tcase_add_test(reach, a_set_group_id_program_is_refused);
    tcase_add_test(reach, set_user_id_does_not_count_where_no_privilege_can_be_gained);
    tcase_add_test(reach, a_program_with_file_capabilities_is_refused_for_an_ordinary_user);
    tcase_add_test(reach, a_script_of_a_static_interpreter_is_refused_and_names_it);
    tcase_add_test(reach, env_in_an_interpreter_line_is_looked_through);
    tcase_add_test(reach, a_script_of_a_script_of_a_static_interpreter_is_refused);
    tcase_add_test(reach, a_script_that_names_itself_ends_with_a_sentence);
    tcase_add_test(reach, a_shell_script_runs_with_the_library);
    suite_add_tcase(suite, reach);

    return suite_run(suite);
}
