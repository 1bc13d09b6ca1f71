/* `explain`, `config` and `run --env`: the policy asked by the command.
 * Keys are made on the spot. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <jansson.h>

#include "../support/command.h"
#include "../support/tmpdir.h"
#include "support/old_libcurl.h"
#include "support/suite.h"

static char command[PATH_MAX], folder[PATH_MAX], config[PATH_MAX], key_file[PATH_MAX];
enum { SHOWN = TEST_KEY_LENGTH / 4 }; /* of a key, at the most */

static char key[TEST_KEY_LENGTH + 1];
static struct outcome outcome;
static json_t *answer;

static const char *const variables[] = {"COMMISSIONED_API_KEY",  "OPENAI_API_KEY",
                                        "OPENAI_BASE_URL",       "XDG_CONFIG_HOME",
                                        "CREDENTIALS_DIRECTORY", NULL};

static const char *const proxies[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY",
                                      "no_proxy",   "NO_PROXY",   NULL};

static void setup(void)
{
    umask(022);
    for (const char *const *v = variables; *v != NULL; v++)
        unsetenv(*v);
    for (const char *const *v = proxies; *v != NULL; v++)
        unsetenv(*v);
    scratch_make(folder);
    setenv("HOME", folder, 1);
    built(command, "commissioned-auth");
    in_folder(config, folder, "policy.conf");
    in_folder(key_file, folder, "key");
    setenv("COMMISSIONED_AUTH_CONFIG", config, 1);
    test_key_make(key);
    write_file(key_file, key, 0600);
}

static void teardown(void)
{
    json_decref(answer);
    scratch_remove(folder);
}

