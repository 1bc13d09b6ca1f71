/*
 * What of an object that was bound past us is led to us.
 *
 * This program links the OpenSSL flavour, and its functions stand for ours: the library's own
 * entries are not linked here. The object is a plugin with the GnuTLS flavour.
 */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <check.h>

#include "preload/binding/own_names.h"
#include "preload/binding/repoint.h"
#include "preload/libcurl/provider.h"
#include "preload/loader/elf_relocation.h"
#include "preload/loader/late_libc.h"
#include "support/command.h"
#include "support/suite.h"

struct object {
    void *handle;
    struct link_map *map;
    struct repoint_place place;
};

static int measure(struct dl_phdr_info *info, size_t size, void *data)
{
    struct object *object = data;
    (void)size;
    if (info->dlpi_addr == object->map->l_addr)
        repoint_measure(&object->place, info);
    return 0;
}

/* False where the flavour is not installed. */
static bool load(struct object *object, const char *name, const char *test)
{
    char program[64], file[PATH_MAX];
    snprintf(program, sizeof program, "tests/programs/%s", name);
    built(file, program);
    *object = (struct object){.handle = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND)};
    if (object->handle == NULL) {
        printf("SKIP %s: %s\n", test, dlerror());
        fflush(stdout);
        return false;
    }
    ck_assert_int_eq(dlinfo(object->handle, RTLD_DI_LINKMAP, &object->map), 0);
    dl_iterate_phdr(measure, object);
    ck_assert(late_libc_bind());
    return true;
}

static uintptr_t *slot_in(const struct link_map *map, const char *name, intptr_t table,
                          intptr_t size)
{
    const elf_relocation *entry = elf_pointer(map->l_addr, elf_value(map->l_ld, table));
    const ElfW(Sym) *symbols = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_SYMTAB));
    const char *strings = elf_pointer(map->l_addr, elf_value(map->l_ld, DT_STRTAB));
    for (size_t left = elf_value(map->l_ld, size) / sizeof *entry; left > 0; left--, entry++)
        if (strcmp(strings + symbols[elf_relocation_symbol(entry)].st_name, name) == 0)
            return (uintptr_t *)(map->l_addr + entry->r_offset);
    return NULL;
}

/* The slot through which the object calls the function. */
static uintptr_t *slot_of(const struct object *object, const char *name)
{
    uintptr_t *slot = slot_in(object->map, name, DT_JMPREL, DT_PLTRELSZ);
    if (slot == NULL)
        slot = slot_in(object->map, name, REL_TABLE, REL_SIZE);
    ck_assert_msg(slot != NULL, "the plugin does not call %s", name);
    return slot;
}

static const struct provider *gnutls_provider(const struct object *object)
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
    struct object object;
    if (!load(&object, "plugin-gnutls.so", "its_calls_of_libcurl_are_led_to_us"))
        return;
    const struct provider *provider = gnutls_provider(&object);
    uintptr_t *perform = slot_of(&object, "curl_easy_perform");
    uintptr_t *other = slot_of(&object, "curl_version");
    uintptr_t version = *other;
    char before[5], after[5];
    protection(perform, before);
    ck_assert_ptr_ne((void *)*perform, own_function(OWN_curl_easy_perform));
    repoint(&(struct repoint){.place = &object.place, .map = object.map, .provider = provider});
    ck_assert_ptr_eq((void *)*perform, own_function(OWN_curl_easy_perform));
    ck_assert_ptr_eq((void *)*slot_of(&object, "curl_easy_setopt"),
                     own_function(OWN_curl_easy_setopt));
    /* A handle is made by an entry that knows this libcurl. */
    ck_assert_ptr_eq((void *)*slot_of(&object, "curl_easy_init"),
                     own_entry(OWN_curl_easy_init, provider));
    ck_assert_uint_eq(*other, version);
    protection(perform, after);
    ck_assert_str_eq(after, before);
}
END_TEST

START_TEST(what_somebody_else_put_there_stays)
{
    struct object object;
    if (!load(&object, "plugin-gnutls.so", "what_somebody_else_put_there_stays"))
        return;
    uintptr_t *perform = slot_of(&object, "curl_easy_perform");
    uintptr_t somebody = (uintptr_t)&strlen;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    ck_assert_int_eq(
        mprotect((void *)((uintptr_t)perform & ~(page - 1)), page, PROT_READ | PROT_WRITE), 0);
    *perform = somebody;
    repoint(&(struct repoint){
        .place = &object.place, .map = object.map, .provider = gnutls_provider(&object)});
    ck_assert_uint_eq(*perform, somebody);
    ck_assert_ptr_eq((void *)*slot_of(&object, "curl_easy_cleanup"),
                     own_function(OWN_curl_easy_cleanup));
}
END_TEST

START_TEST(without_a_libcurl_its_calls_of_one_are_left_alone)
{
    struct object object;
    if (!load(&object, "plugin-gnutls.so", "without_a_libcurl_its_calls_of_one_are_left_alone"))
        return;
    uintptr_t perform = *slot_of(&object, "curl_easy_perform");
    repoint(&(struct repoint){.place = &object.place, .map = object.map});
    ck_assert_uint_eq(*slot_of(&object, "curl_easy_perform"), perform);
}
END_TEST

START_TEST(an_object_that_asks_for_dlsym_is_known)
{
    struct object object;
    if (!load(&object, "late-plugin.so", "an_object_that_asks_for_dlsym_is_known"))
        return;
    ck_assert(repoint_imports_dlsym(object.map));
    if (!load(&object, "plugin-gnutls.so", "an_object_that_asks_for_dlsym_is_known"))
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
