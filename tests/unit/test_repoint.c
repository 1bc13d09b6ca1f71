/*
 * What of an object that was bound past us is led to us.
 *
 * This program links the OpenSSL flavour, and its functions stand for ours: the library's own
 * entries are not linked here. The object is a plugin with the GnuTLS flavour.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <check.h>

#include "preload/binding/own_names.h"
#include "preload/binding/repoint.h"
#include "preload/libcurl/provider.h"
#include "support/suite.h"
#include "unit/plugin.h"

static const struct provider *gnutls_provider(const struct plugin *object)
{
    const struct provider *provider = provider_of(dlsym(object->handle, "curl_easy_setopt"));
    ck_assert_ptr_nonnull(provider);
    return provider;
}

/* "r--p" of the page. */
static void protection(const void *address, char text[5])
{
    char line[256];
    FILE *maps = fopen("/proc/self/maps", "re");
    unsigned long start, end;
    ck_assert_ptr_nonnull(maps);
    text[0] = '\0';
    while (text[0] == '\0' && fgets(line, sizeof line, maps) != NULL)
        if (sscanf(line, "%lx-%lx %4s", &start, &end, text) != 3 || (uintptr_t)address < start ||
            (uintptr_t)address >= end)
            text[0] = '\0';
    fclose(maps);
}

START_TEST(its_calls_of_libcurl_are_led_to_us)
{
    struct plugin object;
    if (!plugin_load(&object, "plugin-gnutls.so", __func__))
        return;
    const struct provider *provider = gnutls_provider(&object);
    uintptr_t *perform = plugin_slot(&object, "curl_easy_perform");
    uintptr_t *other = plugin_slot(&object, "curl_version");
    uintptr_t version = *other;
    char before[5], after[5];
    protection(perform, before);
    ck_assert_ptr_ne((void *)*perform, own_function(OWN_curl_easy_perform));
    repoint(&(struct repoint){.place = &object.place, .map = object.map, .provider = provider});
    ck_assert_ptr_eq((void *)*perform, own_function(OWN_curl_easy_perform));
    ck_assert_ptr_eq((void *)*plugin_slot(&object, "curl_easy_setopt"),
                     own_function(OWN_curl_easy_setopt));
    /* A handle is made by an entry that knows this libcurl. */
    ck_assert_ptr_eq((void *)*plugin_slot(&object, "curl_easy_init"),
                     own_entry(OWN_curl_easy_init, provider));
    ck_assert_uint_eq(*other, version);
    protection(perform, after);
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(what_somebody_else_put_there_stays)
{
    struct plugin object;
    if (!plugin_load(&object, "plugin-gnutls.so", __func__))
        return;
    uintptr_t *perform = plugin_slot(&object, "curl_easy_perform");
    uintptr_t somebody = (uintptr_t)&strlen;
    plugin_write(perform, somebody);
    repoint(&(struct repoint){
        .place = &object.place, .map = object.map, .provider = gnutls_provider(&object)});
    ck_assert_uint_eq(*perform, somebody);
    ck_assert_ptr_eq((void *)*plugin_slot(&object, "curl_easy_cleanup"),
                     own_function(OWN_curl_easy_cleanup));
}
END_TEST

START_TEST(without_a_libcurl_its_calls_of_one_are_left_alone)
{
    struct plugin object;
    if (!plugin_load(&object, "plugin-gnutls.so", __func__))
        return;
    uintptr_t perform = *plugin_slot(&object, "curl_easy_perform");
    repoint(&(struct repoint){.place = &object.place, .map = object.map});
    ck_assert_uint_eq(*plugin_slot(&object, "curl_easy_perform"), perform);
}
END_TEST

START_TEST(an_object_that_asks_for_dlsym_is_known)
{
    struct plugin object;
    if (!plugin_load(&object, "late-plugin.so", __func__))
        return;
    ck_assert(repoint_imports_dlsym(object.map));
    if (!plugin_load(&object, "plugin-gnutls.so", __func__))
        return;
    ck_assert(!repoint_imports_dlsym(object.map));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("repoint");
    TCase *tests = tcase_create("repoint");
    tcase_add_test(tests, its_calls_of_libcurl_are_led_to_us);
    tcase_add_test(tests, what_somebody_else_put_there_stays);
    tcase_add_test(tests, without_a_libcurl_its_calls_of_one_are_left_alone);
    tcase_add_test(tests, an_object_that_asks_for_dlsym_is_known);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