/* A policy with the key `prod` and what is given. */
static void policy(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void policy(const char *format, ...)
{
    char rest[4096], text[3 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(rest, sizeof rest, format, arguments);
    va_end(arguments);
    snprintf(text, sizeof text, "keys = ( { name = \"prod\"; file = \"%s\"; } );\n%s\n", key_file,
             rest);
    write_file(config, text, 0600);
}

static void shows_no_key(void)
{
    char begin[SHOWN + 2];
    snprintf(begin, sizeof begin, "%.*s", SHOWN + 1, key);
    ck_assert_ptr_null(strstr(outcome.out, begin));
    ck_assert_ptr_null(strstr(outcome.err, begin));
}

static int say(const char *const argv[])
{
    outcome_of(&outcome, NULL, NULL, NULL, argv);
    shows_no_key();
    json_decref(answer);
    answer = json_loads(outcome.out, 0, NULL);
    return outcome.status;
}

#define COMMAND(...) say((const char *const[]){command, __VA_ARGS__, NULL})

static const char *field(const char *name)
{
    const char *text = json_string_value(json_object_get(answer, name));
    ck_assert_msg(text != NULL, "no %s in: %s%s", name, outcome.out, outcome.err);
    return text;
}

#define RULE                                                                                       \
    "rules = ( { name = \"reports\"; url = \"https://app.commissioned.tech/v1\"; key = \"prod\"; " \
    "methods = [\"GET\", \"POST\"]; } );"

START_TEST(explain_names_the_key_and_the_line_of_its_rule)
{
    policy(RULE);
    ck_assert_int_eq(COMMAND("explain", "--json", "https://app.commissioned.tech/v1/models"), 0);
    ck_assert_str_eq(field("verdict"), "key");
    json_t *rule = json_object_get(answer, "rule");
    ck_assert_str_eq(json_string_value(json_object_get(rule, "file")), config);
    ck_assert_int_eq(json_integer_value(json_object_get(rule, "line")), 2);
    json_t *shown = json_object_get(answer, "key");
    ck_assert_str_eq(json_string_value(json_object_get(shown, "name")), "prod");
    ck_assert_uint_eq(json_string_length(json_object_get(shown, "prefix")), SHOWN);
}
END_TEST

START_TEST(explain_says_it_to_a_person_too)
{
    policy(RULE);
    ck_assert_int_eq(COMMAND("explain", "https://app.commissioned.tech/v1/models"), 0);
    ck_assert_ptr_nonnull(strstr(outcome.out, "key: prod ("));
    ck_assert_ptr_nonnull(strstr(outcome.out, "policy.conf:2)"));
    ck_assert_ptr_null(strchr(outcome.out, '\033')); /* no colour outside a terminal */
}
END_TEST

START_TEST(explain_says_that_a_ca_file_cannot_be_had)
{
    policy("ca_file = \"%s/ca.pem\";\n" RULE, folder);
    ck_assert_int_eq(COMMAND("explain", "https://app.commissioned.tech/v1/models"), 0);
    ck_assert_msg(strstr(outcome.out, "/ca.pem: no such file: store the authority's certificate") !=
                      NULL,
                  "%s", outcome.out);
}
END_TEST

static const struct {
    const char *method, *url, *reason;
} refusals[] = {
    {"GET", "http://app.commissioned.tech/v1/models", "scheme"},
    {"GET", "https://app.commissioned.tech:8443/v1/models", "port"},
    {"GET", "https://app.commissioned.tech/other", "path"},
    {"GET", "https://app.commissioned.tech/v1evil", "path"},
    {"GET", "https://app.commissioned.tech/v1/../other", "path"},
    {"GET", "https://app.commissioned.tech.example/v1/models", "host"},
    {"GET", "https://example.org/v1/models", "host"},
    {"DELETE", "https://app.commissioned.tech/v1/models", "method"},
    {"GET", "https://me@app.commissioned.tech/v1/models", "url-credentials"},
    {"GET", "https://", "url"},
};

START_TEST(explain_gives_the_reason_why_there_is_no_key)
{
    policy(RULE);
    ck_assert_int_eq(COMMAND("explain", "--json", "-X", refusals[_i].method, refusals[_i].url), 1);
    ck_assert_str_eq(field("verdict"), "pass");
    ck_assert_str_eq(field("reason"), refusals[_i].reason);
}
END_TEST

static const char *const odd_spellings[] = {
    "HTTPS://APP.commissioned.TECH/v1/models",
    "https://app.commissioned.tech:443/v1/models",
    "https://app.commissioned.tech/v1/./x/../models",
    "https://%61pp.commissioned.tech/v1/models",
};

START_TEST(explain_reads_an_odd_spelling_as_libcurl_does)
{
    if (strchr(odd_spellings[_i], '%') != NULL && libcurl_before(0x075000)) {
        puts("SKIP explain_reads_an_odd_spelling: libcurl before 7.80 takes no escapes in a host");
        return;
    }
    policy(RULE);
    ck_assert_int_eq(COMMAND("explain", "--json", odd_spellings[_i]), 0);
}
END_TEST

START_TEST(a_method_in_small_letters_is_the_same_method)
{
    policy(RULE);
    ck_assert_int_eq(COMMAND("explain", "-X", "post", "https://app.commissioned.tech/v1/x"), 0);
}
END_TEST

START_TEST(explain_tells_which_rules_are_for_other_programs)
{
    policy(
        "rules = ( { name = \"reports\"; key = \"prod\"; programs = [\"/no/such/program\"]; } );");
    ck_assert_int_eq(COMMAND("explain", "-p", "true", "https://app.commissioned.tech/v1/models"),
                     1);
    ck_assert_ptr_nonnull(strstr(outcome.out, "reports ("));
    ck_assert_ptr_nonnull(strstr(outcome.out, "program"));
}
END_TEST

START_TEST(explain_follows_links_to_the_program_that_will_run)
{
    char real[PATH_MAX], link[PATH_MAX];
    ck_assert_ptr_nonnull(realpath("/bin/true", real));
    in_folder(link, folder, "linked");
    ck_assert_int_eq(symlink("/bin/true", link), 0);
    policy("rules = ( { name = \"reports\"; key = \"prod\"; programs = [\"%s\"]; } );", real);
    ck_assert_int_eq(COMMAND("explain", "-p", link, "https://app.commissioned.tech/v1/models"), 0);
}
END_TEST

START_TEST(explain_asks_for_a_script_as_its_interpreter)
{
    char script[PATH_MAX], real[PATH_MAX];
    ck_assert_ptr_nonnull(realpath("/bin/sh", real));
    in_folder(script, folder, "script");
    write_file(script, "#!/bin/sh\n", 0755);
    policy(RULE);
    ck_assert_int_eq(
        COMMAND("explain", "--json", "-p", script, "https://app.commissioned.tech/v1/models"), 0);
    ck_assert_str_eq(field("program"), real);
    ck_assert_str_eq(field("script"), script);
}
END_TEST

START_TEST(explain_asks_as_another_user)
{
    if (getuid() != 0) {
        puts("SKIP explain_asks_as_another_user: only root can read another user's policy");
        return;
    }
    /* The environment of the other user is not known, so the file that ours names is not his. */
    policy(RULE);
    ck_assert_int_eq(
        COMMAND("explain", "--json", "-u", "nobody", "https://app.commissioned.tech/v1/models"), 1);
    ck_assert_str_eq(field("user"), "nobody");
}
END_TEST

START_TEST(a_user_who_is_not_there_is_two)
{
    policy(RULE);
    ck_assert_int_eq(COMMAND("explain", "-u", "no-such-user", "https://app.commissioned.tech/"), 2);
}
END_TEST

START_TEST(explain_says_which_denial_stops_it)
{
    char real[PATH_MAX];
    ck_assert_ptr_nonnull(realpath("/bin/true", real));
    policy(RULE "\ndeny = ( { programs = [\"%s\"]; } );", real);
    ck_assert_int_eq(COMMAND("explain", "-p", "true", "https://app.commissioned.tech/v1/models"),
                     1);
    ck_assert_ptr_nonnull(strstr(outcome.out, "policy.conf:3"));
}
END_TEST

START_TEST(a_key_that_cannot_be_had_is_two_with_the_remedy)
{
    policy(RULE);
    ck_assert_int_eq(chmod(key_file, 0644), 0);
    ck_assert_int_eq(COMMAND("explain", "--json", "https://app.commissioned.tech/v1/models"), 2);
    ck_assert_str_eq(field("verdict"), "fail");
    ck_assert_ptr_nonnull(strstr(field("why"), "chmod 600"));
}
END_TEST

START_TEST(a_policy_that_cannot_be_used_is_two_with_file_and_line)
{
    policy("ruls = ();");
    ck_assert_int_eq(COMMAND("explain", "--json", "https://app.commissioned.tech/v1/models"), 2);
    ck_assert_ptr_nonnull(strstr(field("why"), "policy.conf:2"));
}
END_TEST

START_TEST(a_policy_that_is_not_there_has_no_line)
{
    setenv("COMMISSIONED_AUTH_CONFIG", "/nonexistent/none.conf", 1);
    ck_assert_int_eq(COMMAND("explain", "https://app.commissioned.tech/v1/models"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.out, "(/nonexistent/none.conf)"));
    ck_assert_ptr_null(strstr(outcome.out, ":0"));
    ck_assert_int_eq(COMMAND("explain", "--json", "https://app.commissioned.tech/v1/models"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.out, "\"line\": null"));
}
END_TEST

START_TEST(without_a_configuration_nothing_gets_a_key)
{
    if (exists("/etc/commissioned-auth/commissioned-auth.conf")) {
        puts("SKIP without_a_configuration_nothing_gets_a_key: this machine has one");
        return;
    }
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    ck_assert_int_eq(COMMAND("explain", "--json", "https://app.commissioned.tech/v1/models"), 1);
    ck_assert_str_eq(field("why"), "there is no configuration");
    ck_assert_int_eq(COMMAND("config", "check"), 0);
}
END_TEST

START_TEST(a_good_configuration_is_zero)
{
    policy(RULE);
    ck_assert_int_eq(COMMAND("config", "check", "--json"), 0);
    ck_assert(json_is_true(json_object_get(answer, "good")));
}
END_TEST

START_TEST(every_error_of_a_bad_configuration_is_told_with_its_line)
{
    policy("ruls = ();\nreport = 3;");
    ck_assert_int_eq(COMMAND("config", "check"), 78);
    ck_assert_ptr_nonnull(strstr(outcome.out, "policy.conf:2: "));
    ck_assert_ptr_nonnull(strstr(outcome.out, "policy.conf:3: "));
}
END_TEST

START_TEST(a_key_file_that_others_can_read_is_77)
{
    policy(RULE);
    ck_assert_int_eq(chmod(key_file, 0644), 0);
    ck_assert_int_eq(COMMAND("config", "check", "--json"), 77);
    ck_assert(json_is_true(json_object_get(answer, "unsafe")));
}
END_TEST

START_TEST(a_configuration_that_others_can_write_is_77)
{
    policy(RULE);
    ck_assert_int_eq(chmod(config, 0666), 0);
    ck_assert_int_eq(COMMAND("config", "check"), 77);
}
END_TEST

START_TEST(a_configuration_with_a_key_in_it_that_others_can_read_is_77)
{
    char text[128];
    snprintf(text, sizeof text, "api_key = \"%s\";\n", key);
    write_file(config, text, 0644);
    ck_assert_int_eq(COMMAND("config", "check"), 77);
}
END_TEST

START_TEST(a_key_file_that_is_not_there_is_78)
{
    policy(RULE);
    ck_assert_int_eq(unlink(key_file), 0);
    ck_assert_int_eq(COMMAND("config", "check"), 78);
    ck_assert_ptr_nonnull(strstr(outcome.out, key_file));
}
END_TEST

START_TEST(a_key_that_no_rule_uses_is_a_warning)
{
    policy("%s", "");
    ck_assert_int_eq(COMMAND("config", "check"), 0);
    ck_assert_ptr_nonnull(strstr(outcome.out, "warning: "));
}
END_TEST

/* 77 is for scripts that put modes right; what else is wrong must not hide behind it. */
START_TEST(unsafe_modes_among_other_errors_are_78)
{
    policy("rules = ( { name = \"a\"; key = \"prod\"; }, { name = \"b\"; key = \"none\"; } );");
    ck_assert_int_eq(chmod(key_file, 0644), 0);
    ck_assert_int_eq(COMMAND("config", "check", "--json"), 78);
    ck_assert(json_is_true(json_object_get(answer, "unsafe")));
}
END_TEST

START_TEST(a_file_that_is_no_key_is_78_and_not_77)
{
    policy(RULE);
    write_file(key_file, "two words\n", 0600);
    ck_assert_int_eq(COMMAND("config", "check"), 78);
    ck_assert_int_eq(unlink(key_file), 0);
    ck_assert_int_eq(mkdir(key_file, 0700), 0);
    ck_assert_int_eq(COMMAND("config", "check"), 78);
}
END_TEST

START_TEST(a_candidate_for_the_system_s_policy_may_close_the_users)
{
    char candidate[PATH_MAX];
    in_folder(candidate, folder, "candidate.conf");
    write_file(candidate, "user_config = false;\n", 0644);
    ck_assert_int_eq(COMMAND("config", "check", candidate), 78);
    ck_assert_int_eq(COMMAND("config", "check", "--system", candidate), 0);
    ck_assert_int_eq(COMMAND("config", "check", "--system"), 2);
    ck_assert_int_eq(COMMAND("config", "check", "--no-such-option"), 2);
}
END_TEST

START_TEST(each_finding_has_its_code_file_and_line)
{
    const json_t *first;
    policy("\nrules = ( { name = \"a\"; key = \"prod\"; kee = 1; } );");
    ck_assert_int_eq(COMMAND("config", "check", "--json"), 78);
    first = json_array_get(json_object_get(answer, "findings"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "code")), "policy");
    ck_assert_str_eq(json_string_value(json_object_get(first, "file")), config);
    ck_assert_int_eq(json_integer_value(json_object_get(first, "line")), 3);
    policy(RULE);
    ck_assert_int_eq(chmod(key_file, 0644), 0);
    ck_assert_int_eq(COMMAND("config", "check", "--json"), 77);
    first = json_array_get(json_object_get(answer, "findings"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "code")), "unsafe");
    ck_assert_str_eq(json_string_value(json_object_get(first, "file")), key_file);
}
END_TEST

