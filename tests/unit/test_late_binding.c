/*
 * What late binding leads to us, and what it leaves.
 *
 * This program links the OpenSSL flavour, whose functions stand for ours: the library's own entries
 * are not linked here. Not to be had without the preload are a library in front of us that answers
 * for libcurl's names, for this program is the first object and passes for us; dlsym's jump, which
 * is interpose_dl.c's; and a dlsym of ours that is another than the C library's. Those are in
 * tests/integration/test_late_binding.c. That the loader's lock is taken by somebody between two
 * looks at the list, or that the loader changes errno, no test can bring about.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include <check.h>

#include "preload/binding/late_binding.h"
#include "preload/binding/own_names.h"
#include "preload/libcurl/provider.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/locks.h"
#include "support/suite.h"
#include "unit/plugin.h"

static const char gnutls[] = "plugin-gnutls.so", openssl[] = "plugin-openssl.so",
                  without[] = "late-plugin.so";

/* ---- what is ours ---------------------------------------------------------------------------- */

START_TEST(libcurls_names_are_ours_and_the_loaders_are_not)
{
    ck_assert(late_binding_is_ours("curl_easy_init"));
    ck_assert(late_binding_is_ours("curl_multi_socket_all"));
    ck_assert(!late_binding_is_ours("dlsym"));
    ck_assert(!late_binding_is_ours("dlvsym"));
    ck_assert(!late_binding_is_ours("curl_version"));
    ck_assert(!late_binding_is_ours(""));
}
END_TEST

START_TEST(our_functions_are_known_by_their_address)
{
    for (unsigned i = 0; i < OWN_LIBCURLS; i++)
        ck_assert(late_binding_is_exported(own_function(i)));
    ck_assert(!late_binding_is_exported(own_function(OWN_dlsym)));
    ck_assert(!late_binding_is_exported((void *)strlen));
    ck_assert(!late_binding_is_exported(NULL));
}
END_TEST

/* ---- what dlsym found ------------------------------------------------------------------------ */

START_TEST(of_a_libcurl_our_function_is_given_instead)
{
    struct plugin plugin;
    if (!plugin_load(&plugin, gnutls, __func__))
        return;
    void *perform = dlsym(plugin.handle, "curl_easy_perform");
    ck_assert_ptr_ne(perform, own_function(OWN_curl_easy_perform));
    ck_assert_ptr_eq(late_binding_instead("curl_easy_perform", perform),
                     own_function(OWN_curl_easy_perform));
}
END_TEST

START_TEST(a_handle_is_made_by_an_entry_that_knows_its_libcurl)
{
    struct plugin plugin;
    if (!plugin_load(&plugin, gnutls, __func__))
        return;
    void *theirs = dlsym(plugin.handle, "curl_easy_init");
    void *linked = dlsym(RTLD_DEFAULT, "curl_easy_init");
    void *multi = dlsym(plugin.handle, "curl_multi_init");
    void *entry = late_binding_instead("curl_easy_init", theirs);
    ck_assert_ptr_ne(entry, theirs);
    ck_assert_ptr_eq(entry, own_entry(OWN_curl_easy_init, provider_of(theirs)));
    ck_assert_ptr_ne(entry, late_binding_instead("curl_easy_init", linked));
    ck_assert_ptr_eq(late_binding_instead("curl_multi_init", multi),
                     own_entry(OWN_curl_multi_init, provider_of(multi)));
}
END_TEST

START_TEST(what_is_no_libcurls_is_given_as_it_was_found)
{
    struct plugin plugin;
    if (!plugin_load(&plugin, without, __func__))
        return;
    void *found = dlsym(plugin.handle, "late_who");
    ck_assert_ptr_nonnull(found);
    ck_assert_ptr_eq(late_binding_instead("curl_easy_init", found), found);
}
END_TEST

START_TEST(errno_and_the_loaders_error_stay_the_hosts)
{
    struct plugin plugin;
    if (!plugin_load(&plugin, gnutls, __func__))
        return;
    void *init = dlsym(plugin.handle, "curl_easy_init");
    ck_assert_ptr_null(dlsym(plugin.handle, "no_such_function"));
    errno = EXDEV;
    late_binding_instead("curl_easy_init", init);
    ck_assert_int_eq(errno, EXDEV);
    late_binding_renew();
    ck_assert_int_eq(errno, EXDEV);
    const char *error = dlerror();
    if (late.error_distance != 0) /* where it is known: host_error.h */
        ck_assert_msg(error != NULL && strstr(error, "no_such_function") != NULL, "%s",
                      error != NULL ? error : "no error");
}
END_TEST

