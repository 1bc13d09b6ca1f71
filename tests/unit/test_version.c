/* A libcurl's version is read out of its data, and only where there is no doubt. */
#include <dlfcn.h>
#include <elf.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include <check.h>
#include <curl/curl.h>

#include "preload/libcurl/version.h"
#include "preload/loader/object.h"
#include "support/suite.h"

static const char *const names[] = {"libcurl.so.4", "libcurl-gnutls.so.4"};

static unsigned version_at(const void *address)
{
    struct elf_extent mapping;
    struct link_map *map;
    Dl_info info;
    ck_assert(object_mapping(address, &mapping));
    ck_assert_int_ne(dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP), 0);
    return libcurl_version(&mapping, map->l_addr);
}

START_TEST(it_is_what_libcurl_says_when_it_is_asked)
{
    curl_version_info_data *(*ask)(CURLversion);
    void *library = dlopen(names[_i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        printf("SKIP it_is_what_libcurl_says_when_it_is_asked: %s is not installed\n", names[_i]);
        return;
    }
    *(void **)&ask = dlsym(library, "curl_version_info");
    ck_assert_ptr_nonnull(ask);
    unsigned before = version_at((void *)(uintptr_t)ask);
    ck_assert_uint_eq(before, ask(CURLVERSION_NOW)->version_num);
    ck_assert_uint_eq(version_at((void *)(uintptr_t)ask), before);
}
END_TEST

START_TEST(another_library_has_none)
{
    ck_assert_uint_eq(version_at((void *)(uintptr_t)getauxval), 0);
    ck_assert_uint_eq(version_at((void *)(uintptr_t)suite_create), 0);
}
END_TEST

/* ---- objects made up ------------------------------------------------------------------------- */

enum { PAGE = 4096, PAGES = 20, TEXT, RELRO, DATA, SEGMENTS };

static struct object {
    union {
        struct {
            ElfW(Ehdr) header;
            ElfW(Phdr) segments[SEGMENTS + 1];
        };
        unsigned char page[PAGE];
    };
    char text[PAGE];
    unsigned char data[PAGES * PAGE];
} object __attribute__((aligned(PAGE)));

static void segment(unsigned number, uint32_t type, uint32_t flags, const void *start, size_t size)
{
    object.segments[number] = (ElfW(Phdr)){.p_type = type,
                                           .p_flags = flags,
                                           .p_vaddr = (uintptr_t)start - (uintptr_t)&object,
                                           .p_filesz = size,
                                           .p_memsz = size};
}

/* With two pages of data, the first of which is the loader's. */
static void make_object(void)
{
    memset(&object, 0, sizeof object);
    memcpy(object.header.e_ident, ELFMAG, SELFMAG);
    object.header.e_phoff = offsetof(struct object, segments);
    object.header.e_phentsize = sizeof(ElfW(Phdr));
    object.header.e_phnum = SEGMENTS + 1;
    segment(TEXT, PT_LOAD, PF_R, &object, 2 * PAGE);
    segment(RELRO, PT_GNU_RELRO, PF_R, object.data, PAGE);
    segment(DATA, PT_LOAD, PF_R | PF_W, object.data, 2 * PAGE);
    strcpy(object.text, "8.23.0-DEV");
}

static curl_version_info_data *info_at(size_t offset, unsigned number)
{
    curl_version_info_data *info = (void *)(object.data + offset);
    memset(info, 0, sizeof *info);
    info->age = CURLVERSION_NOW;
    info->version = object.text;
    info->version_num = number;
    return info;
}

static unsigned found(void)
{
    const struct elf_extent mapping = {(uintptr_t)&object, (uintptr_t)(&object + 1)};
    return libcurl_version(&mapping, (uintptr_t)&object);
}

START_TEST(it_is_found_wherever_it_is)
{
    make_object();
    ck_assert_uint_eq(found(), 0);
    info_at(PAGE + 24, 0x081700);
    ck_assert_uint_eq(found(), 0x081700);
    /* At the very end, as much as is looked at. */
    make_object();
    size_t seen = offsetof(curl_version_info_data, host);
    info_at(2 * PAGE - seen, 0x081700);
    ck_assert_uint_eq(found(), 0x081700);
    segment(DATA, PT_LOAD, PF_R | PF_W, object.data, 2 * PAGE - 1);
    ck_assert_uint_eq(found(), 0);
}
END_TEST

/* A text elsewhere is not even read: here it would be nobody's memory. */
START_TEST(what_only_looks_like_it_is_not_taken)
{
    make_object();
    info_at(0, 0x081700); /* where libcurl cannot write */
    ck_assert_uint_eq(found(), 0);
    info_at(PAGE, 0x081701);
    ck_assert_uint_eq(found(), 0);
    info_at(PAGE, 0x081700)->version = (const char *)16;
    ck_assert_uint_eq(found(), 0);
    info_at(PAGE, 0x081700)->version = (const char *)(&object + 1);
    ck_assert_uint_eq(found(), 0);
    info_at(PAGE, 0x081700)->age = (CURLversion)77;
    ck_assert_uint_eq(found(), 0);
    static const char *const texts[] = {"8.23", "8.23.", "8.23.1", "8..0", "8.23x0", "8.279.0", ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        strcpy(object.text, texts[i]);
        info_at(PAGE, 0x081700);
        ck_assert_msg(found() == 0, "%s", texts[i]);
    }
}
END_TEST

START_TEST(an_object_of_another_make_is_not_searched)
{
    make_object();
    info_at(PAGE, 0x081700);
    segment(DATA, PT_LOAD, PF_R | PF_W, object.data, sizeof object.data); /* a program's own */
    ck_assert_uint_eq(found(), 0);
    make_object();
    info_at(PAGE, 0x081700);
    object.header.e_ident[1]++;
    ck_assert_uint_eq(found(), 0);
    make_object();
    info_at(PAGE, 0x081700);
    object.header.e_phoff = PAGE - sizeof(ElfW(Phdr));
    ck_assert_uint_eq(found(), 0);
    object.header.e_phoff = (ElfW(Off)) - 1;
    ck_assert_uint_eq(found(), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("version");
    TCase *tests = tcase_create("version");
    tcase_add_loop_test(tests, it_is_what_libcurl_says_when_it_is_asked, 0, 2);
    tcase_add_test(tests, another_library_has_none);
    tcase_add_test(tests, it_is_found_wherever_it_is);
    tcase_add_test(tests, what_only_looks_like_it_is_not_taken);
    tcase_add_test(tests, an_object_of_another_make_is_not_searched);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