START_TEST(an_error_is_told_once)
{
    policy("key_file = \"keys.d/default\";\n");
    static const char *const verbs[] = {"check", "show"};
    for (int i = 0; i < 2; i++) {
        OUTCOME(&outcome, command, "config", verbs[i], config);
        ck_assert_int_eq(outcome.status, 78);
        const char *first = strstr(outcome.out, "not an absolute path");
        ck_assert_ptr_nonnull(first);
        ck_assert_ptr_null(strstr(first + 1, "not an absolute path"));
    }
}
END_TEST

/* As libconfig 1.7 takes it; what runs here may be older. */
START_TEST(a_comma_after_the_last_element_is_as_good_as_none)
{
    policy("rules = ( { name = \"r\"; key = \"prod\"; methods = [ \"GET\", \"POST\", ]; },\n);\n");
    OUTCOME(&outcome, command, "config", "check", config);
    ck_assert_int_eq(outcome.status, 0);
}
END_TEST

START_TEST(a_file_can_be_checked_before_it_is_put_in_place)
{
    char other[PATH_MAX];
    policy(RULE);
    in_folder(other, folder, "new.conf");
    write_file(other, "nonsense\n", 0600);
    ck_assert_int_eq(COMMAND("config", "check", other), 78);
    ck_assert_ptr_nonnull(strstr(outcome.out, "new.conf:1: "));
    ck_assert_int_eq(chdir(folder), 0);
    ck_assert_int_eq(COMMAND("config", "check", "new.conf"), 78);
    ck_assert_int_eq(COMMAND("config", "check", "not-there.conf"), 2);
}
END_TEST

