/* The grammar, the layers, who a rule is for, and where keys come from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/tmpdir.h"
#include "policy/config.h"
#include "policy/id_file.h"
#include "policy/match.h"
#include "support/suite.h"

static char *dir;
static char *system_file;
static char *user_file;
static char *env_file;
static char keys[4][TEST_KEY_LENGTH + 1];
static struct policy_request request;
static struct policy_config *config;
static struct policy_image *image;

static void setup(void)
{
    dir = tmpdir_make();
    system_file = tmpdir_path(dir, "system.conf");
    user_file = tmpdir_path(dir, "user.conf");
    env_file = tmpdir_path(dir, "env.conf");
    for (int i = 0; i < 4; i++)
        test_key_make(keys[i]);
    request = (struct policy_request){.abi = POLICY_IMAGE_ABI,
                                      .system_file = system_file,
                                      .user_file = user_file,
                                      .program = "/usr/bin/curl"};
}

static void drop(void)
{
    policy_config_free(config);
    policy_image_free(image);
    config = NULL;
    image = NULL;
}

static void teardown(void)
{
    drop();
    free(system_file);
    free(user_file);
    free(env_file);
    tmpdir_remove(dir);
}

static void put(const char *name, const char *text)
{
    free(tmpdir_write(dir, name, 0600, text, strlen(text)));
}

/* Reads and checks what was put, and packs it. */
static void load(void)
{
    drop();
    config = policy_config_read(&request);
    ck_assert_ptr_nonnull(config);
    ck_assert(policy_config_check(config));
    ck_assert(policy_config_read_keys(config, &request, POLICY_KEYS_MATCHING));
    image = policy_config_pack(config);
    ck_assert_ptr_nonnull(image);
}

static void load_well(void)
{
    load();
    ck_assert_msg(config->error == NULL, "%s", config->error);
    ck_assert_ptr_null(image->error);
}

static bool carries(const struct policy_key *found, const char *key)
{
    const char *start = "Authorization: Bearer ";
    return found->header != NULL && strncmp(found->header, start, strlen(start)) == 0 &&
           strcmp(found->header + strlen(start), key) == 0;
}

static void expect_warning(const char *text)
{
    for (uint32_t i = 0; i < config->nfindings; i++)
        if (config->findings[i].severity == POLICY_WARNING &&
            strstr(config->findings[i].sentence, text) != NULL)
            return;
    ck_abort_msg("no warning says: %s", text);
}

/* ---- grammar --------------------------------------------------------------------------------- */

START_TEST(every_setting_of_a_rule_arrives_in_the_image)
{
    free(tmpdir_printf(dir, "prod", 0600, "%s\n", keys[0]));
    free(tmpdir_printf(dir, "prod.next", 0600, "%s\n", keys[1]));
    free(tmpdir_printf(
        dir, "system.conf", 0644,
        "keys = ( { name = \"prod\"; file = \"%s/prod\"; next = \"%s/prod.next\";\n"
        "           rotate_after = \"90d\"; stale = \"5m\"; } );\n"
        "rules = ( { name = \"reports\"; url = \"https://app.commissioned.tech/v1\";\n"
        "            methods = [\"GET\", \"POST\"]; key = \"prod\";\n"
        "            programs = [\"/usr/bin/curl\", \"/opt/legacy/*\"];\n"
        "            existing = \"replace-placeholder\"; placeholder = \"Bearer unused\";\n"
        "            missing = \"pass\"; report = \"all\"; } );\n",
        dir, dir));
    load_well();
    ck_assert_uint_eq(config->nfindings, 0);
    ck_assert_int_eq(config->keys[0].rotate_after_seconds, 90 * 24 * 60 * 60);
    ck_assert_uint_eq(image->nrules, 1);
    const struct policy_rule *rule = &image->rules[0];
    ck_assert_str_eq(rule->name, "reports");
    ck_assert_uint_eq(rule->line, 3);
    ck_assert_str_eq(rule->path, "/v1");
    ck_assert_str_eq(rule->methods[0], "GET");
    ck_assert_str_eq(rule->methods[1], "POST");
    ck_assert_ptr_null(rule->methods[2]);
    ck_assert_int_eq(rule->existing, POLICY_EXISTING_PLACEHOLDER);
    ck_assert_str_eq(rule->placeholder, "Bearer unused");
    ck_assert_int_eq(rule->missing, POLICY_MISSING_PASS);
    ck_assert_int_eq(rule->report, POLICY_REPORT_ALL);
    const struct policy_key *key = &image->keys[rule->key];
    ck_assert_str_eq(key->name, "prod");
    ck_assert_uint_eq(key->stale_seconds, 300);
    ck_assert(carries(key, keys[0]));
    ck_assert_uint_ne(key->next, POLICY_NONE);
    ck_assert_str_eq(image->keys[key->next].name, "prod.next");
    ck_assert(carries(&image->keys[key->next], keys[1]));
    ck_assert_uint_eq(image->keys[key->next].next, POLICY_NONE);
}
END_TEST

START_TEST(what_a_rule_leaves_out_is_fail_keep_denied_and_every_method)
{
    put("system.conf", "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n"
                       "rules = ({ name = \"r\"; key = \"k\"; });\n");
    load_well();
    ck_assert_int_eq(image->rules[0].missing, POLICY_MISSING_FAIL);
    ck_assert_int_eq(image->rules[0].existing, POLICY_EXISTING_KEEP);
    ck_assert_int_eq(image->rules[0].report, POLICY_REPORT_DENIED);
    ck_assert_ptr_null(image->rules[0].methods);
    ck_assert_str_eq(image->rules[0].path, "/");
}
END_TEST

