/* `doctor`: each thing that can be wrong is found, and what is right is not complained about. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>
#include <jansson.h>

#include "../support/command.h"
#include "../support/tmpdir.h"
#include "support/old_libcurl.h"
#include "support/suite.h"

static char command[PATH_MAX], folder[PATH_MAX], config[PATH_MAX], key_file[PATH_MAX];
static char fixtures[PATH_MAX], origin[PATH_MAX];
static char key[TEST_KEY_LENGTH + 1];
static struct outcome outcome;
static json_t *answer;

static void setup(void)
{
    static const char *const variables[] = {"COMMISSIONED_API_KEY", "OPENAI_API_KEY",
                                            "SSLKEYLOGFILE", "CREDENTIALS_DIRECTORY", NULL};
    char text[2 * PATH_MAX];
    umask(022);
    for (const char *const *v = variables; *v != NULL; v++)
        unsetenv(*v);
    built(command, "commissioned-auth");
    built(fixtures, "tests/fixtures");
    ck_assert_ptr_nonnull(getcwd(origin, sizeof origin));
    scratch_make(folder);
    setenv("HOME", folder, 1);
    setenv("XDG_CONFIG_HOME", folder, 1);
    in_folder(config, folder, "policy.conf");
    in_folder(key_file, folder, "key");
    setenv("COMMISSIONED_AUTH_CONFIG", config, 1);
    test_key_make(key);
    write_file(key_file, key, 0600);
    snprintf(text, sizeof text,
             "keys = ( { name = \"prod\"; file = \"%s\"; rotate_after = \"90d\"; } );\n"
             "rules = ( { name = \"all\"; key = \"prod\"; } );\n",
             key_file);
    write_file(config, text, 0600);
    /* Outside of any git work tree, such as this project's. */
    ck_assert_int_eq(chdir(folder), 0);
}

static void teardown(void)
{
    json_decref(answer);
    ck_assert_int_eq(chdir(origin), 0);
    scratch_remove(folder);
}

static int examine(const char *const argv[])
{
    char begin[TEST_KEY_LENGTH];
    outcome_of(&outcome, NULL, NULL, NULL, argv);
    /* One character more than may be shown. */
    snprintf(begin, sizeof begin, "%.*s", TEST_KEY_LENGTH / 4 + 1, key);
    ck_assert_ptr_null(strstr(outcome.out, begin));
    ck_assert_ptr_null(strstr(outcome.err, begin));
    json_decref(answer);
    answer = json_loads(outcome.out, 0, NULL);
    ck_assert_msg(answer != NULL, "%s%s", outcome.out, outcome.err);
    return outcome.status;
}

#define DOCTOR(...) examine((const char *const[]){command, "doctor", "--json", __VA_ARGS__, NULL})

/* The health of the first finding on the topic whose sentence holds the words, or "none". */
static const char *health(const char *topic, const char *words)
{
    const json_t *findings = json_object_get(answer, "findings");
    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);
        const char *sentence = json_string_value(json_object_get(finding, "sentence"));
        if (strcmp(json_string_value(json_object_get(finding, "topic")), topic) == 0 &&
            strstr(sentence, words) != NULL)
            return json_string_value(json_object_get(finding, "health"));
    }
    return "none";
}

/* A copy of the command with something beside it that has the library's name. */
static int with_library(const char *fixture)
{
    char copy[PATH_MAX], library[PATH_MAX], from[PATH_MAX];
    in_folder(copy, folder, "commissioned-auth");
    copy_file(command, copy, 0755);
    in_folder(library, folder, "libcommissioned-auth.so");
    in_folder(from, fixtures, fixture);
    copy_file(from, library, 0644);
    return examine((const char *const[]){copy, "doctor", "--json", NULL});
}

START_TEST(a_library_that_loads_is_good)
{
    with_library("preloaded.so");
    ck_assert_str_eq(health("library", "libcommissioned-auth.so loads"), "good");
}
END_TEST

START_TEST(a_library_that_does_not_load_is_a_failure)
{
    ck_assert_int_eq(with_library("dynamic"), 2);
    ck_assert_str_eq(health("library", "does not load"), "failure");
}
END_TEST