START_TEST(show_lists_rules_and_keys_without_keys)
{
    policy(RULE);
    ck_assert_int_eq(COMMAND("config", "show", "--json"), 0);
    ck_assert_uint_eq(json_array_size(json_object_get(answer, "rules")), 1);
    json_t *keys = json_object_get(answer, "keys");
    ck_assert_uint_eq(json_array_size(keys), 1);
    ck_assert_uint_eq(json_string_length(json_object_get(json_array_get(keys, 0), "prefix")),
                      SHOWN);
    ck_assert_int_eq(COMMAND("config", "show"), 0);
    ck_assert_ptr_nonnull(strstr(outcome.out, "rule reports"));
}
END_TEST

/* ---- run --env ------------------------------------------------------------------------------- */

/* The child compares, so that the key is on no screen: $1 is a file that holds it. */
/* All that decides: what is not written has its default, and is shown. */
START_TEST(show_lists_all_that_decides)
{
    static const char *const lines[] = {"extra origin (",
                                        "url          https://dev.example:8443",
                                        "deny (",
                                        "users        nobody",
                                        "existing     replace-placeholder",
                                        "placeholder  Bearer unused",
                                        "missing      pass",
                                        "report       all",
                                        "existing     keep",
                                        "missing      fail",
                                        "report       denied",
                                        "kind         file",
                                        "next         k.next",
                                        "stale        5m",
                                        "rotate_after 90d",
                                        "kind         environment",
                                        "kind         dotenv",
                                        "variable     MY_KEY",
                                        "kind         credential",
                                        NULL};
    char text[4 * PATH_MAX];
    snprintf(text, sizeof text,
             "extra_origins = [\"https://dev.example:8443\"];\n"
             "deny = ( { users = [\"nobody\"]; } );\n"
             "keys = ( { name = \"k\"; file = \"%s\"; next = \"%s.next\"; stale = \"5m\"; "
             "rotate_after = \"90d\"; },\n"
             "         { name = \"e\"; environment = \"OPENAI_API_KEY\"; },\n"
             "         { name = \"d\"; dotenv = \"/no/.env\"; variable = \"MY_KEY\"; },\n"
             "         { name = \"c\"; credential = \"unit\"; } );\n"
             "rules = ( { name = \"a\"; key = \"k\"; existing = \"replace-placeholder\"; "
             "placeholder = \"Bearer unused\"; missing = \"pass\"; report = \"all\"; },\n"
             "          { name = \"b\"; key = \"e\"; } );\n",
             key_file, key_file);
    write_file(config, text, 0600);
    OUTCOME(&outcome, command, "config", "show");
    ck_assert_int_eq(outcome.status, 0);
    shows_no_key();
    for (const char *const *line = lines; *line != NULL; line++)
        ck_assert_msg(strstr(outcome.out, *line) != NULL, "no '%s' in:\n%s", *line, outcome.out);
}
END_TEST

/* The key of the simple form is known by one name, that of `key list`. */
START_TEST(a_key_of_the_simple_form_has_the_name_of_its_file)
{
    char text[2 * PATH_MAX];
    snprintf(text, sizeof text, "key_file = \"%s\";\n", key_file);
    write_file(config, text, 0600);
    ck_assert_int_eq(COMMAND("config", "show", "--json"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(json_object_get(answer, "keys"), 0), "name")),
                     "key");
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(json_object_get(answer, "rules"), 0), "key")),
                     "key");
    ck_assert_int_eq(COMMAND("explain", "--json", "https://app.commissioned.tech/v1"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(answer, "key"), "name")),
                     "key");
    ck_assert_int_eq(COMMAND("run", "--env", "-k", "key", "--", "true"), 0);
}
END_TEST

static const char *const failing[][6] = {
    {"explain", "--json", "--user", "no-such-user-here", "https://app.commissioned.tech/"},
    {"explain", "--json"},
    {"config", "check", "--json", "/no/such/file"},
    {"config", "check", "--json", "--no-such-option"},
    {"key", "check", "--json", "no-such-key"},
    {"key", "show", "-j", "no-such-key"},
};

START_TEST(an_error_is_json_where_json_was_asked_for)
{
    const char *argv[8] = {command};
    for (int i = 0; i < 6 && failing[_i][i] != NULL; i++)
        argv[i + 1] = failing[_i][i];
    say(argv);
    ck_assert_int_ne(outcome.status, 0);
    ck_assert_msg(answer != NULL, "%s%s", outcome.out, outcome.err);
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "exit_status")), outcome.status);
    ck_assert_ptr_nonnull(strstr(outcome.err, json_string_value(json_object_get(answer, "error"))));
}
END_TEST

START_TEST(a_name_that_is_no_text_is_kept_in_json_and_harmless_on_a_terminal)
{
    char odd[PATH_MAX];
    in_folder(odd, folder, "a\xff\033[31mb.conf");
    write_file(odd, "deny = ( { users = [\"x\"]; } );\n", 0600);
    ck_assert_int_eq(COMMAND("config", "show", "--json", odd), 0);
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(
                                     json_array_get(json_object_get(answer, "files"), 0), "file")),
                                 "a\\xff\033[31mb.conf"));
    OUTCOME(&outcome, command, "config", "show", odd);
    ck_assert_ptr_nonnull(strstr(outcome.out, "a??[31mb.conf"));
    ck_assert_ptr_null(strchr(outcome.out, '\033'));
    OUTCOME(&outcome, command, "config", "show", "/no/\033[31m\xc2\x9b");
    ck_assert_ptr_null(strchr(outcome.err, '\033'));
    ck_assert_ptr_null(strstr(outcome.err, "\xc2\x9b"));
}
END_TEST

