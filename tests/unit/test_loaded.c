/* What late binding looks at: lists of objects as the loader might keep them. */
#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include <check.h>

#include "preload/loader/late_libc.h"
#include "preload/loader/loaded.h"
#include "preload/loader/needs.h"
#include "support/gnu_hash.h"
#include "support/suite.h"

enum { ENTRIES = 16, MAX_OBJECTS = 8 };

/* An object that defines one name, and needs one. */
struct object {
    struct link_map map;
    ElfW(Dyn) dynamic[ENTRIES];
    char strings[64];
    ElfW(Sym) symbols[2];
    struct {
        uint32_t nbuckets, first, nfilter, shift;
        ElfW(Addr) filter;
        uint32_t bucket, chain;
    } table;
};

static struct object objects[MAX_OBJECTS] __attribute__((aligned(4096)));
static unsigned count;
static char alone;

static void set_up(void)
{
    alone = 1;
    late_flag = &alone;
    late_next_dlsym = dlsym;
    loaded_begin_behind(&objects[0].map);
}

static void define(struct object *object, const char *name)
{
    strcpy(object->strings + 32, name);
    object->symbols[1] =
        (ElfW(Sym)){.st_name = 32, .st_shndx = 1, .st_value = (uintptr_t)object->strings};
    object->table.nbuckets = object->table.first = object->table.nfilter = 1;
    object->table.filter = (ElfW(Addr)) - 1;
    object->table.bucket = 1;
    object->table.chain = gnu_hash(name) | 1;
}

static void put(ElfW(Dyn) * *entry, intptr_t tag, uintptr_t value)
{
    (*entry)->d_tag = tag;
    (*entry)++->d_un.d_val = value;
}

/* At the list's end, as the loader puts it; the first is the program. */
static void append(struct link_map *map)
{
    struct link_map *end = &objects[0].map;
    while (end->l_next != NULL)
        end = end->l_next;
    if (end == map)
        return;
    end->l_next = map;
    map->l_prev = end;
}

static void unload(struct link_map *map)
{
    map->l_prev->l_next = map->l_next;
    if (map->l_next != NULL)
        map->l_next->l_prev = map->l_prev;
    map->l_next = NULL;
}

static struct link_map *load(const char *defines, const char *needs)
{
    struct object *object = &objects[count];
    ElfW(Dyn) *entry = object->dynamic;
    ck_assert_uint_lt(count, MAX_OBJECTS);
    strcpy(object->strings + 1, needs);
    define(object, defines);
    put(&entry, DT_NEEDED, 1);
    put(&entry, DT_GNU_HASH, (uintptr_t)&object->table);
    put(&entry, DT_STRTAB, (uintptr_t)object->strings);
    put(&entry, DT_SYMTAB, (uintptr_t)object->symbols);
    object->map.l_ld = object->dynamic;
    append(&object->map);
    count++;
    return &object->map;
}

static struct link_map *load_plain(void)
{
    return load("something", "libc.so.6");
}

static struct link_map *load_libcurl(void)
{
    return load("curl_easy_init", "libc.so.6");
}

/* As dlsym asks: not about what is known. */
static bool concerns_us(const struct link_map *map)
{
    return !loaded_is_known(map) && needs_us(map);
}

START_TEST(without_a_libcurl_nothing_concerns_us)
{
    struct link_map *program = load_plain(), *plugin = load_plain(), *brought = load_plain();
    ck_assert(!concerns_us(plugin));
    ck_assert(loaded_is_known(plugin));
    ck_assert(!loaded_is_known(brought)); /* nobody asked about it */
    ck_assert(!concerns_us(program));
}
END_TEST

START_TEST(a_plugin_concerns_us_that_brought_its_libcurl)
{
    load_plain();
    struct link_map *plugin = load("something", "libcurl.so.4");
    load_libcurl();
    ck_assert(concerns_us(plugin));
    ck_assert(concerns_us(plugin)); /* it is never known: it may be unloaded */
}
END_TEST

START_TEST(a_plugin_concerns_us_whose_libcurl_nobody_asked_about)
{
    struct link_map *first = load_plain();
    ck_assert(!concerns_us(first));
    load_libcurl();
    load_plain();
    struct link_map *plugin = load("something", "libcurl-gnutls.so.4");
    ck_assert(concerns_us(plugin));
}
END_TEST

START_TEST(a_plugin_concerns_us_though_a_later_one_was_asked_about_first)
{
    load_plain();
    struct link_map *plugin = load("something", "/opt/lib/libcurl.so.4");
    load_libcurl();
    struct link_map *later = load_plain();
    ck_assert(!concerns_us(later));
    ck_assert(concerns_us(plugin));
}
END_TEST

START_TEST(a_plugin_concerns_us_that_brought_a_user_of_libcurl)
{
    load_plain();
    load_libcurl();
    struct link_map *plugin = load("something", "libuser.so");
    load("something", "libcurl.so.4");
    ck_assert(concerns_us(plugin));
}
END_TEST

START_TEST(an_object_beside_a_libcurl_is_none_of_ours)
{
    load_plain();
    struct link_map *libcurl = load_libcurl(), *plugin = load_plain();
    ck_assert(!concerns_us(plugin));
    ck_assert(loaded_is_known(plugin));
    ck_assert(!concerns_us(libcurl));
    ck_assert(concerns_us(load("something", "libcurl.so.4")));
}
END_TEST

START_TEST(what_was_known_before_the_first_libcurl_is_looked_at_again)
{
    load_plain();
    struct link_map *plugin = load("something", "libcurl.so.4");
    ck_assert(!concerns_us(plugin)); /* and could not have been loaded */
    ck_assert(loaded_is_known(plugin));
    load_libcurl();
    ck_assert(!concerns_us(load_plain()));
    ck_assert(!loaded_is_known(plugin));
    ck_assert(concerns_us(plugin));
}
END_TEST

