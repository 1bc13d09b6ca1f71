/* The settings verify and ca_file: from a file into the image, and out of it again once the file
 * changes. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "commissioned/policy_image.h"
#include "policy/config.h"
#include "support/suite.h"
#include "support/tmpdir.h"

#define PEM  "-----BEGIN CERTIFICATE-----\nTWFu\n-----END CERTIFICATE-----\n"
#define KEYS "keys = ({ name = \"k\"; api_key = \"abcdefgh\"; });\n"

static char *dir;
static char *system_conf;
static struct policy_config *config;
static struct policy_image *image;

static void set_up(void)
{
    dir = tmpdir_make();
    system_conf = tmpdir_path(dir, "system.conf");
}

static void tear_down(void)
{
    policy_image_free(image);
    policy_config_free(config);
    free(system_conf);
    tmpdir_remove(dir);
}

/* '@' in the text stands for the folder. */
static void load(const char *text)
{
    char expanded[8192];
    size_t used = 0;
    for (; *text != '\0'; text++)
        used += (size_t)snprintf(expanded + used, sizeof expanded - used,
                                 *text == '@' ? "%s" : "%.1s", *text == '@' ? dir : text);
    free(tmpdir_printf(dir, "system.conf", 0600, "%s", expanded));
    const struct policy_request request = {
        .abi = POLICY_IMAGE_ABI, .system_file = system_conf, .program = "/usr/bin/curl"};
    policy_image_free(image);
    policy_config_free(config);
    config = policy_config_read(&request);
    ck_assert_ptr_nonnull(config);
    ck_assert(policy_config_read_keys(config, &request, POLICY_KEYS_MATCHING));
    image = policy_config_pack(config);
    ck_assert_ptr_nonnull(image);
}

static void put(const char *name, mode_t mode, const char *text)
{
    free(tmpdir_printf(dir, name, mode, "%s", text));
}

static bool in_image(const void *pointer)
{
    uintptr_t offset = (uintptr_t)pointer - (uintptr_t)image;
    return offset < image->size;
}

START_TEST(without_them_it_is_when_needed_by_the_machines_authorities)
{
    load("api_key = \"abcdefgh\";\n");
    ck_assert_int_eq(image->rules[0].verify, POLICY_VERIFY_WHEN_NEEDED);
    ck_assert_ptr_null(image->rules[0].ca);
}
END_TEST

START_TEST(each_word_arrives)
{
    static const char *const texts[] = {"verify = \"when-needed\"; api_key = \"abcdefgh\";",
                                        "verify = \"always\"; api_key = \"abcdefgh\";",
                                        "verify = \"never\"; api_key = \"abcdefgh\";"};
    load(texts[_i]);
    ck_assert_ptr_null(image->error);
    ck_assert_int_eq(image->rules[0].verify, _i);
}
END_TEST

START_TEST(a_ca_file_is_packed_once_for_all_the_rules_that_name_it)
{
    put("a.pem", 0644, PEM);
    put("b.pem", 0644, "# b\n" PEM);
    load("ca_file = \"@/a.pem\";\n" KEYS "rules = ({ name = \"r\"; key = \"k\"; },\n"
         "         { name = \"s\"; key = \"k\"; ca_file = \"@/b.pem\"; verify = \"always\"; },\n"
         "         { name = \"t\"; key = \"k\"; verify = \"never\"; },\n"
         "         { name = \"u\"; key = \"k\"; ca_file = \"@/a.pem\"; });\n");
    ck_assert_ptr_null(image->error);
    const struct policy_rule *rules = image->rules;
    ck_assert_str_eq(rules[0].ca->pem, PEM);
    ck_assert_str_eq(rules[1].ca->pem, "# b\n" PEM);
    ck_assert_int_eq(rules[1].verify, POLICY_VERIFY_ALWAYS);
    ck_assert_int_eq(rules[2].verify, POLICY_VERIFY_NEVER);
    ck_assert_ptr_eq(rules[3].ca, rules[0].ca);
    ck_assert_ptr_ne(rules[1].ca, rules[0].ca);
    for (int i = 0; i < 4; i++)
        ck_assert(in_image(rules[i].ca) && in_image(rules[i].ca->pem) &&
                  in_image(rules[i].ca->path));
}
END_TEST

static struct policy_image *judge_again(void)
{
    const struct policy_request request = {.abi = POLICY_IMAGE_ABI, .again = image};
    struct policy_config *again = policy_config_again(&request);
    ck_assert_ptr_nonnull(again);
    struct policy_image *packed = policy_config_pack(again);
    policy_config_free(again);
    ck_assert_ptr_nonnull(packed);
    return packed;
}