START_TEST(explain_shows_no_control_character)
{
    char odd[PATH_MAX];
    in_folder(odd, folder, "b\033[31m.conf");
    write_file(odd, "deny = ( { programs = [\"/bin/*\"]; } );\n", 0600);
    setenv("COMMISSIONED_AUTH_CONFIG", odd, 1);
    OUTCOME(&outcome, command, "explain", "-p", "/no/such/\033[31m", "https://x/\033[31m\xc2\x9b");
    ck_assert_ptr_nonnull(strstr(outcome.out, "/no/such/?[31m"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "https://x/?[31m?"));
    ck_assert_ptr_null(strchr(outcome.out, '\033'));
    ck_assert_ptr_null(strstr(outcome.out, "\xc2\x9b"));
    OUTCOME(&outcome, command, "explain", "-p", "/bin/sh", "https://app.commissioned.tech/v1");
    ck_assert_ptr_nonnull(strstr(outcome.out, "b?[31m.conf:1"));
    ck_assert_ptr_null(strchr(outcome.out, '\033'));
    setenv("COMMISSIONED_AUTH_CONFIG", config, 1);
}
END_TEST

START_TEST(what_is_no_url_is_said_to_be_none_without_a_policy_too)
{
    char nowhere[PATH_MAX];
    in_folder(nowhere, folder, "nowhere");
    policy(RULE);
    ck_assert_int_eq(COMMAND("explain", "nope"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "'nope' is no URL"));
    ck_assert_int_eq(COMMAND("explain", "--json", "ht tp://x"), 1);
    ck_assert_str_eq(field("reason"), "url");
    OUTCOME(&outcome, command, "explain", "app.commissioned.tech/v1");
    ck_assert_ptr_nonnull(strstr(outcome.out, "[scheme]"));
    ck_assert_ptr_nonnull(
        strstr(outcome.out, "libcurl takes it for http://app.commissioned.tech/v1"));
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    setenv("XDG_CONFIG_HOME", nowhere, 1);
    ck_assert_int_eq(COMMAND("explain", "nope"), 2);
    ck_assert_ptr_nonnull(strstr(outcome.err, "'nope' is no URL"));
    if (access("/etc/commissioned-auth", F_OK) != 0) {
        ck_assert_int_eq(COMMAND("explain", "--json", "ht tp://x"), 1);
        ck_assert_str_eq(field("reason"), "url");
        ck_assert_ptr_nonnull(strstr(field("why"), "the URL could not be read"));
    }
    unsetenv("XDG_CONFIG_HOME");
    setenv("COMMISSIONED_AUTH_CONFIG", config, 1);
}
END_TEST

static const char compare[] = "test \"$OPENAI_API_KEY\" = \"$(cat \"$1\")\" && "
                              "test \"$COMMISSIONED_API_KEY\" = \"$OPENAI_API_KEY\" && "
                              "echo \"$OPENAI_BASE_URL\"";

#define RUN_ENV(...) COMMAND("run", "--env", __VA_ARGS__, "--", "sh", "-c", compare, "sh", key_file)

START_TEST(the_environment_gets_the_key_and_the_url_of_its_rule)
{
    policy("rules = ( { name = \"a\"; url = \"https://app.commissioned.tech/v1\"; key = \"prod\"; "
           "} );");
    ck_assert_int_eq(COMMAND("run", "--env", "--", "sh", "-c", compare, "sh", key_file), 0);
    ck_assert_str_eq(outcome.out, "https://app.commissioned.tech/v1\n");
}
END_TEST

START_TEST(a_rule_for_the_whole_origin_means_the_usual_url)
{
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    ck_assert_int_eq(COMMAND("run", "--env", "--", "sh", "-c", compare, "sh", key_file), 0);
    ck_assert_str_eq(outcome.out, "https://app.commissioned.tech/v1\n");
}
END_TEST

START_TEST(the_program_runs_without_the_library)
{
    policy(RULE);
    unsetenv("LD_PRELOAD");
    ck_assert_int_eq(COMMAND("run", "--env", "--", "sh", "-c", "echo \"[$LD_PRELOAD]\""), 0);
    ck_assert_str_eq(outcome.out, "[]\n");
}
END_TEST

START_TEST(a_statically_linked_program_can_be_given_its_key)
{
    char path[PATH_MAX];
    built(path, "tests/fixtures/static");
    policy(RULE);
    ck_assert_int_eq(COMMAND("run", "--env", "--", path), 0);
}
END_TEST

START_TEST(a_set_user_id_program_is_given_none)
{
    char path[PATH_MAX];
    if (getuid() != 0) {
        puts("SKIP a_set_user_id_program_is_given_none: only root can give a file away");
        return;
    }
    in_folder(path, folder, "setuid");
    copy_file("/bin/true", path, 0755);
    ck_assert_int_eq(chown(path, 65534, 65534), 0);
    ck_assert_int_eq(chmod(path, 04755), 0);
    policy(RULE);
    ck_assert_int_eq(COMMAND("run", "--env", "--", path), 125);
}
END_TEST

START_TEST(a_program_that_no_rule_names_is_given_none)
{
    policy("rules = ( { name = \"a\"; key = \"prod\"; programs = [\"/no/such/program\"]; } );");
    ck_assert_int_eq(COMMAND("run", "--env", "--", "sh", "-c", "echo ran"), 125);
    ck_assert_str_eq(outcome.out, "");
    ck_assert_ptr_nonnull(strstr(outcome.err, "no rule gives"));
}
END_TEST

START_TEST(a_key_can_be_chosen_by_its_name_where_a_rule_gives_it)
{
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    ck_assert_int_eq(RUN_ENV("-k", "prod"), 0);
    ck_assert_int_eq(RUN_ENV("-k", "other"), 125);
}
END_TEST