/* ---- what was loaded ------------------------------------------------------------------------- */

START_TEST(an_object_that_needs_a_libcurl_is_led_to_us)
{
    struct plugin plugin;
    if (!plugin_load(&plugin, gnutls, __func__))
        return;
    const struct provider *provider = provider_of(dlsym(plugin.handle, "curl_easy_init"));
    uintptr_t version = *plugin_slot(&plugin, "curl_version");
    late_binding_renew();
    ck_assert_ptr_eq((void *)*plugin_slot(&plugin, "curl_easy_perform"),
                     own_function(OWN_curl_easy_perform));
    ck_assert_ptr_eq((void *)*plugin_slot(&plugin, "curl_easy_init"),
                     own_entry(OWN_curl_easy_init, provider));
    ck_assert_uint_eq(*plugin_slot(&plugin, "curl_version"), version);
}
END_TEST

START_TEST(each_of_several_is_led_to_us)
{
    struct plugin first, second;
    if (!plugin_load(&first, openssl, __func__) || !plugin_load(&second, gnutls, __func__))
        return;
    late_binding_renew();
    void *of_first = (void *)*plugin_slot(&first, "curl_easy_init");
    void *of_second = (void *)*plugin_slot(&second, "curl_easy_init");
    ck_assert_ptr_eq(of_first, own_entry(OWN_curl_easy_init,
                                         provider_of(dlsym(first.handle, "curl_easy_init"))));
    ck_assert_ptr_eq(of_second, own_entry(OWN_curl_easy_init,
                                          provider_of(dlsym(second.handle, "curl_easy_init"))));
    ck_assert_ptr_ne(of_first, of_second);
}
END_TEST

/* own_function reads the program's own slot. */
START_TEST(the_program_is_left_alone_while_there_is_one_libcurl)
{
    struct plugin plugin;
    void *linked = own_function(OWN_curl_easy_init);
    if (!plugin_load(&plugin, openssl, __func__))
        return;
    late_binding_renew();
    ck_assert_ptr_eq(own_function(OWN_curl_easy_init), linked);
    ck_assert_ptr_ne((void *)*plugin_slot(&plugin, "curl_easy_init"), linked);
}
END_TEST

START_TEST(the_program_gets_entries_of_its_own_once_there_is_a_second)
{
    struct plugin plugin;
    void *linked = own_function(OWN_curl_easy_init);
    if (!plugin_load(&plugin, gnutls, __func__))
        return;
    late_binding_renew();
    ck_assert_ptr_ne(own_function(OWN_curl_easy_init), linked);
    ck_assert_ptr_eq(own_function(OWN_curl_easy_init),
                     own_entry(OWN_curl_easy_init, provider_of(linked)));
}
END_TEST

START_TEST(nothing_is_looked_at_unless_something_came_or_went)
{
    struct plugin plugin, other;
    if (!plugin_load(&plugin, gnutls, __func__))
        return;
    uintptr_t *perform = plugin_slot(&plugin, "curl_easy_perform"), past_us = *perform;
    late_binding_renew();
    plugin_write(perform, past_us);
    late_binding_renew();
    ck_assert_uint_eq(*perform, past_us);
    ck_assert(plugin_load(&other, without, __func__));
    late_binding_renew();
    ck_assert_ptr_eq((void *)*perform, own_function(OWN_curl_easy_perform));
    plugin_write(perform, past_us);
    dlclose(other.handle);
    late_binding_renew();
    ck_assert_ptr_eq((void *)*perform, own_function(OWN_curl_easy_perform));
}
END_TEST

struct reader {
    pthread_barrier_t holds, may_give;
};

static void *read_the_list(void *data)
{
    struct reader *reader = data;
    lock_take(LOCK_LOADER);
    pthread_barrier_wait(&reader->holds);
    pthread_barrier_wait(&reader->may_give);
    lock_give(LOCK_LOADER);
    return NULL;
}