START_TEST(an_image_that_is_judged_again_keeps_both)
{
    put("ca.pem", 0644, PEM);
    load(KEYS
         "rules = ({ name = \"a\"; key = \"k\"; verify = \"always\"; ca_file = \"@/ca.pem\"; },\n"
         "         { name = \"b\"; key = \"k\"; url = \"https://app.commissioned.tech/v1\"; });\n");
    struct policy_image *again = judge_again();
    ck_assert_uint_eq(again->nrules, image->nrules);
    for (uint32_t i = 0; i < again->nrules; i++) {
        const struct policy_rule *now = &again->rules[i], *before = &image->rules[i];
        ck_assert_str_eq(now->name, before->name);
        ck_assert_int_eq(now->verify, before->verify);
        ck_assert_int_eq(now->ca == NULL, before->ca == NULL);
        if (now->ca != NULL)
            ck_assert_str_eq(now->ca->pem, before->ca->pem);
    }
    policy_image_free(again);
}
END_TEST

START_TEST(a_ca_file_that_has_changed_makes_the_image_out_of_date)
{
    put("a.pem", 0644, PEM);
    load("ca_file = \"@/a.pem\"; api_key = \"abcdefgh\";\n");
    ck_assert(policy_image_current(image));
    put("new.pem", 0644, "# new\n" PEM);
    char *from = tmpdir_path(dir, "new.pem"), *to = tmpdir_path(dir, "a.pem");
    ck_assert_int_eq(rename(from, to), 0);
    ck_assert(!policy_image_current(image));
    load("ca_file = \"@/a.pem\"; api_key = \"abcdefgh\";\n");
    ck_assert_int_eq(unlink(to), 0);
    ck_assert(!policy_image_current(image));
    free(from);
    free(to);
}
END_TEST

START_TEST(the_ca_file_of_a_rule_for_others_is_not_read)
{
    load(KEYS "rules = ({ name = \"r\"; key = \"k\"; ca_file = \"@/not-there.pem\"; "
              "programs = [\"/usr/bin/other\"]; });\n");
    ck_assert_ptr_null(image->error);
    ck_assert_ptr_null(config->cas[0].error);
    ck_assert_uint_eq(image->nrules, 0);
}
END_TEST

static const struct {
    mode_t mode; /* 0: no file */
    const char *text;
    const char *sentence;
} bad_files[] = {
    {0, "", "/a.pem: no such file: store the authority's certificate there"},
    {0646, PEM, "/a.pem: mode 0646 lets others change"},
    {0664, PEM, "/a.pem: mode 0664 lets "},
    {0644, "", "/a.pem: holds no certificate: store certificates there as PEM"},
    {0644, "-----BEGIN PRIVATE KEY-----\n", "/a.pem: holds no certificate"},
};

START_TEST(a_ca_file_that_cannot_be_had_has_its_sentence_and_nothing_in_its_place)
{
    if (bad_files[_i].mode != 0)
        put("a.pem", bad_files[_i].mode, bad_files[_i].text);
    load("ca_file = \"@/a.pem\"; api_key = \"abcdefgh\";\n");
    ck_assert_ptr_null(image->error); /* programs that verify by themselves go on */
    ck_assert_ptr_nonnull(image->rules[0].ca);
    ck_assert_ptr_null(image->rules[0].ca->pem);
    ck_assert_msg(strstr(image->rules[0].ca->error, bad_files[_i].sentence) != NULL, "%s",
                  image->rules[0].ca->error);
}
END_TEST

/* ---- a file in DER form ---------------------------------------------------------------------- */

enum form { FORM_CERTIFICATE, FORM_REQUEST, FORM_REVOKED, FORM_CUT, FORM_TWO };

/* What openssl(1) writes, as a shell's line; '@' stands for the folder. */
static const char *const forms[] = {
    [FORM_CERTIFICATE] = "$new -x509 -outform DER -out a.pem",
    [FORM_REQUEST] = "$new -outform DER -out a.pem",
    [FORM_REVOKED] = "$new -x509 -out c.pem; : >index; echo 01 >number; "
                     "printf '[ca]\ndefault_ca=a\n[a]\ndatabase=index\ncrlnumber=number\n"
                     "default_md=sha256\n' >ca.conf; openssl ca -config ca.conf -gencrl -crldays 1 "
                     "-keyfile key -cert c.pem -out crl.pem; "
                     "openssl crl -in crl.pem -outform DER -out a.pem",
    [FORM_CUT] = "$new -x509 -outform DER -out c; head -c 300 c >a.pem",
    [FORM_TWO] = "$new -x509 -outform DER -out c; cat c c >a.pem",
};