START_TEST(a_key_cannot_be_chosen_without_env)
{
    policy(RULE);
    ck_assert_int_eq(COMMAND("run", "-k", "prod", "--", "true"), 125);
}
END_TEST

START_TEST(a_key_that_cannot_be_had_stops_the_program)
{
    policy(RULE);
    ck_assert_int_eq(chmod(key_file, 0644), 0);
    ck_assert_int_eq(COMMAND("run", "--env", "--", "sh", "-c", "echo ran"), 125);
    ck_assert_str_eq(outcome.out, "");
    ck_assert_ptr_nonnull(strstr(outcome.err, "chmod 600"));
}
END_TEST

static const struct {
    const char *url;
    int status;
} base_urls[] = {
    {"https://app.commissioned.tech/v1", 0},   {"https://app.commissioned.tech/v1/other", 0},
    {"http://127.0.0.1:8080/v1", 0},           {"http://127.9.9.9/v1", 0},
    {"http://localhost:8080/v1", 0},           {"http://[::1]:8080/v1", 0},
    {"http://app.commissioned.tech/v1", 125},  {"https://app.commissioned.tech:8443/v1", 125},
    {"https://api.example.org/v1", 125},       {"https://127.0.0.1.example.org/v1", 125},
    {"https://localhost.example.org/v1", 125}, {"http://128.0.0.1/v1", 125},
    {"http://me:secret@127.0.0.1/v1", 125},    {"::::", 125},
};

START_TEST(a_base_url_of_the_callers_stays_where_the_key_may_go)
{
    char line[128];
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    setenv("OPENAI_BASE_URL", base_urls[_i].url, 1);
    ck_assert_msg(COMMAND("run", "--env", "--", "sh", "-c", compare, "sh", key_file) ==
                      base_urls[_i].status,
                  "%s: %d %s", base_urls[_i].url, outcome.status, outcome.err);
    snprintf(line, sizeof line, "%s\n", base_urls[_i].url);
    ck_assert_str_eq(outcome.out, base_urls[_i].status == 0 ? line : "");
}
END_TEST

/* Names by which clients choose their server, each left at another provider's address. */
static const struct {
    const char *name, *value;
} foreign[] = {
    {"OPENAI_BASE_URL", "http://api.other.example:8080/v1"},
    {"OPENAI_API_BASE", "http://api.other.example:8080/v1"},
    {"OPENAI_API_BASE_URL", "https://api.other.example/v1"},
    {"OPENAI_API_BASE_URLS", "https://app.commissioned.tech/v1;https://api.other.example/v1"},
    {"OPENAI_API_HOST", "api.other.example"},
    {"OPENAI_HOST", "https://api.other.example"},
    {"OPENAI_BASE_PATH", "https://api.other.example/v1"},
    {"OPENAI_ENDPOINT", "https://api.other.example"},
    {"OPENAI_PROXY_URL", "https://api.other.example/v1"},
    {"AZURE_OPENAI_ENDPOINT", "https://x.openai.azure.com"},
    {"AZURE_OPENAI_BASE_PATH", "https://x.openai.azure.com/openai/deployments"},
    {"AZURE_OPENAI_API_INSTANCE_NAME", "x"},
    {"AZURE_API_BASE", "https://x.openai.azure.com"},
    {"LITELLM_PROXY_API_BASE", "https://api.other.example"},
    {"ANTHROPIC_BASE_URL", "https://api.other.example"},
    {"AIDER_OPENAI_API_BASE", "https://api.other.example/v1"},
    {"API_BASE_URL", "https://api.other.example/v1"},
    {"MY_OPENAI_SERVER", "https://api.other.example/v1"},
    {"MY_OPENAI_HOST", "api.other.example"},
    {"NEXT_PUBLIC_openai_url", "https://api.other.example/v1"},
    {"COMMISSIONED_BASE_URL", "https://api.other.example/v1"},
    {"BASE_URL", "https://api.other.example"},
    {"BASE_URL", "//api.other.example"},
    {"API_BASE", "https://api.other.example/v1"},
    {"OPEN_AI_BASE_URL", "https://api.other.example/v1"},
    {"LLM_ENDPOINT", "https://api.other.example/v1"},
    {"LLM_API_BASE_URL", "https://api.other.example/v1"},
    {"CHATGPT_API_BASE", "https://api.other.example/v1"},
    {"GPT_BASE_URL", "api.other.example/v1"},
    {"LITELLM_URL", "https://api.other.example"},
    {"AZURE_OPENAI_API_HOST", "gateway"},
    {"OPENAI_PROXY_URL", "gateway/v1"},
};

START_TEST(a_server_of_another_provider_is_refused_by_whatever_name)
{
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    setenv(foreign[_i].name, foreign[_i].value, 1);
    ck_assert_int_eq(COMMAND("run", "--env", "--", "env"), 125);
    ck_assert_str_eq(outcome.out, "");
    ck_assert_ptr_nonnull(strstr(outcome.err, foreign[_i].name));
    ck_assert_ptr_nonnull(strstr(outcome.err, "env -u "));
}
END_TEST

/* As it would be left by people who have more in their environment than this. */
static const struct {
    const char *name, *value;
} harmless[] = {
    {"OPENAI_API_BASE", ""},
    {"OPENAI_BASE_PATH", "v1/chat/completions"},
    {"API_BASE_URL", "default"},
    {"OPENAI_API_HOST", "app.commissioned.tech"},
    {"OPENAI_MODEL", "gpt-4"},
    {"OPENAI_ORGANIZATION", "o"},
    {"https_proxy", "http://proxy.example:3128"},
    {"http_proxy", "http://proxy.example:3128"},
    {"DATABASE_URL", "postgres://db.example/x"},
    {"AIDER_MODEL", "openai/gpt-4"},
    {"COMMISSIONED_CONSOLE_URL", "https://console.example"},
    {"NODE_TLS_REJECT_UNAUTHORIZED", "1"},
    {"BASE_URL", "/app/v1.0/"},
    {"BASE_URL", "./"},
    {"API_BASE", "http://127.0.0.1:8000"},
    {"LITELLM_LOG", "DEBUG"},
    {"CURL_CA_BUNDLE", "/etc/ssl/certs/ca-certificates.crt"},
    {"PERL_LWP_SSL_VERIFY_HOSTNAME", "1"},
};