START_TEST(what_somebody_else_was_in_the_way_of_is_done_next_time)
{
    struct plugin plugin;
    struct reader reader;
    pthread_t thread;
    if (!plugin_load(&plugin, gnutls, __func__))
        return;
    uintptr_t *perform = plugin_slot(&plugin, "curl_easy_perform"), past_us = *perform;
    pthread_barrier_init(&reader.holds, NULL, 2);
    pthread_barrier_init(&reader.may_give, NULL, 2);
    ck_assert_int_eq(pthread_create(&thread, NULL, read_the_list, &reader), 0);
    pthread_barrier_wait(&reader.holds);
    late_binding_renew();
    ck_assert_uint_eq(*perform, past_us);
    pthread_barrier_wait(&reader.may_give);
    pthread_join(thread, NULL);
    late_binding_renew();
    ck_assert_ptr_eq((void *)*perform, own_function(OWN_curl_easy_perform));
}
END_TEST

/* ---- a plugin of PHP's that asks dlsym itself ------------------------------------------------ */

/* The C library's dlsym stands for ours, so what shows is that its slot was bound at all. */
static bool load_asking(struct plugin *plugin, uintptr_t **slot, const char *test)
{
    if (!plugin_load_lazy(plugin, "late-asking-lazy.so", test))
        return false;
    *slot = plugin_slot(plugin, "dlsym");
    if (elf_extent_has(&plugin->place.mapping, **slot))
        return true;
    plugin_skip(test, "the loader binds at once");
    return false;
}

START_TEST(a_plugin_that_php_asks_is_led_to_our_dlsym)
{
    struct plugin plugin;
    uintptr_t *slot;
    if (!load_asking(&plugin, &slot, __func__))
        return;
    dlsym(plugin.handle, "no_such_function");
    errno = EXDEV;
    late_binding_asked(plugin.map, "get_module");
    ck_assert_int_eq(errno, EXDEV);
    ck_assert_ptr_eq((void *)*slot, own_function(OWN_dlsym));
}
END_TEST

START_TEST(what_is_asked_for_anything_else_is_left_alone)
{
    struct plugin plugin;
    uintptr_t *slot;
    if (!load_asking(&plugin, &slot, __func__))
        return;
    uintptr_t unbound = *slot;
    late_binding_asked(plugin.map, NULL);
    late_binding_asked(plugin.map, "get_modules");
    late_binding_asked(plugin.map, "g");
    late_binding_asked(plugin.map, "curl_easy_init");
    late_binding_renew(); /* it needs no libcurl */
    ck_assert_uint_eq(*slot, unbound);
}
END_TEST

static TCase *what_is_given(void)
{
    TCase *tests = tcase_create("given");
    tcase_add_test(tests, libcurls_names_are_ours_and_the_loaders_are_not);
    tcase_add_test(tests, our_functions_are_known_by_their_address);
    tcase_add_test(tests, of_a_libcurl_our_function_is_given_instead);
    tcase_add_test(tests, a_handle_is_made_by_an_entry_that_knows_its_libcurl);
    tcase_add_test(tests, what_is_no_libcurls_is_given_as_it_was_found);
    tcase_add_test(tests, errno_and_the_loaders_error_stay_the_hosts);
    return tests;
}

static TCase *what_is_bound(void)
{
    TCase *tests = tcase_create("bound");
    tcase_add_test(tests, an_object_that_needs_a_libcurl_is_led_to_us);
    tcase_add_test(tests, each_of_several_is_led_to_us);
    tcase_add_test(tests, the_program_is_left_alone_while_there_is_one_libcurl);
    tcase_add_test(tests, the_program_gets_entries_of_its_own_once_there_is_a_second);
    tcase_add_test(tests, nothing_is_looked_at_unless_something_came_or_went);
    tcase_add_test(tests, what_somebody_else_was_in_the_way_of_is_done_next_time);
    tcase_add_test(tests, a_plugin_that_php_asks_is_led_to_our_dlsym);
    tcase_add_test(tests, what_is_asked_for_anything_else_is_left_alone);
    return tests;
}

int main(void)
{
    Suite *suite = suite_create("late binding");
    suite_add_tcase(suite, what_is_given());
    suite_add_tcase(suite, what_is_bound());
    return suite_run(suite);
}
