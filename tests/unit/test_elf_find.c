/* The dynamic tables of loaded objects: read by ourselves, they say what the dynamic loader says.
 */
#include <check.h>
#include <dlfcn.h>
#include <string.h>

#include "elf_find.h"
#include "support/gnu_hash.h"
#include "support/suite.h"

enum { MOST = 64 };

struct objects {
    unsigned count;
    unsigned stop_after; /* 0: never */
    uintptr_t base[MOST];
    const ElfW(Dyn) * dynamic[MOST];
};

static bool note(uintptr_t base, const ElfW(Dyn) * dynamic, void *data)
{
    struct objects *objects = data;
    ck_assert_uint_lt(objects->count, MOST);
    objects->base[objects->count] = base;
    objects->dynamic[objects->count++] = dynamic;
    return objects->count == objects->stop_after;
}

static int note_header(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    note(info->dlpi_addr, elf_dynamic(info), data);
    return 0;
}

START_TEST(a_visit_shows_what_the_loader_shows)
{
    struct objects expected = {0}, seen = {0};
    dl_iterate_phdr(note_header, &expected);
    elf_visit(note, &seen);
    ck_assert_uint_gt(seen.count, 3);
    ck_assert_uint_eq(seen.count, expected.count);
    for (unsigned i = 0; i < seen.count; i++) {
        ck_assert_uint_eq(seen.base[i], expected.base[i]);
        ck_assert_ptr_eq(seen.dynamic[i], expected.dynamic[i]);
    }
    ck_assert_ptr_eq(seen.dynamic[0], _DYNAMIC);
}
END_TEST

START_TEST(a_visit_ends_when_it_is_told_to)
{
    struct objects seen = {.stop_after = 2};
    elf_visit(note, &seen);
    ck_assert_uint_eq(seen.count, 2);
}
END_TEST

START_TEST(the_hashes_are_those_of_the_names)
{
    ck_assert_uint_eq(ELF_HASH_DLSYM, gnu_hash("dlsym"));
    ck_assert_uint_eq(ELF_HASH_DLVSYM, gnu_hash("dlvsym"));
    ck_assert_uint_eq(ELF_HASH_CURL_EASY_INIT, gnu_hash("curl_easy_init"));
    ck_assert_uint_eq(ELF_HASH_R_DEBUG, gnu_hash("_r_debug"));
    ck_assert_uint_eq(ELF_HASH_SINGLE_THREADED, gnu_hash("__libc_single_threaded"));
}
END_TEST

/* Each of one version, and none whose address is chosen when it is bound. */
static const char *const functions[] = {"qsort",  "setenv",  "opendir",
                                        "getpid", "strtoul", "tsearch"};

START_TEST(what_an_object_defines_is_found)
{
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    struct link_map *map = NULL;
    ck_assert_ptr_nonnull(libc);
    ck_assert_int_eq(dlinfo(libc, RTLD_DI_LINKMAP, &map), 0);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        const char *name = functions[i];
        uint32_t hash = gnu_hash(name);
        ck_assert(elf_may_define(elf_gnu_hash(map->l_addr, map->l_ld), hash));
        ck_assert_ptr_eq(elf_find_in(map->l_addr, map->l_ld, name, hash), dlsym(libc, name));
    }
    dlclose(libc);
}
END_TEST

START_TEST(what_it_does_not_define_is_not_found)
{
    static const char *const absent[] = {"curl_easy_init", "qsort_", "no_such_name", "", "qsor"};
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    struct link_map *map = NULL;
    ck_assert_int_eq(dlinfo(libc, RTLD_DI_LINKMAP, &map), 0);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        ck_assert_ptr_null(elf_find_in(map->l_addr, map->l_ld, absent[i], gnu_hash(absent[i])));
    /* Taken from elsewhere, and so in the symbol table without being defined. */
    ck_assert_ptr_null(
        elf_find_in(map->l_addr, map->l_ld, "__tls_get_addr", gnu_hash("__tls_get_addr")));
    dlclose(libc);
}
END_TEST

START_TEST(an_object_without_tables_defines_nothing)
{
    static const ElfW(Dyn) empty[] = {{.d_tag = DT_NULL}};
    static const ElfW(Dyn) tableless[] = {{.d_tag = DT_STRSZ, .d_un.d_val = 1}, {.d_tag = DT_NULL}};
    ck_assert_ptr_null(elf_find_in(0, NULL, "qsort", gnu_hash("qsort")));
    ck_assert_ptr_null(elf_find_in(0, empty, "qsort", gnu_hash("qsort")));
    ck_assert_ptr_null(elf_find_in(0, tableless, "qsort", gnu_hash("qsort")));
    ck_assert(!elf_may_define(NULL, gnu_hash("qsort")));
    ck_assert_uint_eq(elf_value(tableless, DT_STRSZ), 1);
    ck_assert_uint_eq(elf_value(tableless, DT_GNU_HASH), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("elf_find");
    TCase *tests = tcase_create("elf_find");
    tcase_add_test(tests, a_visit_shows_what_the_loader_shows);
    tcase_add_test(tests, a_visit_ends_when_it_is_told_to);
    tcase_add_test(tests, the_hashes_are_those_of_the_names);
    tcase_add_test(tests, what_an_object_defines_is_found);
    tcase_add_test(tests, what_it_does_not_define_is_not_found);
    tcase_add_test(tests, an_object_without_tables_defines_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
