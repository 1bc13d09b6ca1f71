/* The module's entry: what the preloaded library gets for a policy on disk. */
#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/tmpdir.h"
#include "commissioned/policy_image.h"
#include "core/secret.h"
#include "support/sanitized.h"
#include "support/suite.h"

static char *dir;
static char key[TEST_KEY_LENGTH + 1];

static void setup(void)
{
    dir = tmpdir_make();
    test_key_make(key);
}

static void teardown(void)
{
    tmpdir_remove(dir);
}

static struct policy_request request_for(const char *system_file)
{
    return (struct policy_request){
        .abi = POLICY_IMAGE_ABI, .system_file = system_file, .program = "/usr/bin/curl"};
}

static struct policy_image *build(const char *system_file)
{
    struct policy_request request = request_for(system_file);
    return commissioned_policy_build(&request);
}

static bool has_key(const struct policy_key *found, const char *expected)
{
    const char *start = "Authorization: Bearer ";
    return found->header != NULL && strncmp(found->header, start, strlen(start)) == 0 &&
           strcmp(found->header + strlen(start), expected) == 0;
}

START_TEST(no_configuration_at_all_gives_no_image)
{
    char *path = tmpdir_path(dir, "nothing-here.conf");
    ck_assert_ptr_null(build(path));
    free(path);
}
END_TEST

START_TEST(an_inline_key_is_for_the_whole_origin)
{
    char *path = tmpdir_printf(dir, "a.conf", 0600, "api_key = \"%s\";\n", key);
    struct policy_image *image = build(path);
    ck_assert_ptr_nonnull(image);
    ck_assert_ptr_null(image->error);
    ck_assert_uint_eq(image->nrules, 1);
    ck_assert_str_eq(image->rules[0].host, "app.commissioned.tech");
    ck_assert_uint_eq(image->rules[0].port, 443);
    ck_assert_str_eq(image->rules[0].path, "/");
    ck_assert_str_eq(image->rules[0].file, path);
    ck_assert_uint_eq(image->rules[0].line, 1);
    ck_assert(has_key(&image->keys[image->rules[0].key], key));
    policy_image_free(image);
    free(path);
}
END_TEST

START_TEST(a_key_file_and_a_url_make_a_narrower_rule)
{
    char *file = tmpdir_printf(dir, "key", 0600, "%s\n", key);
    char *path = tmpdir_printf(
        dir, "a.conf", 0644,
        "key_file = \"%s\";\nurl = \"https://APP.commissioned.tech:443/v1/\";\n", file);
    struct policy_image *image = build(path);
    ck_assert_ptr_null(image->error);
    ck_assert_str_eq(image->rules[0].host, "app.commissioned.tech");
    ck_assert_str_eq(image->rules[0].path, "/v1");
    ck_assert_uint_eq(image->rules[0].path_len, 3);
    ck_assert_str_eq(image->keys[0].source, file);
    ck_assert(has_key(&image->keys[0], key));
    policy_image_free(image);
    free(path);
    free(file);
}
END_TEST

START_TEST(a_comment_at_the_very_end_without_a_line_end_is_fine)
{
    char *path = tmpdir_printf(dir, "a.conf", 0600, "api_key = \"%s\"; # mine", key);
    struct policy_image *image = build(path);
    ck_assert_ptr_null(image->error);
    policy_image_free(image);
    free(path);
}
END_TEST

START_TEST(only_a_short_prefix_of_a_key_identifies_it)
{
    char *path = tmpdir_printf(dir, "a.conf", 0600, "api_key = \"%s\";\n", key);
    struct policy_image *image = build(path);
    ck_assert_uint_eq(strlen(image->keys[0].prefix), TEST_KEY_LENGTH / 4);
    ck_assert_int_eq(strncmp(image->keys[0].prefix, key, TEST_KEY_LENGTH / 4), 0);
    policy_image_free(image);
    free(path);
}
END_TEST