START_TEST(what_stands_at_the_top_of_a_file_is_the_default_of_its_rules)
{
    put("system.conf", "report = \"all\"; missing = \"pass\"; existing = \"replace\";\n"
                       "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n"
                       "rules = ({ name = \"r\"; key = \"k\"; }, "
                       "{ name = \"s\"; key = \"k\"; report = \"none\"; });\n");
    load_well();
    ck_assert_int_eq(image->rules[0].report, POLICY_REPORT_ALL);
    ck_assert_int_eq(image->rules[0].missing, POLICY_MISSING_PASS);
    ck_assert_int_eq(image->rules[0].existing, POLICY_EXISTING_REPLACE);
    ck_assert_int_eq(image->rules[1].report, POLICY_REPORT_NONE);
}
END_TEST

START_TEST(a_key_in_pieces_with_escapes_is_put_together_as_libconfig_would)
{
    put("system.conf", "api_key = \"ab\" /* and */ \"\\x63\\\"d\"\n  \"\\\\e\";\n");
    load_well();
    ck_assert(carries(&image->keys[0], "abc\"d\\e"));
}
END_TEST

START_TEST(keys_on_one_line_are_not_mixed_up)
{
    free(tmpdir_printf(dir, "system.conf", 0600,
                       "keys=({name=\"a\";api_key=\"%s\"},{api_key=\"%s\";name=\"b\"});"
                       "rules=({name=\"1\";key=\"b\";url=\"https://app.commissioned.tech/b\"},"
                       "{name=\"2\";key=\"a\"});api_key=\"%s\"",
                       keys[0], keys[1], keys[2]));
    load_well();
    ck_assert_uint_eq(image->nrules, 3);
    ck_assert(carries(&image->keys[image->rules[0].key], keys[1]));
    ck_assert(carries(&image->keys[image->rules[1].key], keys[0]));
    ck_assert(carries(&image->keys[image->rules[2].key], keys[2]));
}
END_TEST

START_TEST(api_key_in_a_comment_or_a_string_is_not_a_key)
{
    put("system.conf", "# api_key = \"one\";\n// api_key = \"two\";\n/* api_key = \"three\"; */\n"
                       "keys = ({ name = \"k\"; dotenv = \"/api_key = \\\"four\\\"\"; });\n"
                       "api_key = \"abcdefgh\";\n");
    load_well();
    ck_assert(carries(&image->keys[0], "abcdefgh"));
}
END_TEST

START_TEST(an_origin_that_the_file_lists_may_get_a_key)
{
    put("system.conf",
        "extra_origins = [\"https://LOCALHOST:8443\"];\n"
        "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n"
        "rules = ({ name = \"r\"; key = \"k\"; url = \"https://localhost.:8443/v1\"; },"
        "{ name = \"s\"; key = \"k\"; });\n");
    load_well();
    ck_assert_str_eq(image->rules[0].host, "localhost");
    ck_assert_uint_eq(image->rules[0].port, 8443);
    ck_assert_uint_eq(image->norigins, 2);
    ck_assert_str_eq(image->origins[0].host, "app.commissioned.tech");
    ck_assert_uint_eq(image->origins[0].port, 443);
    ck_assert_str_eq(image->origins[1].host, "localhost");
}
END_TEST

START_TEST(an_origin_that_another_file_lists_may_not)
{
    put("system.conf", "extra_origins = [\"https://localhost:8443\"];\n");
    put("user.conf", "api_key = \"abcdefgh\";\nurl = \"https://localhost:8443\";\n");
    load();
    ck_assert_ptr_nonnull(strstr(image->error, "user.conf:2: url is not below https://app."));
}
END_TEST

START_TEST(the_simple_form_is_the_last_rule_of_its_layer)
{
    put("system.conf",
        "api_key = \"abcdefgh\";\nkeys = ({ name = \"k\"; api_key = \"ijklmnop\"; });\n"
        "rules = ({ name = \"r\"; key = \"k\"; programs = [\"/usr/bin/curl\"]; });\n");
    load_well();
    ck_assert_str_eq(image->rules[0].name, "r");
    ck_assert_str_eq(image->rules[1].name, "default");
}
END_TEST

START_TEST(several_mistakes_are_all_found_and_the_first_is_the_error)
{
    put("system.conf", "one = 1;\ntwo = 2;\nreport = 3;\n");
    load();
    ck_assert_uint_eq(config->nfindings, 3);
    ck_assert_ptr_nonnull(strstr(config->findings[0].sentence, ":1: unknown setting \"one\""));
    ck_assert_str_eq(image->error, config->findings[0].sentence);
}
END_TEST

/* ---- warnings -------------------------------------------------------------------------------- */

START_TEST(a_rule_that_an_earlier_one_covers_is_warned_of)
{
    put("system.conf",
        "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n"
        "rules = (\n{ name = \"wide\"; key = \"k\"; url = \"https://app.commissioned.tech/v1\"; "
        "programs = [\"/a\", \"/b\"]; },\n"
        "{ name = \"below\"; key = \"k\"; url = \"https://app.commissioned.tech/v1/files/x\"; "
        "programs = [\"/b\"]; methods = [\"GET\"]; },\n"
        "{ name = \"more\"; key = \"k\"; url = \"https://app.commissioned.tech/v1\"; "
        "programs = [\"/b\", \"/c\"]; },\n"
        "{ name = \"beside\"; key = \"k\"; url = \"https://app.commissioned.tech/v1x\"; "
        "programs = [\"/a\"]; });\n");
    load_well();
    ck_assert_uint_eq(config->nfindings, 1);
    expect_warning(":4: the rule can never match: \"wide\" on line 3 covers it: put it first");
    ck_assert_uint_eq(config->rules[0].covered_by, POLICY_NONE);
    ck_assert_uint_eq(config->rules[1].covered_by, 0);
    ck_assert_uint_eq(config->rules[2].covered_by, POLICY_NONE);
}
END_TEST