START_TEST(a_library_without_its_policy_module_is_a_failure)
{
    if (exists(MODULEDIR "/commissioned-auth-policy.so")) {
        puts("SKIP a_library_without_its_policy_module_is_a_failure: it is installed here");
        return;
    }
    ck_assert_int_eq(with_library("preloaded.so"), 2);
    ck_assert_str_eq(health("library", "commissioned-auth-policy.so is neither"), "failure");
}
END_TEST

START_TEST(the_installed_libcurl_does_what_is_relied_on)
{
    DOCTOR("--");
    if (old_libcurl())
        ck_assert_str_eq(health("libcurl", "has no prereq callback"), "warning");
    else
        ck_assert_str_eq(health("libcurl", "decides anew on each hop"), "good");
}
END_TEST

START_TEST(a_loopback_that_is_down_is_not_libcurls_fault)
{
    OUTCOME(&outcome, "unshare", "-n", "ip", "link", "set", "lo", "up");
    if (outcome.status != 0) {
        puts("SKIP a_loopback_that_is_down_is_not_libcurls_fault: no network namespaces or no "
             "ip(8) here");
        return;
    }
    OUTCOME(&outcome, "unshare", "-n", command, "doctor");
    ck_assert_ptr_nonnull(strstr(outcome.out, "failure libcurl   not tried, for the loopback "
                                              "interface is down here: 'ip link set lo up'"));
    ck_assert_ptr_null(strstr(outcome.out, "use another build of it"));
    OUTCOME(&outcome, "unshare", "-n", "sh", "-c", "ip link set lo up && \"$0\" doctor", command);
    ck_assert_msg(strstr(outcome.out, "lo up") == NULL && strstr(outcome.out, "libcurl") != NULL,
                  "%s%s", outcome.out, outcome.err);
}
END_TEST

START_TEST(a_sound_policy_and_key_are_good)
{
    DOCTOR("--");
    ck_assert_str_eq(health("policy", "rules: 1, keys: 1"), "good");
    ck_assert_str_eq(health("key", "is sound"), "good");
}
END_TEST

START_TEST(a_key_that_others_can_read_is_a_failure)
{
    ck_assert_int_eq(chmod(key_file, 0644), 0);
    ck_assert_int_eq(DOCTOR("--"), 2);
    ck_assert_str_eq(health("key", "chmod 600"), "failure");
}
END_TEST

START_TEST(a_policy_that_cannot_be_used_is_a_failure)
{
    write_file(config, "ruls = ();\n", 0600);
    ck_assert_int_eq(DOCTOR("--"), 2);
    ck_assert_str_eq(health("policy", "policy.conf:1"), "failure");
}
END_TEST

START_TEST(a_ca_file_that_cannot_be_had_is_a_failure)
{
    char text[3 * PATH_MAX];
    snprintf(text, sizeof text, "ca_file = \"%s/ca.pem\";\n%s", folder, text_of(config));
    write_file(config, text, 0600);
    ck_assert_int_eq(DOCTOR("--"), 2);
    ck_assert_str_eq(health("peers", "/ca.pem: no such file"), "failure");
}
END_TEST