START_TEST(a_policy_that_cannot_be_used_is_an_image_that_fails_the_whole_origin)
{
    char *path = tmpdir_printf(dir, "a.conf", 0600, "api_kee = \"%s\";\n", key);
    struct policy_image *image = build(path);
    ck_assert_ptr_nonnull(image->error);
    ck_assert_uint_eq(image->nrules, 1);
    ck_assert_str_eq(image->rules[0].host, "app.commissioned.tech");
    ck_assert_str_eq(image->rules[0].path, "/");
    ck_assert_int_eq(image->rules[0].missing, POLICY_MISSING_FAIL);
    ck_assert_ptr_null(image->keys[image->rules[0].key].header);
    ck_assert_str_eq(image->keys[image->rules[0].key].error, image->error);
    ck_assert_ptr_null(strstr(image->error, key));
    policy_image_free(image);
    free(path);
}
END_TEST

START_TEST(a_key_that_is_missing_leaves_its_rule_with_a_sentence)
{
    char *path = tmpdir_printf(dir, "a.conf", 0644, "key_file = \"%s/key\";\n", dir);
    struct policy_image *image = build(path);
    ck_assert_ptr_null(image->error);
    ck_assert_uint_eq(image->nrules, 1);
    ck_assert_ptr_null(image->keys[0].header);
    ck_assert_ptr_nonnull(strstr(image->keys[0].error, "/key: no such file: "));
    policy_image_free(image);
    free(path);
}
END_TEST

START_TEST(an_image_is_current_until_its_key_file_is_replaced)
{
    char *file = tmpdir_printf(dir, "key", 0600, "%s\n", key);
    char *path = tmpdir_printf(dir, "a.conf", 0644, "key_file = \"%s\";\n", file);
    struct policy_image *image = build(path);
    ck_assert(policy_image_current(image));
    char *fresh = tmpdir_printf(dir, "key.new", 0600, "%s\n", key);
    ck_assert_int_eq(rename(fresh, file), 0);
    ck_assert(!policy_image_current(image));
    policy_image_free(image);
    free(fresh);
    free(path);
    free(file);
}
END_TEST

START_TEST(an_image_is_out_of_date_after_a_rewrite_in_place_of_the_same_length)
{
    char *file = tmpdir_printf(dir, "key", 0600, "%s\n", key);
    char *path = tmpdir_printf(dir, "a.conf", 0644, "key_file = \"%s\";\n", file);
    for (int i = 0; i < 20; i++) {
        struct policy_image *image = build(path);
        key[10] = key[10] == 'a' ? 'b' : 'a';
        free(tmpdir_printf(dir, "key", 0600, "%s\n", key));
        ck_assert(!policy_image_current(image));
        policy_image_free(image);
    }
    free(path);
    free(file);
}
END_TEST

START_TEST(an_image_is_out_of_date_once_a_file_appears_that_was_looked_for)
{
    char *path = tmpdir_printf(dir, "a.conf", 0600, "api_key = \"%s\";\n", key);
    char *user = tmpdir_path(dir, "user.conf");
    struct policy_request request = request_for(path);
    request.user_file = user;
    struct policy_image *image = commissioned_policy_build(&request);
    ck_assert(policy_image_current(image));
    free(tmpdir_printf(dir, "user.conf", 0600, "api_key = \"%s\";\n", key));
    ck_assert(!policy_image_current(image));
    policy_image_free(image);
    free(user);
    free(path);
}
END_TEST

START_TEST(an_image_is_out_of_date_once_a_drop_in_appears)
{
    char *path = tmpdir_printf(dir, "a.conf", 0600, "api_key = \"%s\";\n", key);
    char *folder = tmpdir_path(dir, "conf.d");
    ck_assert_int_eq(mkdir(folder, 0700), 0);
    struct policy_image *image = build(path);
    ck_assert_ptr_null(image->error);
    usleep(20 * 1000); /* another tick of the clock that stamps folders */
    free(tmpdir_printf(folder, "10.conf", 0600, "# nothing\n"));
    ck_assert(!policy_image_current(image));
    policy_image_free(image);
    free(folder);
    free(path);
}
END_TEST