START_TEST(a_rule_below_the_whole_origin_is_covered_by_it)
{
    put("user.conf", "api_key = \"abcdefgh\";\n");
    put("system.conf", "api_key = \"ijklmnop\";\nurl = \"https://app.commissioned.tech/v1\";\n");
    load_well();
    expect_warning(
        "system.conf:1: the rule can never match: \"default\" of another file covers it");
}
END_TEST

/* It is always the last of its layer: nobody can put it first. */
START_TEST(a_simple_form_that_is_covered_is_told_what_can_be_done)
{
    put("user.conf", "api_key = \"abcdefgh\";\n"
                     "keys = ({ name = \"k\"; api_key = \"ijklmnop\"; });\n"
                     "rules = ({ name = \"all\"; key = \"k\"; });\n");
    load_well();
    expect_warning("user.conf:1: the rule can never match: \"all\" on line 3 covers it: leave it "
                   "out, or say in that one whom it is for");
}
END_TEST

START_TEST(a_key_that_no_rule_uses_is_warned_of)
{
    put("system.conf",
        "api_key = \"abcdefgh\";\nkeys = (\n{ name = \"idle\"; file = \"/x\"; });\n");
    load_well();
    expect_warning(":3: no rule uses the key \"idle\": use it in a rule, or leave it out");
}
END_TEST

START_TEST(a_user_and_a_group_that_nobody_has_are_warned_of_once)
{
    put("system.conf", "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n"
                       "rules = ({ name = \"r\"; key = \"k\"; users = [\"no-such-user\"]; },"
                       "{ name = \"s\"; key = \"k\"; users = [\"no-such-user\"]; groups = "
                       "[\"no-such-group\"]; });\n");
    load_well();
    ck_assert_uint_eq(image->nrules, 0);
    expect_warning(":2: a user that is not in /etc/passwd: correct it, or give its number");
    expect_warning(":2: a group that is not in /etc/group: correct it, or give its number");
    ck_assert_uint_eq(config->nfindings, 3); /* and that the second rule is covered */
}
END_TEST

/* ---- who ------------------------------------------------------------------------------------- */

struct who_row {
    const char *who;
    const char *program;
    const char *script;
    uid_t uid;
    gid_t gid;
    gid_t group;
    enum policy_mismatch mismatch;
};

static const struct who_row who_rows[] = {
    {"", NULL, NULL, 1, 1, 1, POLICY_MATCHES},
    {"programs = [\"/usr/bin/curl\"];", "/usr/bin/curl", NULL, 1, 1, 1, POLICY_MATCHES},
    {"programs = [\"/usr/bin/curl\"];", "/usr/bin/curl2", NULL, 1, 1, 1, POLICY_OTHER_PROGRAM},
    {"programs = [\"/usr/bin/curl\"];", NULL, NULL, 1, 1, 1, POLICY_UNKNOWN_PROGRAM},
    {"programs = [\"/a\", \"/usr/bin/curl\"];", "/usr/bin/curl", NULL, 1, 1, 1, POLICY_MATCHES},
    {"programs = [\"/opt/legacy/*\"];", "/opt/legacy/x", NULL, 1, 1, 1, POLICY_MATCHES},
    {"programs = [\"/opt/legacy/*\"];", "/opt/legacy/x/y", NULL, 1, 1, 1, POLICY_OTHER_PROGRAM},
    {"programs = [\"/opt/*/bin/r?\"];", "/opt/x/bin/r1", NULL, 1, 1, 1, POLICY_MATCHES},
    {"programs = [\"/opt/[ab]\"];", "/opt/c", NULL, 1, 1, 1, POLICY_OTHER_PROGRAM},
    {"programs = [\"/a [1]\"];", "/a [1]", NULL, 1, 1, 1, POLICY_MATCHES},
    {"scripts = [\"/srv/*.py\"];", "/usr/bin/python3", "/srv/a.py", 1, 1, 1, POLICY_MATCHES},
    {"scripts = [\"/srv/*.py\"];", "/usr/bin/python3", NULL, 1, 1, 1, POLICY_OTHER_SCRIPT},
    {"users = [\"root\"];", NULL, NULL, 0, 0, 0, POLICY_MATCHES},
    {"users = [\"root\"];", NULL, NULL, 1, 0, 0, POLICY_OTHER_USER},
    {"users = [\"4711\"];", NULL, NULL, 4711, 0, 0, POLICY_MATCHES},
    {"users = [4711];", NULL, NULL, 4711, 0, 0, POLICY_MATCHES},
    {"users = (\"root\", 4711);", NULL, NULL, 4711, 0, 0, POLICY_MATCHES},
    {"users = [4711];", NULL, NULL, 4712, 0, 0, POLICY_OTHER_USER},
    {"users = [\"4294967296\"];", NULL, NULL, 0, 0, 0, POLICY_OTHER_USER},
    {"groups = [\"root\"];", NULL, NULL, 1, 0, 7, POLICY_MATCHES},
    {"groups = [4711];", NULL, NULL, 1, 1, 4711, POLICY_MATCHES},
    {"groups = [4711];", NULL, NULL, 4711, 1, 1, POLICY_OTHER_GROUP},
    {"users = [1]; groups = [2];", NULL, NULL, 1, 3, 3, POLICY_OTHER_GROUP},
};

