/* Which processes have the library, and what becomes of those that outlive it. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <jansson.h>

#include "../support/command.h"
#include "../support/own_system.h"
#include "../support/served.h"
#include "support/suite.h"

#define MODULE "/usr/local/lib/commissioned-auth/commissioned-auth-policy.so"

static struct outcome outcome;

static void leave(void)
{
    unlink(OWN_MARK);
}

static const char *called = ""; /* how the next program calls itself */

/* A program that waits, by its name alone: it ends with the test. */
static pid_t start(const char *preload)
{
    int ready[2], silent[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    ck_assert_int_eq(pipe(silent), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (preload != NULL)
            setenv("LD_PRELOAD", preload, 1);
        dup2(silent[0], STDIN_FILENO);
        dup2(ready[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c",
              "[ -z \"$1\" ] || printf \"$1\" >/proc/$$/comm; echo; read -r line", "sh", called,
              (char *)NULL);
        _exit(1);
    }
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    return child;
}

static const char *state_of(pid_t pid)
{
    static char word[16];
    size_t i;
    json_t *process;
    OUTCOME(&outcome, OWN_COMMAND, "status", "--processes", "--json");
    json_t *object = json_loads(outcome.out, 0, NULL);
    ck_assert_msg(object != NULL, "%s", outcome.out);
    strcpy(word, "missing");
    json_array_foreach(json_object_get(object, "processes"), i,
                       process) if (json_integer_value(json_object_get(process, "pid")) == pid)
        snprintf(word, sizeof word, "%s", json_string_value(json_object_get(process, "library")));
    json_decref(object);
    return word;
}

static void replace_library(void)
{
    copy_file(OWN_LIBRARY, OWN_LIBRARY ".new", 0644);
    ck_assert_int_eq(rename(OWN_LIBRARY ".new", OWN_LIBRARY), 0);
}

START_TEST(a_process_with_the_library_is_named)
{
    if (own_system_lacks(__func__))
        return;
    ck_assert_str_eq(state_of(start(OWN_LIBRARY)), "current");
}
END_TEST

START_TEST(a_process_with_a_library_that_was_replaced_is_named)
{
    if (own_system_lacks(__func__))
        return;
    pid_t pid = start(OWN_LIBRARY);
    replace_library();
    ck_assert_str_eq(state_of(pid), "older");
}
END_TEST

START_TEST(a_process_that_began_before_the_switch_lacks_the_library)
{
    if (own_system_lacks(__func__))
        return;
    pid_t before = start(NULL);
    OUTCOME(&outcome, OWN_COMMAND, "enable", "--yes");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    pid_t after = start(NULL);
    ck_assert_str_eq(state_of(before), "none");
    ck_assert_str_eq(state_of(after), "current");
}
END_TEST

START_TEST(disable_names_the_processes_that_keep_the_library)
{
    char line[64];
    if (own_system_lacks(__func__))
        return;
    OUTCOME(&outcome, OWN_COMMAND, "enable", "--yes");
    snprintf(line, sizeof line, " %d sh\n", start(NULL));
    OUTCOME(&outcome, OWN_COMMAND, "disable");
    ck_assert_int_eq(outcome.status, 0);
    ck_assert_msg(strstr(outcome.out, line) != NULL, "%s", outcome.out);
}
END_TEST

START_TEST(what_a_process_calls_itself_moves_no_cursor)
{
    if (own_system_lacks(__func__))
        return;
    OUTCOME(&outcome, OWN_COMMAND, "enable", "--yes");
    called = "\\033[31mx";
    start(NULL);
    called = "";
    OUTCOME(&outcome, OWN_COMMAND, "disable");
    ck_assert_msg(strstr(outcome.out, " ?[31mx\n") != NULL, "%s", outcome.out);
    ck_assert_ptr_null(strchr(outcome.out, '\033'));
}
END_TEST

/* In the place of its control group. */
static void put_in_unit(pid_t pid, const char *unit)
{
    char place[64], line[128];
    snprintf(place, sizeof place, "/proc/%d/cgroup", (int)pid);
    snprintf(line, sizeof line, "0::/system.slice/%s\n", unit);
    write_file("/etc/its-cgroup", line, 0644);
    ck_assert_int_eq(mount("/etc/its-cgroup", place, NULL, MS_BIND, NULL), 0);
    unlink("/etc/its-cgroup");
}

START_TEST(the_command_to_restart_services_has_only_names_of_units)
{
    if (own_system_lacks(__func__))
        return;
    pid_t service = start(NULL), other = start(NULL);
    OUTCOME(&outcome, OWN_COMMAND, "enable", "--yes");
    put_in_unit(service, "web@1.service");
    put_in_unit(other, "a;reboot;b.service");
    OUTCOME(&outcome, OWN_COMMAND, "status", "--processes");
    const char *command = strstr(outcome.out, "systemctl restart");
    ck_assert_msg(command != NULL && strstr(command, " web@1.service") != NULL, "%s", outcome.out);
    ck_assert_ptr_null(strchr(command, ';'));
}
END_TEST

/* ---- a worker that outlives the library ------------------------------------------------------ */

static void shell_command(char *text, size_t size, const char *then)
{
    snprintf(
        text, size,
        "%s; exec curl -s -S -o /dev/null -w '%%{http_code}' --noproxy '*' --cacert \"$ORIGIN_CA\" "
        "--connect-to \"app.commissioned.tech:443:127.0.0.1:$ORIGIN_TLS\" -K -",
        then);
}

/* curl reads its standard input to the end before it asks for anything. */
static void worker(bool removed)
{
    char text[1024], answer[64] = "";
    int in[2], out[2], status;
    shell_command(text, sizeof text, "true");
    ck_assert_int_eq(pipe(in), 0);
    ck_assert_int_eq(pipe(out), 0);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        setenv("LD_PRELOAD", OWN_LIBRARY, 1);
        execl("/bin/sh", "sh", "-c", text, (char *)NULL);
        _exit(1);
    }
    close(in[0]);
    close(out[1]);
    for (int i = 0; i < 6000; i++) { /* until curl has the library */
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/comm", child);
        const char *name = text_of(path);
        if (name != NULL && strcmp(name, "curl\n") == 0 && strcmp(state_of(child), "current") == 0)
            break;
        usleep(10000);
    }
    ck_assert_int_eq(unlink(MODULE), 0);
    if (removed)
        ck_assert_int_eq(unlink(OWN_LIBRARY), 0);
    dprintf(in[1], "url = https://app.commissioned.tech/no\n");
    close(in[1]);
    ck_assert_int_ge(read(out[0], answer, sizeof answer - 1), 0);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(WIFEXITED(status) ? WEXITSTATUS(status) : -1, removed ? 0 : 94);
    ck_assert_str_eq(answer, removed ? "200" : "000");
}

START_TEST(a_worker_that_had_not_asked_goes_on_when_the_library_was_removed)
{
    if (own_system_lacks(__func__))
        return;
    served_set_up();
    worker(true);
    served_expect("a worker whose library was removed", 0, 1);
    served_tear_down();
}
END_TEST

START_TEST(an_installation_without_its_module_fails_the_request)
{
    if (own_system_lacks(__func__))
        return;
    served_set_up();
    worker(false);
    served_tear_down();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("switch-processes");
    TCase *processes = tcase_create("processes");
    tcase_add_checked_fixture(processes, NULL, leave);
    tcase_set_timeout(processes, 120);
    tcase_add_test(processes, a_process_with_the_library_is_named);
    tcase_add_test(processes, a_process_with_a_library_that_was_replaced_is_named);
    tcase_add_test(processes, a_process_that_began_before_the_switch_lacks_the_library);
    tcase_add_test(processes, disable_names_the_processes_that_keep_the_library);
    tcase_add_test(processes, what_a_process_calls_itself_moves_no_cursor);
    tcase_add_test(processes, the_command_to_restart_services_has_only_names_of_units);
    tcase_add_test(processes, a_worker_that_had_not_asked_goes_on_when_the_library_was_removed);
    tcase_add_test(processes, an_installation_without_its_module_fails_the_request);
    suite_add_tcase(suite, processes);
    return suite_run(suite);
}