START_TEST(a_key_older_than_it_should_be_is_a_warning)
{
    const struct timespec times[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    ck_assert_int_eq(utimensat(AT_FDCWD, key_file, times, 0), 0);
    ck_assert_int_ge(DOCTOR("--"), 1);
    ck_assert_str_eq(health("key", "after 90"), "warning");
}
END_TEST

START_TEST(a_log_of_tls_secrets_is_a_warning)
{
    setenv("SSLKEYLOGFILE", "/tmp/keys", 1);
    ck_assert_int_ge(DOCTOR("--"), 1);
    ck_assert_str_eq(health("tls", "SSLKEYLOGFILE"), "warning");
}
END_TEST

static const struct {
    const char *fixture; /* or a path */
    const char *health, *words;
} programs[] = {
    {"dynamic", "warning", "does not use libcurl itself"},
    {"static", "failure", "statically linked"},
    {"static-pie", "failure", "statically linked"},
    {"static-go", "failure", "written in Go"},
    {"golike", "failure", "written in Go"},
    {"bundled", "failure", "libcurl of its own built in"},
    {"dlopens", "warning", "partly covered"},
    {"musl", "failure", "another C library"},
    {"needscurl", "good", "covered: "},
    {"owntls", "failure", "linked with a TLS library"},
    {"sanitized", "warning", "ASAN_OPTIONS=verify_asan_link_order=0"},
    {"/bin/sh", "warning", "is a shell"},
    {"/usr/bin/git", "good", "covered: /usr/lib/git-core/git-remote-https"},
};

START_TEST(a_program_is_judged_by_how_it_was_built)
{
    char path[PATH_MAX];
    if (programs[_i].fixture[0] == '/')
        snprintf(path, sizeof path, "%s", programs[_i].fixture);
    else
        in_folder(path, fixtures, programs[_i].fixture);
    if (!exists(path)) {
        printf("SKIP a_program_is_judged_by_how_it_was_built: %s is not installed\n", path);
        return;
    }
    DOCTOR("--", path);
    ck_assert_msg(strcmp(health("program", programs[_i].words), programs[_i].health) == 0, "%s",
                  outcome.out);
}
END_TEST

static const struct {
    const char *program, *health, *words;
} asked[] = {
    {"../programs/peer-openssl", "good", "with the OpenSSL"},
    {"../programs/peer-gnutls", "good", "with the GnuTLS"},
    {"../programs/peer-nss", "warning", "cannot be asked"},
};

START_TEST(a_libcurl_can_be_asked_for_certificates_or_not)
{
    char path[PATH_MAX];
    in_folder(path, fixtures, asked[_i].program);
    if (access(path, X_OK) != 0) {
        printf("SKIP a_libcurl_can_be_asked: %s could not be built here\n", asked[_i].program);
        return;
    }
    DOCTOR("--", path);
    ck_assert_msg(strcmp(health("peers", asked[_i].words), asked[_i].health) == 0, "%s",
                  outcome.out);
}
END_TEST

/* What a script asks with: its text, and what doctor is to say of it. */
static const struct {
    const char *text, *health, *words;
} scripts[] = {
    {"#!/bin/sh\nx=$(curl -s \"$1\") && echo $x\n", "good", "curl is linked with"},
    {"#!/bin/sh\n# curl\necho curl 'curl'\n", "warning", "calls nothing that is known"},
    {"#!/bin/sh\ncase $1 in\ncurl) ;;\ngit) ;;\nesac\ncurl() { :; }\n", "warning",
     "calls nothing that is known"},
    {"#!/usr/bin/perl\nuse FFI::Platypus;\n", "warning", "calls nothing that is known"},
    {"#!/usr/bin/perl\nuse FFI::Platypus; $f->lib('libcurl.so.4');\n", "good", "covered: "},
    {"#!/bin/sh\nif true; then FOO=1 exec @golike; fi\n", "failure", "written in Go"},
    {"#!/bin/sh\ntimeout 20 curl \"$1\"\n", "good", "curl is linked with"},
    {"#!/bin/sh\n/usr/bin/timeout -k 1 --signal KILL -v 20 curl\n", "good", "curl is linked with"},
    {"#!/bin/sh\nnice -n 5 ionice -c2 -n 7 curl\n", "good", "curl is linked with"},
    {"#!/bin/sh\nnice -5 curl\n", "good", "curl is linked with"},
    {"#!/bin/sh\nA=b env -i -u X --chdir / C=d curl\n", "good", "curl is linked with"},
    {"#!/bin/sh\nnohup setsid -fw curl &\n", "good", "curl is linked with"},
    {"#!/bin/sh\nflock -w 5 \"$LOCK\" curl\n", "good", "curl is linked with"},
    {"#!/bin/sh\nflock -n /run/l -c 'curl x'\n", "good", "curl is linked with"},
    {"#!/bin/sh\n(flock -n 9 || exit; curl) 9>l\n", "good", "curl is linked with"},
    {"#!/bin/sh\nls | xargs -n 1 -I {} curl {}\n", "good", "curl is linked with"},
    {"#!/bin/sh\nrunuser -u x -- curl\n", "good", "curl is linked with"},
    {"#!/bin/sh\nsudo -nu root curl\n", "warning", "is started by sudo, which takes LD_PRELOAD"},
    {"#!/bin/sh\nsudo -u root true; curl\n", "good", "curl is linked with"},
    {"#!/bin/sh\ntimeout curl 5\n", "warning", "calls nothing that is known"},
    {"#!/bin/sh\ncommand -v curl\n", "warning", "calls nothing that is known"},
    {"#!/usr/bin/perl\nuse LWP::UserAgent;\n", "warning", "not covered"},
    {"#!/usr/bin/perl\nprint `curl $ARGV[0]`;\n", "good", "curl is linked with"},
    {"#!/usr/bin/perl\nuse WWW::Curl::Easy;\n", "good", "covered: "},
    {"#!/usr/bin/perl\n# use LWP;\nprint 1;\n", "warning", "perl loads modules"},
    {"#!/usr/bin/python3\nfrom anthropic import Anthropic\n", "warning", "has 'anthropic' in it"},
    {"#!/usr/bin/python3\nimport litellm\n", "warning", "has 'litellm' in it"},
    {"#!/usr/bin/python3\nfrom langchain_openai import ChatOpenAI\n", "warning",
     "has 'langchain' in it"},
    {"#!/usr/bin/python3\nfrom http import client\n", "warning", "has 'from http import' in it"},
    {"#!/usr/bin/ruby\nrequire \"net/http\"\n", "warning", "has 'net/http' in it"},
    {"#!/usr/bin/ruby\nrequire 'httparty'\n", "warning", "has 'httparty' in it"},
    {"#!/usr/bin/node\nimport https from \"node:https\"\n", "warning", "has 'node:https' in it"},
    {"#!/usr/bin/node\nimport got from 'got'\n", "warning", "has ''got'' in it"},
    {"#!/usr/bin/php\n<?php $r = file_get_contents($url, false, stream_context_create());\n",
     "warning", "has 'stream_context_create' in it"},
};

/* A module's name is no program's. */
static const char *const modules[] = {
    "#!/usr/bin/ruby\nrequire \"net/http\"\n",
    "#!/usr/bin/node\nconst h = require(\"https\")\n",
    "#!/usr/bin/node\nimport h from 'node:http'\n",
};

static bool has_interpreter(const char *text, const char *name)
{
    char interpreter[PATH_MAX];
    snprintf(interpreter, sizeof interpreter, "%.*s", (int)strcspn(text + 2, "\n"), text + 2);
    if (exists(interpreter))
        return true;
    printf("SKIP %s: %s is not installed\n", name, interpreter);
    return false;
}

START_TEST(a_module_of_a_script_is_no_call)
{
    char path[PATH_MAX];
    if (!has_interpreter(modules[_i], "a_module_of_a_script_is_no_call"))
        return;
    in_folder(path, folder, "script");
    write_file(path, modules[_i], 0755);
    DOCTOR("--", path);
    ck_assert_ptr_null(strstr(outcome.out, " calls /"));
}
END_TEST

START_TEST(a_script_is_judged_by_what_it_calls)
{
    char path[PATH_MAX], text[2 * PATH_MAX], file[PATH_MAX];
    const char *at = strchr(scripts[_i].text, '@');
    if (!exists("/usr/bin/curl")) {
        puts("SKIP a_script_is_judged_by_what_it_calls: curl is not installed");
        return;
    }
    if (!has_interpreter(scripts[_i].text, "a_script_is_judged_by_what_it_calls"))
        return;
    snprintf(text, sizeof text, "%s", scripts[_i].text);
    in_folder(file, fixtures, "golike");
    if (at != NULL)
        snprintf(text, sizeof text, "%.*s%s; fi\n", (int)(at - scripts[_i].text), scripts[_i].text,
                 file);
    in_folder(path, folder, "script");
    write_file(path, text, 0755);
    DOCTOR("--", path);
    ck_assert_msg(strcmp(health("program", scripts[_i].words), scripts[_i].health) == 0, "%s",
                  outcome.out);
}
END_TEST

/* In a mount namespace of its own, where /etc/ld.so.preload can name the library. Copies are asked,
 * for another user may not enter a build below root's home. */
START_TEST(a_set_user_id_program_is_covered_once_the_switch_is_on)
{
    static const char lab[] =
        "mount -t tmpfs t /mnt && mkdir /mnt/u /mnt/w && mount -t overlay o -o "
        "lowerdir=/etc,upperdir=/mnt/u,workdir=/mnt/w /etc || exit 99\n"
        "cp \"$1\" /mnt/p && chmod 4755 /mnt/p && chmod 755 /mnt || exit 99\n"
        "cp \"$2\"/commissioned-auth \"$2\"/commissioned-auth-policy.so \"$2\"/lib*.so /mnt || "
        "exit 99\n"
        "ask() { setpriv --reuid=1500 --regid=1500 --clear-groups env HOME=/nonexistent "
        "/mnt/commissioned-auth doctor -- /mnt/p; }\n"
        "ask; echo ------; echo /mnt/libcommissioned-auth.so >/etc/ld.so.preload; "
        "ask; : >/etc/ld.so.preload";
    char program[PATH_MAX], build[PATH_MAX], *second;
    in_folder(program, fixtures, "needscurl");
#ifdef __SANITIZE_ADDRESS__
    puts("SKIP a_set_user_id_program_is_covered_once_the_switch_is_on: a sanitised library cannot "
         "be in every program");
    return;
#endif
    in_folder(build, fixtures, "../..");
    if (getuid() != 0) {
        puts("SKIP a_set_user_id_program_is_covered_once_the_switch_is_on: only root can");
        return;
    }
    OUTCOME(&outcome, "unshare", "-m", "--propagation", "private", "sh", "-c", lab, "sh", program,
            build);
    if (outcome.status == 99 || strstr(outcome.out, "------") == NULL) {
        puts("SKIP a_set_user_id_program_is_covered_once_the_switch_is_on: no overlay here");
        return;
    }
    second = strstr(outcome.out, "------");
    ck_assert_ptr_nonnull(strstr(second, "where the switch is on"));
    *second = '\0';
    ck_assert_ptr_nonnull(strstr(outcome.out, "reads /etc/ld.so.preload alone"));
}
END_TEST

START_TEST(a_program_that_is_not_there_is_a_failure)
{
    ck_assert_int_eq(DOCTOR("--", "no-such-program"), 2);
    ck_assert_str_eq(health("program", "no-such-program"), "failure");
}
END_TEST

START_TEST(a_program_that_no_rule_names_is_a_failure)
{
    char text[2 * PATH_MAX];
    snprintf(text, sizeof text,
             "keys = ( { name = \"prod\"; file = \"%s\"; } );\n"
             "rules = ( { name = \"all\"; key = \"prod\"; programs = [\"/no/such\"]; } );\n",
             key_file);
    write_file(config, text, 0600);
    ck_assert_int_eq(DOCTOR("--", "true"), 2);
    ck_assert_str_eq(health("policy", "no rule is for"), "failure");
}
END_TEST

/* ---- leaks ----------------------------------------------------------------------------------- */

START_TEST(a_key_that_is_nowhere_else_is_good)
{
    DOCTOR("--leaks", "--");
    ck_assert_str_eq(health("leak", "were sought"), "good");
}
END_TEST

START_TEST(a_key_in_a_shell_history_is_found)
{
    char path[PATH_MAX], line[128];
    in_folder(path, folder, ".bash_history");
    snprintf(line, sizeof line, "ls\nexport KEY=%s\nls\n", key);
    write_file(path, line, 0600);
    ck_assert_int_eq(DOCTOR("--leaks"), 2);
    ck_assert_str_eq(health("leak", ".bash_history"), "failure");
}
END_TEST

static const char *const home_places[] = {
    ".env",
    ".curlrc",
    ".netrc",
    ".psql_history",
    ".git-credentials",
    ".docker/config.json",
    ".profile",
    ".config/systemd/user/x.service",
};

START_TEST(a_key_in_a_file_where_people_put_it_is_found)
{
    char path[PATH_MAX], line[128];
    in_folder(path, folder, home_places[_i]);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL;
         *slash++ = '/') {
        *slash = '\0';
        mkdir(path, 0700);
    }
    snprintf(line, sizeof line, "x=%s\n", key);
    write_file(path, line, 0600);
    ck_assert_int_eq(DOCTOR("--leaks"), 2);
    ck_assert_str_eq(health("leak", home_places[_i]), "failure");
}
END_TEST