static uint32_t keys_at_hand(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < image->nkeys; i++)
        count += image->keys[i].header != NULL;
    return count;
}

START_TEST(a_rule_is_for_whom_it_names)
{
    const struct who_row *row = &who_rows[_i];
    gid_t groups[] = {12345, row->group};
    free(tmpdir_printf(dir, "system.conf", 0644,
                       "keys = ({ name = \"k\"; environment = \"OPENAI_API_KEY\"; });\n"
                       "rules = ({ name = \"r\"; key = \"k\"; %s });\n",
                       row->who));
    request.program = row->program;
    request.script = row->script;
    request.groups = groups;
    request.ngroups = 2;
    request.env_openai = "abcdefgh";
    /* The files are the tester's own, so it is he who reads them, and the row's user who is
     * matched. */
    drop();
    config = policy_config_read(&request);
    ck_assert_ptr_nonnull(config);
    ck_assert_msg(config->error == NULL, "%s", config->error);
    config->euid = row->uid;
    config->egid = row->gid;
    policy_match(config, &request);
    ck_assert_msg(config->rules[0].mismatch == row->mismatch, "row %d: %s", _i,
                  policy_mismatch_text(config->rules[0].mismatch));
    ck_assert(policy_config_read_keys(config, &request, POLICY_KEYS_MATCHING));
    image = policy_config_pack(config);
    ck_assert_uint_eq(image->nrules, row->mismatch == POLICY_MATCHES);
    ck_assert_uint_eq(keys_at_hand(), row->mismatch == POLICY_MATCHES);
}
END_TEST

START_TEST(ids_are_found_as_the_files_write_them)
{
    const char text[] = "root:x:0:0:root:/root:/bin/sh\nreport:x:1001:1001::/:\n#x:y:3\n"
                        "broken\nempty:x::\nbig:x:4294967295:\nlast:x:7";
    uint32_t id = 99;
    ck_assert(policy_id_find(text, "root", &id) && id == 0);
    ck_assert(policy_id_find(text, "report", &id) && id == 1001);
    ck_assert(policy_id_find(text, "last", &id) && id == 7);
    ck_assert(!policy_id_find(text, "repor", &id));
    ck_assert(!policy_id_find(text, "broken", &id));
    ck_assert(!policy_id_find(text, "empty", &id));
    ck_assert(!policy_id_find(text, "big", &id));
    ck_assert(!policy_id_find(text, "x", &id));
    ck_assert(!policy_id_find("", "", &id));
}
END_TEST

START_TEST(a_denial_that_matches_leaves_no_rule_and_no_error)
{
    put("system.conf", "api_key = \"abcdefgh\";\ndeny = ({ programs = [\"/usr/bin/*\"]; });\n");
    put("user.conf", "api_key = \"ijklmnop\";\n");
    load_well();
    ck_assert_uint_eq(config->denied_by, 0);
    ck_assert_uint_eq(image->nrules, 0);
    ck_assert_uint_eq(image->nkeys, 0);
    ck_assert_uint_gt(image->nwatches, 0);
    request.program = "/opt/other";
    load_well();
    ck_assert_uint_eq(image->nrules, 2);
}
END_TEST

/* ---- layers ---------------------------------------------------------------------------------- */

static const char *first_key(void)
{
    ck_assert_uint_gt(image->nrules, 0);
    const char *header = image->keys[image->rules[0].key].header;
    return header != NULL ? header + strlen("Authorization: Bearer ") : "";
}

START_TEST(the_environment_goes_before_the_user_and_the_user_before_the_system)
{
    put("system.conf", "api_key = \"from-system\";\n");
    load_well();
    ck_assert_str_eq(first_key(), "from-system");
    put("user.conf", "api_key = \"from-user\";\n");
    load_well();
    ck_assert_str_eq(first_key(), "from-user");
    put("env.conf", "api_key = \"from-env\";\n");
    request.env_file = env_file;
    load_well();
    ck_assert_str_eq(first_key(), "from-env");
    ck_assert_uint_eq(image->nrules, 3);
}
END_TEST

START_TEST(drop_ins_are_read_in_the_order_of_their_names)
{
    char *folder = tmpdir_path(dir, "conf.d");
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    put("conf.d/20-b.conf", "rules = ({ name = \"b\"; key = \"k\"; });\n");
    put("conf.d/10-a.conf", "rules = ({ name = \"a\"; key = \"k\"; });\n");
    put("conf.d/30-c.conf", "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n");
    put("conf.d/.hidden.conf", "nonsense");
    put("conf.d/readme", "nonsense");
    put("conf.d/99.conf.bak", "nonsense");
    put("system.conf", "rules = ({ name = \"main\"; key = \"k\"; });\n");
    load_well();
    ck_assert_uint_eq(image->nrules, 3);
    ck_assert_str_eq(image->rules[0].name, "main");
    ck_assert_str_eq(image->rules[1].name, "a");
    ck_assert_str_eq(image->rules[2].name, "b");
    free(folder);
}
END_TEST

START_TEST(drop_ins_alone_are_a_policy)
{
    char *folder = tmpdir_path(dir, "conf.d");
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    put("conf.d/a.conf", "api_key = \"abcdefgh\";\n");
    load_well();
    ck_assert_uint_eq(image->nrules, 1);
    free(folder);
}
END_TEST

