/* Where the configuration lies: one answer for the library, explain and key add. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "core/places.h"
#include "support/suite.h"

static struct places places;

static const struct {
    const char *xdg;
    const char *home;
    const char *file; /* NULL: there is none */
} rows[] = {
    {NULL, "/home/ann", "/home/ann/.config/commissioned-auth/commissioned-auth.conf"},
    {"/xdg", "/home/ann", "/xdg/commissioned-auth/commissioned-auth.conf"},
    {"/xdg", NULL, "/xdg/commissioned-auth/commissioned-auth.conf"},
    {"relative", "/home/ann", "/home/ann/.config/commissioned-auth/commissioned-auth.conf"},
    {"", "/home/ann", "/home/ann/.config/commissioned-auth/commissioned-auth.conf"},
    {NULL, NULL, NULL},
    {NULL, "relative", NULL},
    {NULL, "", NULL},
};

static void set(const char *name, const char *value)
{
    if (value != NULL)
        setenv(name, value, 1);
    else
        unsetenv(name);
}

START_TEST(a_users_own_file_is_below_xdg_config_home_or_home)
{
    set("XDG_CONFIG_HOME", rows[_i].xdg);
    set("HOME", rows[_i].home);
    places_find(&places);
    if (rows[_i].file == NULL) {
        ck_assert_ptr_null(places.user_file);
        ck_assert_ptr_null(places.user_folder);
        return;
    }
    ck_assert_str_eq(places.user_file, rows[_i].file);
    ck_assert_uint_eq(strlen(places.user_folder), strlen(rows[_i].file) - strlen("/" PLACES_FILE));
}
END_TEST

START_TEST(a_file_that_is_named_counts_unless_the_name_is_empty)
{
    set("COMMISSIONED_AUTH_CONFIG", "/etc/hostname");
    places_find(&places);
    ck_assert_str_eq(places.env_file, "/etc/hostname");
    ck_assert(places_anything_there(&places));
    set("COMMISSIONED_AUTH_CONFIG", "");
    places_find(&places);
    ck_assert_ptr_null(places.env_file);
}
END_TEST

START_TEST(what_is_too_long_for_a_path_is_none)
{
    static char home[PATH_MAX];
    memset(home, 'x', sizeof home - 1);
    home[0] = '/';
    places_of_user(&places, NULL, home);
    ck_assert_ptr_null(places.user_file);
    home[PATH_MAX - 48] = '\0'; /* the folder fits, the file does not */
    places_of_user(&places, NULL, home);
    ck_assert_ptr_null(places.user_file);
    ck_assert_ptr_null(places.user_folder);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("places");
    TCase *tests = tcase_create("places");
    tcase_add_loop_test(tests, a_users_own_file_is_below_xdg_config_home_or_home, 0,
                        (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tests, a_file_that_is_named_counts_unless_the_name_is_empty);
    tcase_add_test(tests, what_is_too_long_for_a_path_is_none);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