START_TEST(an_object_without_a_hash_table_may_be_a_libcurl)
{
    load_plain();
    struct link_map *plugin = load("something", "libcurl.so.4");
    load_libcurl();
    objects[2].dynamic[1].d_tag = DT_HASH;
    ck_assert(concerns_us(plugin));
}
END_TEST

START_TEST(the_kernels_own_object_is_no_libcurl)
{
    static char name[] = "linux-vdso.so.1";
    load_plain();
    struct link_map *plugin = load("something", "libcurl.so.4");
    load_plain()->l_name = name;
    objects[2].dynamic[1].d_tag = DT_HASH;
    ck_assert(!concerns_us(plugin));
}
END_TEST

START_TEST(another_object_in_a_known_ones_place_is_not_known)
{
    load_plain();
    struct link_map *plugin = load_plain();
    ck_assert(!concerns_us(plugin));
    plugin->l_ld++;
    ck_assert(!loaded_is_known(plugin));
}
END_TEST

/* Before libcurl is used there is no lock under which its neighbours may be read. */
START_TEST(with_several_threads_the_plugin_alone_decides)
{
    alone = 0;
    load_plain();
    struct link_map *plugin = load("something", "libuser.so");
    load("something", "libcurl.so.4");
    ck_assert(!concerns_us(plugin));
    ck_assert(concerns_us(&objects[2].map)); /* though no libcurl was seen */
}
END_TEST

START_TEST(what_was_there_at_the_start_counts)
{
    struct link_map *libcurl = load_libcurl();
    ck_assert(loaded_look_at(libcurl, elf_gnu_hash(libcurl->l_addr, libcurl->l_ld)));
    ck_assert(concerns_us(load("something", "libcurl.so.4")));
}
END_TEST

START_TEST(what_was_looked_at_is_not_looked_at_again)
{
    load_plain();
    load_plain();
    ck_assert(!concerns_us(load_plain()));
    define(&objects[1], "curl_easy_init"); /* no object changes so: it shows that nobody looks */
    ck_assert(!concerns_us(load("something", "libcurl.so.4")));
}
END_TEST

/* The same addresses, but behind a libcurl that nobody asked about. */
START_TEST(an_object_that_came_back_hides_nothing)
{
    load_plain();
    struct link_map *first = load_plain(), *second = load_plain();
    ck_assert(!concerns_us(first));
    unload(second);
    unload(first);
    load_libcurl();
    append(first);
    append(second);
    ck_assert(concerns_us(load("something", "libcurl.so.4")));
}
END_TEST

START_TEST(an_object_that_came_back_in_front_hides_nothing)
{
    load_plain();
    struct link_map *plain = load_plain(), *brought = load_plain();
    ck_assert(!concerns_us(plain));
    unload(brought);
    unload(plain);
    struct link_map *plugin = load("something", "libcurl.so.4");
    append(brought);
    load_libcurl();
    ck_assert(concerns_us(plugin));
}
END_TEST

START_TEST(objects_that_changed_places_are_looked_at)
{
    load_plain();
    struct link_map *first = load_plain(), *second = load_plain();
    ElfW(Dyn) *dynamic = first->l_ld;
    ck_assert(!concerns_us(first));
    unload(first);
    unload(second);
    first->l_ld = second->l_ld;
    second->l_ld = dynamic;
    define(&objects[1], "curl_easy_init");
    append(first);
    append(second);
    ck_assert(concerns_us(load("something", "libcurl.so.4")));
}
END_TEST

/* A known one among what a plugin brought does not end the look. */
START_TEST(what_stands_behind_a_known_object_is_looked_at)
{
    load_plain();
    load_libcurl();
    struct link_map *known = load_plain();
    ck_assert(!concerns_us(known));
    unload(known);
    struct link_map *plugin = load("something", "libuser.so");
    append(known);
    load("something", "libcurl.so.4");
    ck_assert(loaded_is_known(known));
    ck_assert(concerns_us(plugin));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("loaded");
    TCase *tests = tcase_create("loaded");
    tcase_add_checked_fixture(tests, set_up, NULL);
    tcase_add_test(tests, without_a_libcurl_nothing_concerns_us);
    tcase_add_test(tests, a_plugin_concerns_us_that_brought_its_libcurl);
    tcase_add_test(tests, a_plugin_concerns_us_whose_libcurl_nobody_asked_about);
    tcase_add_test(tests, a_plugin_concerns_us_though_a_later_one_was_asked_about_first);
    tcase_add_test(tests, a_plugin_concerns_us_that_brought_a_user_of_libcurl);
    tcase_add_test(tests, an_object_beside_a_libcurl_is_none_of_ours);
    tcase_add_test(tests, what_was_known_before_the_first_libcurl_is_looked_at_again);
    tcase_add_test(tests, an_object_without_a_hash_table_may_be_a_libcurl);
    tcase_add_test(tests, the_kernels_own_object_is_no_libcurl);
    tcase_add_test(tests, another_object_in_a_known_ones_place_is_not_known);
    tcase_add_test(tests, with_several_threads_the_plugin_alone_decides);
    tcase_add_test(tests, what_was_there_at_the_start_counts);
    tcase_add_test(tests, what_was_looked_at_is_not_looked_at_again);
    tcase_add_test(tests, an_object_that_came_back_hides_nothing);
    tcase_add_test(tests, an_object_that_came_back_in_front_hides_nothing);
    tcase_add_test(tests, objects_that_changed_places_are_looked_at);
    tcase_add_test(tests, what_stands_behind_a_known_object_is_looked_at);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