START_TEST(a_folder_of_drop_ins_that_others_can_write_makes_the_policy_unusable)
{
    char *folder = tmpdir_path(dir, "conf.d");
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    put("system.conf", "api_key = \"abcdefgh\";\n");
    load();
    ck_assert_ptr_nonnull(strstr(image->error, "/conf.d: its folder has mode 0777"));
    ck_assert_ptr_null(image->keys[0].header);
    ck_assert(policy_image_current(image));
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert_msg(!policy_image_current(image), "it has been put right, and nobody looks");
    load_well();
    free(folder);
}
END_TEST

START_TEST(such_a_folder_counts_even_where_there_is_nothing_else)
{
    char *folder = tmpdir_path(dir, "conf.d");
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    ck_assert_int_eq(chmod(folder, 0777), 0);
    image = commissioned_policy_build(&request);
    ck_assert_ptr_nonnull(image);
    ck_assert_ptr_nonnull(strstr(image->error, "/conf.d: its folder has mode 0777"));
    free(folder);
}
END_TEST

START_TEST(more_drop_ins_than_the_limit_are_an_error)
{
    char *folder = tmpdir_path(dir, "conf.d");
    char name[32];
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    for (int i = 0; i < 256; i++) {
        snprintf(name, sizeof name, "conf.d/%d.conf", i);
        put(name, "");
    }
    put("conf.d/x.conf-old", "");
    load_well();
    put("conf.d/x.conf", "");
    load();
    ck_assert_ptr_nonnull(
        strstr(image->error, "/conf.d: holds more than 256 *.conf files: use fewer"));
    free(folder);
}
END_TEST

START_TEST(a_home_that_this_user_may_not_enter_has_no_policy_for_him)
{
    char *home = tmpdir_path(dir, "home");
    ck_assert_int_eq(mkdir(home, 0700), 0);
    put("home/user.conf", "api_key = \"abcdefgh\";\n");
    put("system.conf", "api_key = \"from-system\";\n");
    char *path = tmpdir_path(home, "user.conf");
    request.user_file = path;
    if (geteuid() == 0) {
        printf("SKIP a_home_that_this_user_may_not_enter: root may enter all\n");
    } else {
        ck_assert_int_eq(chmod(home, 0), 0);
        load_well();
        ck_assert_uint_eq(image->nrules, 1);
        expect_warning("home/user.conf: permission denied");
    }
    free(path);
    free(home);
}
END_TEST

START_TEST(the_same_name_in_two_files_of_a_layer_is_an_error_and_in_two_layers_is_not)
{
    char *folder = tmpdir_path(dir, "conf.d");
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    const char *text = "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n"
                       "rules = ({ name = \"r\"; key = \"k\"; });\n";
    put("system.conf", text);
    put("user.conf", text);
    load_well();
    ck_assert_uint_eq(image->nrules, 2);
    put("conf.d/a.conf", text);
    load();
    ck_assert_ptr_nonnull(
        strstr(image->error, "a.conf:1: a second key is named \"k\", after another"));
    free(folder);
}
END_TEST

START_TEST(a_rule_cannot_use_a_key_of_another_layer)
{
    put("system.conf", "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n");
    put("user.conf", "rules = ({ name = \"r\"; key = \"k\"; });\n");
    load();
    ck_assert_ptr_nonnull(
        strstr(image->error, "user.conf:1: the rule's key is not among the keys"));
}
END_TEST

START_TEST(the_system_can_close_the_other_layers)
{
    put("system.conf", "user_config = false;\napi_key = \"from-system\";\n");
    put("user.conf", "api_key = \"from-user\";\n");
    request.env_file = env_file; /* not there, which would be an error if it were looked for */
    load_well();
    ck_assert_uint_eq(image->nrules, 1);
    ck_assert_str_eq(first_key(), "from-system");
    uint32_t closed = 0;
    for (uint32_t i = 0; i < config->nfiles; i++)
        closed += config->files[i].closed;
    ck_assert_uint_eq(closed, 2);
}
END_TEST

START_TEST(only_the_system_can_close_layers)
{
    put("user.conf", "user_config = false;\napi_key = \"from-user\";\n");
    load();
    ck_assert_ptr_nonnull(strstr(
        image->error, "user.conf:1: user_config is for the system's policy alone: leave it"));
}
END_TEST

START_TEST(a_file_that_the_environment_names_has_to_be_there)
{
    request.env_file = env_file;
    put("system.conf", "api_key = \"abcdefgh\";\n");
    load();
    ck_assert_ptr_nonnull(
        strstr(image->error, "env.conf: no such file, though COMMISSIONED_AUTH_"));
    request.env_file = "";
    load_well();
}
END_TEST

START_TEST(a_broken_layer_is_not_left_out)
{
    put("system.conf", "api_key = \"abcdefgh\";\n");
    put("user.conf", "api_key = ;\n");
    load();
    ck_assert_ptr_nonnull(strstr(image->error, "user.conf:1: a value is missing"));
    ck_assert_uint_eq(image->nrules, 1);
    ck_assert_str_eq(image->rules[0].file, user_file);
    ck_assert_ptr_null(image->keys[image->rules[0].key].header);
}
END_TEST

START_TEST(a_system_policy_that_this_user_may_not_read_may_deny_him_the_key)
{
    if (geteuid() == 0) {
        printf("SKIP a_system_policy_that_this_user_may_not_read: root may read all\n");
        return;
    }
    free(tmpdir_printf(dir, "system.conf", 0000, "api_key = \"abcdefgh\";\n"));
    load();
    ck_assert_ptr_nonnull(strstr(image->error, "system.conf: permission denied"));
    put("user.conf", "api_key = \"from-user\";\n");
    load();
    ck_assert_ptr_nonnull(strstr(
        image->error, "system.conf: permission denied, and it may deny the key: chmod 600 "));
}
END_TEST