START_TEST(what_leads_nowhere_else_is_left)
{
    char line[128];
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    setenv(harmless[_i].name, harmless[_i].value, 1);
    OUTCOME(&outcome, command, "run", "--env", "--", "env");
    ck_assert_msg(outcome.status == 0, "%s", outcome.err);
    snprintf(line, sizeof line, "%s=%s\n", harmless[_i].name, harmless[_i].value);
    if (*harmless[_i].value)
        ck_assert_ptr_nonnull(strstr(outcome.out, line));
}
END_TEST

START_TEST(every_usual_name_of_the_server_is_set)
{
    static const char *const lines[] = {
        "OPENAI_BASE_URL=https://app.commissioned.tech/v1\n",
        "OPENAI_API_BASE=https://app.commissioned.tech/v1\n",
        "OPENAI_API_BASE_URL=https://app.commissioned.tech/v1\n",
        "AIDER_OPENAI_API_BASE=https://app.commissioned.tech/v1\n",
        "OPENAI_API_HOST=app.commissioned.tech\n",
        "OPENAI_HOST=https://app.commissioned.tech\n",
    };
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    OUTCOME(&outcome, command, "run", "--env", "--", "env");
    ck_assert_int_eq(outcome.status, 0);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        ck_assert_msg(strstr(outcome.out, lines[i]) != NULL, "%s", lines[i]);
}
END_TEST

START_TEST(a_server_on_this_machine_is_one_by_all_names)
{
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    setenv("OPENAI_API_BASE", "http://127.0.0.1:8080/v1", 1);
    OUTCOME(&outcome, command, "run", "--env", "--", "env");
    ck_assert_ptr_nonnull(strstr(outcome.out, "OPENAI_BASE_URL=http://127.0.0.1:8080/v1\n"));
    ck_assert_ptr_nonnull(strstr(outcome.out, "OPENAI_API_HOST=127.0.0.1:8080\n"));
}
END_TEST

static const struct {
    const char *name, *value;
} unverified[] = {
    {"NODE_TLS_REJECT_UNAUTHORIZED", "0"},
    {"PYTHONHTTPSVERIFY", "0"},
    {"SSL_VERIFY", "False"},
    {"AIDER_VERIFY_SSL", "no"},
    {"CURL_CA_BUNDLE", ""},
    {"PERL_LWP_SSL_VERIFY_HOSTNAME", "0"},
    {"PERL_HTTP_TINY_SSL_INSECURE_BY_DEFAULT", "1"},
    {"AIOHTTP_CLIENT_SESSION_SSL", "false"},
};

START_TEST(a_switch_that_turns_verification_off_is_refused_but_for_this_machine)
{
    char remedy[96];
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    setenv(unverified[_i].name, unverified[_i].value, 1);
    ck_assert_int_eq(COMMAND("run", "--env", "--", "env"), 125);
    snprintf(remedy, sizeof remedy, "env -u %s'", unverified[_i].name);
    ck_assert_ptr_nonnull(strstr(outcome.err, remedy));
    setenv("OPENAI_BASE_URL", "https://127.0.0.1:8443/v1", 1);
    ck_assert_int_eq(COMMAND("run", "--env", "--", "true"), 0);
}
END_TEST

/* A proxy for http sees a header that is sent to this machine. */
START_TEST(plain_http_through_a_proxy_is_refused)
{
    policy("rules = ( { name = \"a\"; key = \"prod\"; } );");
    setenv("OPENAI_BASE_URL", "http://127.0.0.1:8080/v1", 1);
    setenv("http_proxy", "http://proxy.example:3128", 1);
    ck_assert_int_eq(COMMAND("run", "--env", "--", "env"), 125);
    ck_assert_ptr_nonnull(strstr(outcome.err, "no_proxy=127.0.0.1"));
    setenv("no_proxy", "127.0.0.1", 1);
    ck_assert_int_eq(COMMAND("run", "--env", "--", "true"), 0);
}
END_TEST

static void add_run_env(TCase *tests)
{
    tcase_add_loop_test(tests, a_server_of_another_provider_is_refused_by_whatever_name, 0,
                        (int)(sizeof foreign / sizeof *foreign));
    tcase_add_loop_test(tests, what_leads_nowhere_else_is_left, 0,
                        (int)(sizeof harmless / sizeof *harmless));
    tcase_add_test(tests, every_usual_name_of_the_server_is_set);
    tcase_add_test(tests, a_server_on_this_machine_is_one_by_all_names);
    tcase_add_loop_test(tests, a_switch_that_turns_verification_off_is_refused_but_for_this_machine,
                        0, (int)(sizeof unverified / sizeof unverified[0]));
    tcase_add_test(tests, plain_http_through_a_proxy_is_refused);
    tcase_add_test(tests, the_environment_gets_the_key_and_the_url_of_its_rule);
    tcase_add_test(tests, a_rule_for_the_whole_origin_means_the_usual_url);
    tcase_add_test(tests, the_program_runs_without_the_library);
    tcase_add_test(tests, a_statically_linked_program_can_be_given_its_key);
    tcase_add_test(tests, a_set_user_id_program_is_given_none);
    tcase_add_test(tests, a_program_that_no_rule_names_is_given_none);
    tcase_add_test(tests, a_key_can_be_chosen_by_its_name_where_a_rule_gives_it);
    tcase_add_test(tests, a_key_cannot_be_chosen_without_env);
    tcase_add_test(tests, a_key_that_cannot_be_had_stops_the_program);
    tcase_add_loop_test(tests, a_base_url_of_the_callers_stays_where_the_key_may_go, 0,
                        (int)(sizeof base_urls / sizeof *base_urls));
}