START_TEST(a_history_that_lies_elsewhere_is_looked_into_and_told_once)
{
    char path[PATH_MAX], line[128];
    const char *first;
    in_folder(path, folder, "my-history");
    snprintf(line, sizeof line, "x=%s\n", key);
    write_file(path, line, 0600);
    setenv("HISTFILE", path, 1);
    setenv("NETRC", path, 1);
    ck_assert_int_eq(DOCTOR("--leaks"), 2);
    ck_assert_str_eq(health("leak", "my-history"), "failure");
    first = strstr(outcome.out, "my-history: ");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "my-history: "));
}
END_TEST

START_TEST(a_key_that_the_policy_has_in_a_dotenv_file_is_at_home_there)
{
    char path[PATH_MAX], text[2 * PATH_MAX];
    in_folder(path, folder, ".env");
    snprintf(text, sizeof text, "COMMISSIONED_API_KEY=%s\n", key);
    write_file(path, text, 0600);
    snprintf(text, sizeof text,
             "keys = ( { name = \"k\"; dotenv = \"%s\"; } );\n"
             "rules = ( { name = \"r\"; key = \"k\"; } );\n",
             path);
    write_file(config, text, 0600);
    DOCTOR("--leaks");
    ck_assert_str_eq(health("leak", "were sought"), "good");
}
END_TEST