/* ---- sources --------------------------------------------------------------------------------- */

static void put_policy_for(const char *source)
{
    free(tmpdir_printf(
        dir, "system.conf", 0644,
        "keys = ({ name = \"k\"; %s });\nrules = ({ name = \"r\"; key = \"k\"; });\n", source));
}

START_TEST(a_key_file_may_end_in_a_line_end_of_any_system_or_none)
{
    const char *ends[] = {"", "\n", "\r\n", "\n\n"};
    for (int i = 0; i < 4; i++) {
        free(tmpdir_printf(dir, "key", 0400, "%s%s", keys[i], ends[i]));
        chmod(dir, 0700);
        free(tmpdir_printf(dir, "system.conf", 0644, "key_file = \"%s/key\";\n", dir));
        load_well();
        ck_assert(carries(&image->keys[0], keys[i]));
        char *file = tmpdir_path(dir, "key");
        unlink(file);
        free(file);
    }
}
END_TEST

START_TEST(a_credential_of_systemd_is_read_from_its_folder)
{
    char *folder = tmpdir_path(dir, "credentials");
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    free(tmpdir_printf(folder, "commissioned", 0400, "%s", keys[0]));
    put_policy_for("credential = \"commissioned\";");
    request.credentials = folder;
    load_well();
    ck_assert(carries(&image->keys[0], keys[0]));
    ck_assert_ptr_nonnull(strstr(image->keys[0].source, "/credentials/commissioned"));
    free(folder);
}
END_TEST

START_TEST(a_variable_of_a_dotenv_file_is_a_key)
{
    free(tmpdir_printf(dir, ".env", 0600, "A=1\nexport COMMISSIONED_API_KEY='%s' # mine\n",
                       keys[0]));
    char *source;
    ck_assert_int_gt(asprintf(&source, "dotenv = \"%s/.env\";", dir), 0);
    put_policy_for(source);
    load_well();
    ck_assert(carries(&image->keys[0], keys[0]));
    free(source);
}
END_TEST

START_TEST(the_next_variable_of_a_dotenv_file_is_the_next_key)
{
    free(tmpdir_printf(dir, ".env", 0600, "OLD=%s\nNEW=%s\n", keys[0], keys[1]));
    char *source;
    ck_assert_int_gt(
        asprintf(&source, "dotenv = \"%s/.env\"; variable = \"OLD\"; next = \"NEW\";", dir), 0);
    put_policy_for(source);
    load_well();
    ck_assert(carries(&image->keys[0], keys[0]));
    ck_assert(carries(&image->keys[image->keys[0].next], keys[1]));
    free(source);
}
END_TEST

START_TEST(the_process_s_own_variable_is_a_key_only_where_a_rule_says_so)
{
    request.env_key = keys[0];
    request.env_openai = keys[1];
    put_policy_for("environment = \"COMMISSIONED_API_KEY\";");
    load_well();
    ck_assert(carries(&image->keys[0], keys[0]));
    ck_assert_str_eq(image->keys[0].source, "$COMMISSIONED_API_KEY");
    put_policy_for("environment = \"OPENAI_API_KEY\";");
    load_well();
    ck_assert(carries(&image->keys[0], keys[1]));
    put_policy_for("file = \"/nowhere\";");
    load_well();
    ck_assert_ptr_null(image->keys[0].header);
}
END_TEST

START_TEST(a_next_key_that_is_not_there_yet_is_no_fault_and_is_waited_for)
{
    free(tmpdir_printf(dir, "key", 0600, "%s", keys[0]));
    free(tmpdir_printf(dir, "system.conf", 0644,
                       "keys = ({ name = \"k\"; file = \"%s/key\"; next = \"%s/key.next\"; });\n"
                       "rules = ({ name = \"r\"; key = \"k\"; });\n",
                       dir, dir));
    load_well();
    ck_assert_uint_eq(image->nkeys, 1);
    ck_assert_uint_eq(image->keys[0].next, POLICY_NONE);
    ck_assert(policy_image_current(image));
    free(tmpdir_printf(dir, "key.next", 0600, "%s", keys[1]));
    ck_assert(!policy_image_current(image));
}
END_TEST

START_TEST(the_swap_of_a_Kubernetes_volume_is_noticed)
{
    const char *folders[] = {"..1", "..2"};
    for (int i = 0; i < 2; i++) {
        char *folder = tmpdir_path(dir, folders[i]);
        ck_assert_int_eq(mkdir(folder, 0755), 0);
        free(tmpdir_printf(folder, "key", 0400, "%s", keys[i]));
        free(folder);
    }
    char *data = tmpdir_path(dir, "..data"), *swapped = tmpdir_path(dir, "..swap");
    char *file = tmpdir_path(dir, "key");
    ck_assert_int_eq(symlink("..1", data) + symlink("..data/key", file) + symlink("..2", swapped),
                     0);
    free(tmpdir_printf(dir, "system.conf", 0644, "key_file = \"%s\";\n", file));
    load_well();
    ck_assert(carries(&image->keys[0], keys[0]));
    ck_assert(policy_image_current(image));
    ck_assert_int_eq(rename(swapped, data), 0);
    ck_assert(!policy_image_current(image));
    load_well();
    ck_assert(carries(&image->keys[0], keys[1]));
    free(data);
    free(swapped);
    free(file);
}
END_TEST

START_TEST(keys_of_rules_for_others_are_not_read)
{
    put("system.conf", "keys = ({ name = \"k\"; file = \"/dev/null\"; });\n"
                       "rules = ({ name = \"r\"; key = \"k\"; programs = [\"/x\"]; });\n");
    load_well();
    ck_assert(!config->keys[0].read);
    ck_assert(policy_config_read_keys(config, &request, POLICY_KEYS_ALL));
    ck_assert_ptr_nonnull(strstr(config->keys[0].error, "it is a device"));
}
END_TEST