static const char *const printing[][2] = {
    {"explain", "https://app.commissioned.tech/v1"},
    {"doctor"},
    {"status", "--processes"},
    {"config", "check"},
    {"config", "show"},
    {"key", "list"},
    {"token", "list"},
};

static bool is_word_of(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        if (strchr(" \n", at[-1]) != NULL && strchr(" \n", at[length]) != NULL)
            return true;
    return false;
}

static void is_in(const char *section, json_t *value)
{
    const char *name, *topic = json_string_value(json_object_get(value, "topic"));
    json_t *member;
    size_t i;
    ck_assert_msg(topic == NULL || is_word_of(section, topic), "the manual lacks %s", topic);
    json_object_foreach(value, name, member)
    {
        ck_assert_msg(is_word_of(section, name), "the manual lacks %s", name);
        if (json_is_array(member))
            is_in(section, member);
    }
    json_array_foreach(value, i, member)
    {
        is_in(section, member);
    }
}

START_TEST(each_member_of_what_is_printed_as_json_stands_in_the_manual)
{
    policy(RULE);
    COMMAND(printing[_i][0], printing[_i][1] != NULL ? printing[_i][1] : "--json", "--json");
    ck_assert_ptr_nonnull(answer);
    const char *manual = strstr(text_of("doc/commissioned-auth.1"), "\n.Sh JSON\n");
    char *section;
    ck_assert_ptr_nonnull(manual);
    int length = (int)(strstr(manual + 1, "\n.Sh ") - manual);
    ck_assert_int_gt(asprintf(&section, "%.*s\n", length, manual), 0);
    if (strcmp(printing[_i][0], "config") == 0) { /* settings have their names in (5) */
        char *both;
        ck_assert_int_gt(asprintf(&both, "%s%s", section, text_of("doc/commissioned-auth.conf.5")),
                         0);
        free(section);
        section = both;
    }
    is_in(section, answer);
    free(section);
}
END_TEST

static void add_config(TCase *tests)
{
    tcase_add_test(tests, a_good_configuration_is_zero);
    tcase_add_test(tests, every_error_of_a_bad_configuration_is_told_with_its_line);
    tcase_add_test(tests, a_key_file_that_others_can_read_is_77);
    tcase_add_test(tests, a_configuration_that_others_can_write_is_77);
    tcase_add_test(tests, a_configuration_with_a_key_in_it_that_others_can_read_is_77);
    tcase_add_test(tests, a_key_file_that_is_not_there_is_78);
    tcase_add_test(tests, a_key_that_no_rule_uses_is_a_warning);
    tcase_add_test(tests, unsafe_modes_among_other_errors_are_78);
    tcase_add_test(tests, a_file_that_is_no_key_is_78_and_not_77);
    tcase_add_test(tests, a_candidate_for_the_system_s_policy_may_close_the_users);
    tcase_add_test(tests, each_finding_has_its_code_file_and_line);
    tcase_add_test(tests, an_error_is_told_once);
    tcase_add_test(tests, a_comma_after_the_last_element_is_as_good_as_none);
    tcase_add_test(tests, a_file_can_be_checked_before_it_is_put_in_place);
    tcase_add_test(tests, show_lists_rules_and_keys_without_keys);
    tcase_add_test(tests, show_lists_all_that_decides);
    tcase_add_test(tests, a_key_of_the_simple_form_has_the_name_of_its_file);
    tcase_add_loop_test(tests, an_error_is_json_where_json_was_asked_for, 0,
                        (int)(sizeof failing / sizeof *failing));
    tcase_add_loop_test(tests, each_member_of_what_is_printed_as_json_stands_in_the_manual, 0,
                        (int)(sizeof printing / sizeof *printing));
    tcase_add_test(tests, a_name_that_is_no_text_is_kept_in_json_and_harmless_on_a_terminal);
    tcase_add_test(tests, explain_shows_no_control_character);
    tcase_add_test(tests, what_is_no_url_is_said_to_be_none_without_a_policy_too);
}

static void add_explain(TCase *tests)
{
    tcase_add_test(tests, explain_names_the_key_and_the_line_of_its_rule);
    tcase_add_test(tests, explain_says_it_to_a_person_too);
    tcase_add_test(tests, explain_says_that_a_ca_file_cannot_be_had);
    tcase_add_loop_test(tests, explain_gives_the_reason_why_there_is_no_key, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    tcase_add_loop_test(tests, explain_reads_an_odd_spelling_as_libcurl_does, 0,
                        (int)(sizeof odd_spellings / sizeof *odd_spellings));
    tcase_add_test(tests, a_method_in_small_letters_is_the_same_method);
    tcase_add_test(tests, explain_tells_which_rules_are_for_other_programs);
    tcase_add_test(tests, explain_follows_links_to_the_program_that_will_run);
    tcase_add_test(tests, explain_asks_for_a_script_as_its_interpreter);
    tcase_add_test(tests, explain_asks_as_another_user);
    tcase_add_test(tests, a_user_who_is_not_there_is_two);
    tcase_add_test(tests, explain_says_which_denial_stops_it);
    tcase_add_test(tests, a_key_that_cannot_be_had_is_two_with_the_remedy);
    tcase_add_test(tests, a_policy_that_cannot_be_used_is_two_with_file_and_line);
    tcase_add_test(tests, a_policy_that_is_not_there_has_no_line);
    tcase_add_test(tests, without_a_configuration_nothing_gets_a_key);
}

int main(void)
{
    Suite *suite = suite_create("policy");
    TCase *tests = tcase_create("asked");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    add_explain(tests);
    add_config(tests);
    add_run_env(tests);
    suite_add_tcase(suite, tests);

    return suite_run(suite);
}