START_TEST(another_build_of_the_library_gets_no_image)
{
    char *path = tmpdir_printf(dir, "a.conf", 0600, "api_key = \"%s\";\n", key);
    struct policy_request request = request_for(path);
    request.abi++;
    ck_assert_ptr_null(commissioned_policy_build(&request));
    free(path);
}
END_TEST

START_TEST(errno_and_the_locale_of_the_caller_are_kept)
{
    char *path = tmpdir_printf(dir, "a.conf", 0600, "api_key = \"%s\";\n", key);
    locale_t mine = newlocale(LC_ALL_MASK, "C.UTF-8", (locale_t)0);
    ck_assert_ptr_nonnull(mine);
    locale_t before = uselocale(mine);
    errno = ERANGE;
    struct policy_image *image = build(path);
    ck_assert_int_eq(errno, ERANGE);
    ck_assert(uselocale(before) == mine);
    freelocale(mine);
    policy_image_free(image);
    free(path);
}
END_TEST

/* ---- in a link namespace of its own ---------------------------------------------------------- */

static policy_build_function *loaded_build;
static const char *loaded_path;

static void *build_in_thread(void *result)
{
    struct policy_request request = request_for(loaded_path);
    *(struct policy_image **)result = loaded_build(&request);
    return NULL;
}

START_TEST(a_module_in_its_own_namespace_serves_threads_that_it_has_never_seen)
{
    const char *folder = getenv("BUILD");
    char module[4096];
    snprintf(module, sizeof module, "%s/commissioned-auth-policy.so",
             folder != NULL ? folder : "build");
    if (SANITIZED || RUNNING_ON_VALGRIND) {
        printf("SKIP a_module_in_its_own_namespace: this tool does not know a second C library\n");
        return;
    }
    void *handle = dlmopen(LM_ID_NEWLM, module, RTLD_NOW | RTLD_LOCAL);
    ck_assert_msg(handle != NULL, "%s", dlerror());
    loaded_build = (policy_build_function *)dlsym(handle, "commissioned_policy_build");
    ck_assert_ptr_nonnull(loaded_build);
    char *path =
        tmpdir_printf(dir, "a.conf", 0600,
                      "keys = ({ name = \"k\"; api_key = \"%s\"; });\n"
                      "rules = ({ name = \"r\"; key = \"k\"; programs = [\"/usr/*/c*\"]; });\n",
                      key);
    loaded_path = path;
    for (int i = 0; i < 8; i++) {
        struct policy_image *image = NULL;
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, build_in_thread, &image), 0);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert_ptr_nonnull(image);
        ck_assert_ptr_null(image->error);
        ck_assert(has_key(&image->keys[0], key));
        policy_image_free(image);
    }
    free(path);
    dlclose(handle);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policy module");
    TCase *tests = tcase_create("build");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, no_configuration_at_all_gives_no_image);
    tcase_add_test(tests, an_inline_key_is_for_the_whole_origin);
    tcase_add_test(tests, a_key_file_and_a_url_make_a_narrower_rule);
    tcase_add_test(tests, a_comment_at_the_very_end_without_a_line_end_is_fine);
    tcase_add_test(tests, only_a_short_prefix_of_a_key_identifies_it);
    tcase_add_test(tests, a_policy_that_cannot_be_used_is_an_image_that_fails_the_whole_origin);
    tcase_add_test(tests, a_key_that_is_missing_leaves_its_rule_with_a_sentence);
    tcase_add_test(tests, an_image_is_current_until_its_key_file_is_replaced);
    tcase_add_test(tests, an_image_is_out_of_date_after_a_rewrite_in_place_of_the_same_length);
    tcase_add_test(tests, an_image_is_out_of_date_once_a_file_appears_that_was_looked_for);
    tcase_add_test(tests, an_image_is_out_of_date_once_a_drop_in_appears);
    tcase_add_test(tests, another_build_of_the_library_gets_no_image);
    tcase_add_test(tests, errno_and_the_locale_of_the_caller_are_kept);
    tcase_add_test(tests, a_module_in_its_own_namespace_serves_threads_that_it_has_never_seen);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