/* ---- the sample ------------------------------------------------------------------------------ */

/* Copies a sample; `used` takes the "#" off its examples, which are the lines without a blank after
 * it. */
static void copy_sample(const char *from, const char *name, bool used)
{
    char line[512];
    char *text = NULL;
    size_t size = 0;
    FILE *sample = fopen(from, "re");
    FILE *stream = open_memstream(&text, &size);
    ck_assert_msg(sample != NULL, "run this at the top of the source: %s is not there", from);
    while (fgets(line, sizeof line, sample) != NULL)
        fputs(line + (used && line[0] == '#' && line[1] != '#'), stream);
    fclose(stream);
    fclose(sample);
    free(tmpdir_write(dir, name, 0644, text, size));
    free(text);
}

START_TEST(the_sample_as_it_comes_is_a_policy_without_rules)
{
    copy_sample("conf/commissioned-auth.conf", "system.conf", false);
    load_well();
    ck_assert_uint_eq(config->nfindings, 0);
    ck_assert_uint_eq(image->nrules, 0);
}
END_TEST

static bool sample_matches(const char *program, const char *script, uid_t uid, gid_t gid,
                           const char *rule)
{
    request.program = program;
    request.script = script;
    request.groups = &gid;
    request.ngroups = 1;
    config->euid = uid;
    config->egid = gid;
    policy_match(config, &request);
    if (config->denied_by != POLICY_NONE)
        return rule == NULL;
    for (uint32_t i = 0; i < config->nrules; i++)
        if (config->rules[i].mismatch == POLICY_MATCHES)
            return rule != NULL && strcmp(config->rules[i].name, rule) == 0;
    return false;
}

START_TEST(the_sample_s_examples_do_what_its_comments_say)
{
    char *folder = tmpdir_path(dir, "conf.d");
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    copy_sample("conf/commissioned-auth.conf", "system.conf", true);
    copy_sample("conf/conf.d/10-example.conf", "conf.d/10-example.conf", true);
    load_well();
    ck_assert_msg(config->nfindings == 0, "%s", config->findings[0].sentence);
    ck_assert_uint_eq(config->nkeys, 7); /* five of its own, a next, and the drop-in's */
    ck_assert(sample_matches("/usr/bin/report", NULL, 1001, 1, "reports"));
    ck_assert(sample_matches("/opt/legacy/x", NULL, 1001, 1, "reports"));
    ck_assert(sample_matches("/usr/bin/openai-client", NULL, 1, 1, "placeholder"));
    ck_assert(sample_matches("/usr/bin/python3.11", "/srv/batch/a.py", 1, 1, "script"));
    ck_assert(sample_matches("/usr/bin/curl", NULL, 1, 2001, "people"));
    ck_assert(sample_matches("/usr/bin/example", NULL, 1, 1, "example"));
    ck_assert(sample_matches("/usr/bin/wget", NULL, 1, 1, "default"));
    ck_assert(sample_matches("/usr/bin/report", NULL, 1002, 1, "default"));
    ck_assert(sample_matches("/usr/sbin/sshd", NULL, 0, 0, NULL));
    free(folder);
}
END_TEST

/* ---- limits and the index -------------------------------------------------------------------- */

/* Writes a policy of `count` rules over `paths` different paths. */
static void put_rules(unsigned count, unsigned paths)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    fputs("keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\nrules = (", stream);
    for (unsigned i = 0; i < count; i++)
        fprintf(stream,
                "%s\n{ name = \"r%u\"; key = \"k\"; url = \"https://app.commissioned.tech/p%u\";"
                " methods = [\"GET\"]; programs = [\"/usr/bin/curl\"]; }",
                i > 0 ? "," : "", i, i % paths);
    fputs(");\n", stream);
    fclose(stream);
    put("system.conf", text);
    free(text);
}

START_TEST(ten_thousand_rules_are_found_by_their_scope_in_their_order)
{
    put_rules(10000, 2500);
    drop();
    config = policy_config_read(&request);
    ck_assert_ptr_nonnull(config);
    ck_assert(policy_config_read_keys(config, &request, POLICY_KEYS_MATCHING));
    image = policy_config_pack(config);
    ck_assert_msg(image->error == NULL, "%s", image->error);
    ck_assert_uint_eq(image->nrules, 10000);
    ck_assert_uint_eq(image->index.max_path_len, strlen("/p2499"));
    const struct policy_index *index = &image->index;
    ck_assert_uint_eq(index->nslots & (index->nslots - 1), 0);
    for (unsigned path = 0; path < 2500; path++) {
        char text[16];
        snprintf(text, sizeof text, "/p%u", path);
        uint32_t at = policy_scope_hash(COMMISSIONED_HOST, 443, text, strlen(text));
        for (at &= index->nslots - 1; strcmp(image->rules[index->slots[at]].path, text) != 0;)
            at = (at + 1) & (index->nslots - 1);
        uint32_t rule = index->slots[at];
        for (unsigned i = 0; i < 4; i++, rule = index->chain[rule])
            ck_assert_uint_eq(rule, path + 2500 * i);
        ck_assert_uint_eq(rule, POLICY_NONE);
    }
}
END_TEST