START_TEST(it_is_said_where_nothing_was_looked_for)
{
    DOCTOR("--leaks");
    ck_assert_str_eq(health("leak", "not looked into: the journal and /var/log"), "good");
}
END_TEST

START_TEST(a_key_in_a_git_work_tree_is_found)
{
    char path[PATH_MAX], line[128];
    in_folder(path, folder, "work");
    ck_assert_int_eq(mkdir(path, 0755), 0);
    in_folder(path, folder, "work/.git");
    ck_assert_int_eq(mkdir(path, 0755), 0);
    in_folder(path, folder, "work/src");
    ck_assert_int_eq(mkdir(path, 0755), 0);
    in_folder(path, folder, "work/settings.py");
    snprintf(line, sizeof line, "KEY = '%s'\n", key);
    write_file(path, line, 0644);
    in_folder(path, folder, "work/src");
    ck_assert_int_eq(chdir(path), 0);
    ck_assert_int_eq(DOCTOR("--leaks"), 2);
    ck_assert_str_eq(health("leak", "work/settings.py"), "failure");
}
END_TEST

START_TEST(a_key_that_lies_across_two_reads_is_found)
{
    static char text[3 * 65536];
    char path[PATH_MAX];
    memset(text, 'x', sizeof text - 1);
    memcpy(text + 65536 - 20, key, strlen(key));
    in_folder(path, folder, ".bash_history");
    write_file(path, text, 0600);
    ck_assert_int_eq(DOCTOR("--leaks"), 2);
    ck_assert_str_eq(health("leak", ".bash_history"), "failure");
}
END_TEST