static void shell(const char *line)
{
    char script[2 * PATH_MAX];
    snprintf(
        script, sizeof script,
        "exec 2>/dev/null; set -e; cd '%s'; umask 022; new='openssl req -newkey rsa:2048 -nodes "
        "-keyout key -subj /CN=ours -days 1'; %s",
        dir, line);
    ck_assert_msg(system(script) == 0, "%s", script);
}

START_TEST(a_certificate_in_der_form_is_called_that_and_the_remedy_makes_it_pem)
{
    char path[PATH_MAX], command[PATH_MAX];
    shell(forms[FORM_CERTIFICATE]);
    load("ca_file = \"@/a.pem\"; api_key = \"abcdefgh\";\n");
    const char *sentence = image->rules[0].ca->error;
    ck_assert_ptr_nonnull(sentence);
    ck_assert_int_eq(sscanf(sentence, "%1000[^:]: holds DER, not PEM: %1000[^,], and name that one",
                            path, command),
                     2);
    snprintf(path, sizeof path, "openssl x509 -inform DER -in %s/a.pem -out %s/a.pem.pem", dir,
             dir);
    ck_assert_str_eq(command, path);
    shell(command);
    load("ca_file = \"@/a.pem.pem\"; api_key = \"abcdefgh\";\n");
    ck_assert_ptr_null(image->rules[0].ca->error);
    ck_assert_ptr_nonnull(image->rules[0].ca->pem);
}
END_TEST

START_TEST(what_is_no_certificate_in_der_form_is_not_called_one)
{
    shell(forms[_i]);
    load("ca_file = \"@/a.pem\"; api_key = \"abcdefgh\";\n");
    ck_assert_ptr_nonnull(image->rules[0].ca->error);
    ck_assert_ptr_null(strstr(image->rules[0].ca->error, "DER"));
}
END_TEST

static const struct {
    const char *text;
    const char *sentence;
} bad_settings[] = {
    {"verify = \"sometimes\"; api_key = \"abcdefgh\";",
     "verify has no such value: write one of \"when-needed\", \"always\", \"never\""},
    {"verify = true; api_key = \"abcdefgh\";", "verify must be a string"},
    {"ca_file = \"a.pem\"; api_key = \"abcdefgh\";", "ca_file is not an absolute path"},
    {"ca_file = \"\"; api_key = \"abcdefgh\";", "ca_file is empty"},
    {"verify = \"never\"; ca_file = \"/a.pem\"; api_key = \"abcdefgh\";",
     "ca_file is given, but verify = \"never\" asks it nothing"},
};

START_TEST(a_setting_that_means_nothing_is_an_error)
{
    load(bad_settings[_i].text);
    ck_assert_ptr_nonnull(image->error);
    ck_assert_msg(strstr(image->error, bad_settings[_i].sentence) != NULL, "%s", image->error);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy_trust");
    TCase *tests = tcase_create("trust");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, without_them_it_is_when_needed_by_the_machines_authorities);
    tcase_add_loop_test(tests, each_word_arrives, 0, 3);
    tcase_add_test(tests, a_ca_file_is_packed_once_for_all_the_rules_that_name_it);
    tcase_add_test(tests, an_image_that_is_judged_again_keeps_both);
    tcase_add_test(tests, a_ca_file_that_has_changed_makes_the_image_out_of_date);
    tcase_add_test(tests, the_ca_file_of_a_rule_for_others_is_not_read);
    tcase_add_loop_test(tests,
                        a_ca_file_that_cannot_be_had_has_its_sentence_and_nothing_in_its_place, 0,
                        (int)(sizeof bad_files / sizeof bad_files[0]));
    tcase_add_test(tests, a_certificate_in_der_form_is_called_that_and_the_remedy_makes_it_pem);
    tcase_add_loop_test(tests, what_is_no_certificate_in_der_form_is_not_called_one, FORM_REQUEST,
                        FORM_TWO + 1);
    tcase_add_loop_test(tests, a_setting_that_means_nothing_is_an_error, 0,
                        (int)(sizeof bad_settings / sizeof bad_settings[0]));
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