START_TEST(one_rule_more_than_the_limit_is_an_error)
{
    put_rules(POLICY_MAX_RULES, 100);
    config = policy_config_read(&request);
    ck_assert_ptr_null(config->error);
    put_rules(POLICY_MAX_RULES + 1, 100);
    drop();
    config = policy_config_read(&request);
    ck_assert_ptr_nonnull(strstr(config->error, ":16387: more than 16384 rules: use patterns"));
}
END_TEST

START_TEST(one_key_more_than_the_limit_is_an_error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    fputs("keys = (", stream);
    for (int i = 0; i <= POLICY_MAX_KEYS; i++)
        fprintf(stream, "%s\n{ name = \"k%d\"; file = \"/k\"; }", i > 0 ? "," : "", i);
    fputs(");\n", stream);
    fclose(stream);
    put("system.conf", text);
    free(text);
    config = policy_config_read(&request);
    ck_assert_ptr_nonnull(strstr(config->error, ":1026: more than 1024 keys"));
}
END_TEST

START_TEST(a_configuration_that_is_too_large_is_not_read)
{
    put("system.conf", "api_key = \"abcdefgh\";\n");
    ck_assert_int_eq(truncate(system_file, POLICY_MAX_FILE + 1), 0);
    load();
    ck_assert_ptr_nonnull(strstr(image->error, "system.conf: holds more than 8388608 bytes"));
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, every_setting_of_a_rule_arrives_in_the_image);
    tcase_add_test(tests, what_a_rule_leaves_out_is_fail_keep_denied_and_every_method);
    tcase_add_test(tests, what_stands_at_the_top_of_a_file_is_the_default_of_its_rules);
    tcase_add_test(tests, a_key_in_pieces_with_escapes_is_put_together_as_libconfig_would);
    tcase_add_test(tests, keys_on_one_line_are_not_mixed_up);
    tcase_add_test(tests, api_key_in_a_comment_or_a_string_is_not_a_key);
    tcase_add_test(tests, an_origin_that_the_file_lists_may_get_a_key);
    tcase_add_test(tests, an_origin_that_another_file_lists_may_not);
    tcase_add_test(tests, the_simple_form_is_the_last_rule_of_its_layer);
    tcase_add_test(tests, several_mistakes_are_all_found_and_the_first_is_the_error);
    tcase_add_test(tests, a_rule_that_an_earlier_one_covers_is_warned_of);
    tcase_add_test(tests, a_rule_below_the_whole_origin_is_covered_by_it);
    tcase_add_test(tests, a_simple_form_that_is_covered_is_told_what_can_be_done);
    tcase_add_test(tests, a_key_that_no_rule_uses_is_warned_of);
    tcase_add_test(tests, a_user_and_a_group_that_nobody_has_are_warned_of_once);
    tcase_add_loop_test(tests, a_rule_is_for_whom_it_names, 0,
                        sizeof who_rows / sizeof who_rows[0]);
    tcase_add_test(tests, ids_are_found_as_the_files_write_them);
    tcase_add_test(tests, a_denial_that_matches_leaves_no_rule_and_no_error);
    tcase_add_test(tests, the_environment_goes_before_the_user_and_the_user_before_the_system);
    tcase_add_test(tests, drop_ins_are_read_in_the_order_of_their_names);
    tcase_add_test(tests, drop_ins_alone_are_a_policy);
    tcase_add_test(tests, a_folder_of_drop_ins_that_others_can_write_makes_the_policy_unusable);
    tcase_add_test(tests, such_a_folder_counts_even_where_there_is_nothing_else);
    tcase_add_test(tests, more_drop_ins_than_the_limit_are_an_error);
    tcase_add_test(tests, a_home_that_this_user_may_not_enter_has_no_policy_for_him);
    tcase_add_test(tests,
                   the_same_name_in_two_files_of_a_layer_is_an_error_and_in_two_layers_is_not);
    tcase_add_test(tests, a_rule_cannot_use_a_key_of_another_layer);
    tcase_add_test(tests, the_system_can_close_the_other_layers);
    tcase_add_test(tests, only_the_system_can_close_layers);
    tcase_add_test(tests, a_file_that_the_environment_names_has_to_be_there);
    tcase_add_test(tests, a_broken_layer_is_not_left_out);
    tcase_add_test(tests, a_system_policy_that_this_user_may_not_read_may_deny_him_the_key);
    tcase_add_test(tests, a_key_file_may_end_in_a_line_end_of_any_system_or_none);
    tcase_add_test(tests, a_credential_of_systemd_is_read_from_its_folder);
    tcase_add_test(tests, a_variable_of_a_dotenv_file_is_a_key);
    tcase_add_test(tests, the_next_variable_of_a_dotenv_file_is_the_next_key);
    tcase_add_test(tests, the_process_s_own_variable_is_a_key_only_where_a_rule_says_so);
    tcase_add_test(tests, a_next_key_that_is_not_there_yet_is_no_fault_and_is_waited_for);
    tcase_add_test(tests, the_swap_of_a_Kubernetes_volume_is_noticed);
    tcase_add_test(tests, keys_of_rules_for_others_are_not_read);
    tcase_add_test(tests, the_sample_as_it_comes_is_a_policy_without_rules);
    tcase_add_test(tests, the_sample_s_examples_do_what_its_comments_say);
    tcase_add_test(tests, ten_thousand_rules_are_found_by_their_scope_in_their_order);
    tcase_add_test(tests, one_rule_more_than_the_limit_is_an_error);
    tcase_add_test(tests, one_key_more_than_the_limit_is_an_error);
    tcase_add_test(tests, a_configuration_that_is_too_large_is_not_read);
}

int main(void)
{
    Suite *suite = suite_create("policy config");
    TCase *tests = tcase_create("config");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    add_tests(tests);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