static pid_t start_sleeper(const char *argument, const char *variable)
{
    int ready[2], input[2];
    pid_t child;
    char byte;
    ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
    ck_assert_int_eq(pipe2(input, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        dup2(input[0], STDIN_FILENO);
        if (variable != NULL)
            setenv("LEAKED", variable, 1);
        /* Its complaint would show the key. */
        if (freopen("/dev/null", "w", stderr) == NULL)
            _exit(1);
        execl("/bin/cat", "cat", "-", argument, (char *)NULL); /* waits for its input */
        _exit(99);
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 0); /* closed by the exec */
    close(ready[0]);
    return child;
}

static void end_sleeper(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
}

START_TEST(a_key_among_the_arguments_of_a_process_is_found)
{
    pid_t child = start_sleeper(key, NULL);
    int status = DOCTOR("--leaks");
    end_sleeper(child);
    ck_assert_int_eq(status, 2);
    ck_assert_str_eq(health("leak", "the arguments of process"), "failure");
}
END_TEST

START_TEST(a_key_in_the_environment_of_a_process_is_a_warning)
{
    pid_t child = start_sleeper("-", key);
    int status = DOCTOR("--leaks");
    end_sleeper(child);
    ck_assert_int_ge(status, 1);
    ck_assert_str_eq(health("leak", "the environment of process"), "warning");
}
END_TEST

START_TEST(a_key_of_the_store_that_no_rule_names_is_sought_too)
{
    char path[PATH_MAX], stored[TEST_KEY_LENGTH + 1];
    struct outcome added;
    test_key_make(stored);
    outcome_of(&added, stored, NULL, NULL, (const char *const[]){command, "key", "add", "x", NULL});
    ck_assert_int_eq(added.status, 0);
    in_folder(path, folder, ".zsh_history");
    write_file(path, stored, 0600);
    ck_assert_int_eq(DOCTOR("--leaks"), 2);
    ck_assert_str_eq(health("leak", ".zsh_history"), "failure");
}
END_TEST

START_TEST(a_person_reads_lines)
{
    OUTCOME(&outcome, command, "doctor");
    ck_assert_ptr_nonnull(
        strstr(outcome.out, old_libcurl() ? "warning libcurl" : "good    libcurl"));
    ck_assert_ptr_null(strchr(outcome.out, '\033'));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("doctor");
    TCase *tests = tcase_create("findings");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, a_library_that_loads_is_good);
    tcase_add_test(tests, a_library_without_its_policy_module_is_a_failure);
    tcase_add_test(tests, a_library_that_does_not_load_is_a_failure);
    tcase_add_test(tests, the_installed_libcurl_does_what_is_relied_on);
    tcase_add_test(tests, a_loopback_that_is_down_is_not_libcurls_fault);
    tcase_add_test(tests, a_sound_policy_and_key_are_good);
    tcase_add_test(tests, a_key_that_others_can_read_is_a_failure);
    tcase_add_test(tests, a_policy_that_cannot_be_used_is_a_failure);
    tcase_add_test(tests, a_ca_file_that_cannot_be_had_is_a_failure);
    tcase_add_test(tests, a_key_older_than_it_should_be_is_a_warning);
    tcase_add_test(tests, a_log_of_tls_secrets_is_a_warning);
    tcase_add_loop_test(tests, a_program_is_judged_by_how_it_was_built, 0,
                        (int)(sizeof programs / sizeof *programs));
    tcase_add_loop_test(tests, a_libcurl_can_be_asked_for_certificates_or_not, 0,
                        (int)(sizeof asked / sizeof asked[0]));
    tcase_add_loop_test(tests, a_module_of_a_script_is_no_call, 0,
                        (int)(sizeof modules / sizeof *modules));
    tcase_add_loop_test(tests, a_script_is_judged_by_what_it_calls, 0,
                        (int)(sizeof scripts / sizeof *scripts));
    tcase_add_test(tests, a_set_user_id_program_is_covered_once_the_switch_is_on);
    tcase_add_test(tests, a_program_that_is_not_there_is_a_failure);
    tcase_add_test(tests, a_program_that_no_rule_names_is_a_failure);
    tcase_add_test(tests, a_key_that_is_nowhere_else_is_good);
    tcase_add_test(tests, a_key_in_a_shell_history_is_found);
    tcase_add_loop_test(tests, a_key_in_a_file_where_people_put_it_is_found, 0,
                        (int)(sizeof home_places / sizeof *home_places));
    tcase_add_test(tests, a_history_that_lies_elsewhere_is_looked_into_and_told_once);
    tcase_add_test(tests, a_key_that_the_policy_has_in_a_dotenv_file_is_at_home_there);
    tcase_add_test(tests, it_is_said_where_nothing_was_looked_for);
    tcase_add_test(tests, a_key_in_a_git_work_tree_is_found);
    tcase_add_test(tests, a_key_that_lies_across_two_reads_is_found);
    tcase_add_test(tests, a_key_among_the_arguments_of_a_process_is_found);
    tcase_add_test(tests, a_key_in_the_environment_of_a_process_is_a_warning);
    tcase_add_test(tests, a_key_of_the_store_that_no_rule_names_is_sought_too);
    tcase_add_test(tests, a_person_reads_lines);
    suite_add_tcase(suite, tests);

    return suite_run(suite);
}
