/* The dynamic tables of loaded objects: read by ourselves, they say what
 * the dynamic loader says. */
#include <dlfcn.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <check.h>

#include "preload/loader/elf_find.h"
#include "preload/loader/elf_hash.h"
#include "support/gnu_hash.h"
#include "support/suite.h"

enum { MAX_OBJECTS = 64 };

struct objects {
    unsigned count;
    uintptr_t base[MAX_OBJECTS];
    const ElfW(Dyn) * dynamic[MAX_OBJECTS];
};

static int note(struct dl_phdr_info *info, size_t size, void *data)
{
    struct objects *objects = data;
    (void)size;
    ck_assert_uint_lt(objects->count, MAX_OBJECTS);
    objects->base[objects->count] = info->dlpi_addr;
    objects->dynamic[objects->count++] = elf_dynamic(info);
    return 0;
}

START_TEST(the_list_is_the_loaders)
{
    struct objects expected = {0};
    unsigned seen = 0;
    dl_iterate_phdr(note, &expected);
    for (const struct link_map *map = elf_loaded(); map != NULL; map = map->l_next, seen++) {
        ck_assert_uint_lt(seen, expected.count);
        ck_assert_uint_eq(map->l_addr, expected.base[seen]);
        ck_assert_ptr_eq(map->l_ld, expected.dynamic[seen]);
    }
    ck_assert_uint_gt(seen, 3);
    ck_assert_uint_eq(seen, expected.count);
    ck_assert_ptr_eq(elf_loaded()->l_ld, _DYNAMIC);
}
END_TEST

/* Wherever the linker put it, the quick way finds what the slow one does. */
START_TEST(the_hash_table_of_every_object_is_found)
{
    unsigned tables = 0;
    for (const struct link_map *map = elf_loaded(); map != NULL; map = map->l_next) {
        const ElfW(Dyn) *entry = elf_hash_entry_slow(map->l_ld);
        ck_assert_ptr_eq(elf_hash_entry(map->l_ld), entry);
        tables += entry != NULL;
    }
    ck_assert_uint_gt(tables, 3);
}
END_TEST

enum { ENTRIES = 16 };

/* A section whose first `needed` entries name objects, with the table's as entry `at`. */
static void lay_out(ElfW(Dyn) * section, unsigned needed, bool named, unsigned at)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        section[i].d_tag = i < needed ? DT_NEEDED : i < at ? DT_INIT : DT_NULL;
    if (named)
        section[needed].d_tag = DT_SONAME;
    section[at].d_tag = DT_GNU_HASH;
}

START_TEST(the_hash_table_is_found_wherever_it_stands)
{
    static ElfW(Dyn) section[ENTRIES] __attribute__((aligned(4096)));
    for (unsigned at = 4; at < ENTRIES - 1; at++)
        for (unsigned needed = 0; needed < 4; needed++) {
            lay_out(section, needed, at % 2 != 0, at);
            ck_assert_ptr_eq(elf_hash_entry(section), section + at);
            section[at].d_tag = DT_HASH;
            ck_assert_ptr_null(elf_hash_entry(section));
        }
}
END_TEST

/* A short section at the end of a page: what lies behind it is not read. */
START_TEST(the_page_behind_a_section_is_not_read)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(pages, MAP_FAILED);
    ck_assert_int_eq(mprotect(pages + page, page, PROT_NONE), 0);
    for (unsigned entries = 2; entries < ENTRIES; entries++) {
        ElfW(Dyn) *section = (ElfW(Dyn) *)(void *)(pages + page) - entries;
        memset(section, 0, entries * sizeof *section);
        ck_assert_ptr_null(elf_hash_entry(section));
        section[0].d_tag = DT_GNU_HASH;
        ck_assert_ptr_eq(elf_hash_entry(section), section);
    }
    munmap(pages, 2 * page);
}
END_TEST

START_TEST(the_hashes_are_those_of_the_names)
{
    ck_assert_uint_eq(ELF_HASH_DLSYM, gnu_hash("dlsym"));
    ck_assert_uint_eq(ELF_HASH_DLVSYM, gnu_hash("dlvsym"));
    ck_assert_uint_eq(ELF_HASH_CURL_EASY_INIT, gnu_hash("curl_easy_init"));
    ck_assert_uint_eq(ELF_HASH_R_DEBUG, gnu_hash("_r_debug"));
    ck_assert_uint_eq(ELF_HASH_DL_DEBUG_ADDR, gnu_hash("_dl_debug_addr"));
    ck_assert_uint_eq(ELF_HASH_SINGLE_THREADED, gnu_hash("__libc_single_threaded"));
    static const char longest[] = "abcdefghijklmnopqrstuvwxyz_01234";
    static const struct elf_name reckoned[] = {ELF_NAME(""), ELF_NAME("x"),
                                               ELF_NAME("curl_multi_socket_action"),
                                               ELF_NAME("abcdefghijklmnopqrstuvwxyz_01234")};
    ck_assert_uint_eq(reckoned[0].hash, gnu_hash(""));
    ck_assert_uint_eq(reckoned[1].hash, gnu_hash("x"));
    ck_assert_uint_eq(reckoned[2].hash, gnu_hash("curl_multi_socket_action"));
    ck_assert_uint_eq(reckoned[3].hash, gnu_hash(longest));
    ck_assert_uint_eq(reckoned[3].size, sizeof longest);
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
    static const ElfW(Dyn) empty[ENTRIES] = {{.d_tag = DT_NULL}};
    static const ElfW(Dyn) tableless[ENTRIES] = {{.d_tag = DT_STRSZ, .d_un.d_val = 1}};
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
    tcase_add_test(tests, the_list_is_the_loaders);
    tcase_add_test(tests, the_hash_table_of_every_object_is_found);
    tcase_add_test(tests, the_hash_table_is_found_wherever_it_stands);
    tcase_add_test(tests, the_page_behind_a_section_is_not_read);
    tcase_add_test(tests, the_hashes_are_those_of_the_names);
    tcase_add_test(tests, what_an_object_defines_is_found);
    tcase_add_test(tests, what_it_does_not_define_is_not_found);
    tcase_add_test(tests, an_object_without_tables_defines_nothing);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
