/* What the built library shows to the dynamic loader, read from its ELF file (elf(5)). */
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/command.h"
#include "support/other_libc.h"
#include "support/suite.h"

static const char *const exports[] = {
    "curl_easy_cleanup",
    "curl_easy_duphandle",
    "curl_easy_init",
    "curl_easy_perform",
    "curl_easy_reset",
    "curl_easy_setopt",
    "curl_multi_add_handle",
    "curl_multi_cleanup",
    "curl_multi_info_read",
    "curl_multi_init",
    "curl_multi_perform",
    "curl_multi_remove_handle",
    "curl_multi_setopt",
    "curl_multi_socket",
    "curl_multi_socket_action",
    "curl_multi_socket_all",
    "dlsym",
    "dlvsym",
};
enum { NEXPORTS = sizeof exports / sizeof exports[0] };

static const char *image; /* the file, mapped */
static size_t image_size;
static const ElfW(Shdr) * symbols, *dynamic;

static const void *at(size_t offset)
{
    ck_assert_uint_lt(offset, image_size);
    return image + offset;
}

static const ElfW(Shdr) * section(ElfW(Word) type)
{
    const ElfW(Ehdr) *header = at(0);
    const ElfW(Shdr) *sections = at(header->e_shoff);
    for (unsigned i = 0; i < header->e_shnum; i++)
        if (sections[i].sh_type == type)
            return &sections[i];
    return NULL;
}

/* The text at `offset` of the string table that belongs to a section. */
static const char *string_of(const ElfW(Shdr) * of, size_t offset)
{
    const ElfW(Ehdr) *header = at(0);
    const ElfW(Shdr) *sections = at(header->e_shoff);
    return at(sections[of->sh_link].sh_offset + offset);
}

static void open_object(const char *name)
{
    char path[PATH_MAX];
    struct stat file;
    built(path, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(fstat(fd, &file), 0);
    image_size = (size_t)file.st_size;
    image = mmap(NULL, image_size, PROT_READ, MAP_PRIVATE, fd, 0);
    ck_assert_ptr_ne(image, MAP_FAILED);
    close(fd);
    ck_assert_int_eq(memcmp(image, ELFMAG, SELFMAG), 0);
    symbols = section(SHT_DYNSYM);
    dynamic = section(SHT_DYNAMIC);
    ck_assert(symbols != NULL && dynamic != NULL);
}

static void setup(void)
{
    open_object("libcommissioned-auth.so");
}

static void set_up_module(void)
{
    open_object("commissioned-auth-policy.so");
}

static void teardown(void)
{
    munmap((void *)(uintptr_t)image, image_size);
}

static const ElfW(Sym) * symbol(size_t i)
{
    return (const ElfW(Sym) *)at(symbols->sh_offset) + i;
}

static size_t count_of_symbols(void)
{
    return symbols->sh_size / sizeof(ElfW(Sym));
}

static bool is_export(const char *name)
{
    for (size_t i = 0; i < NEXPORTS; i++)
        if (strcmp(name, exports[i]) == 0)
            return true;
    return false;
}

/* A sanitised build imports its run-time; the rule is for the build that is installed. */
static bool skipped_for_sanitizer(const char *test)
{
    for (size_t i = 1; i < count_of_symbols(); i++) {
        const char *name = string_of(symbols, symbol(i)->st_name);
        if (strncmp(name, "__asan_", 7) != 0 && strncmp(name, "__ubsan_", 8) != 0 &&
            strncmp(name, "__tsan_", 7) != 0)
            continue;
        printf("SKIP %s: the library is built with a sanitizer\n", test);
        fflush(stdout);
        return true;
    }
    return false;
}

START_TEST(the_library_exports_what_the_map_lists_and_nothing_else)
{
    size_t found = 0;
    if (skipped_for_sanitizer("the_library_exports_what_the_map_lists_and_nothing_else"))
        return;
    for (size_t i = 1; i < count_of_symbols(); i++) {
        if (symbol(i)->st_shndx == SHN_UNDEF)
            continue;
        const char *name = string_of(symbols, symbol(i)->st_name);
        ck_assert_msg(is_export(name) && !(on_musl() && strcmp(name, "dlvsym") == 0), "%s", name);
        found++;
    }
    ck_assert_uint_eq(found, on_musl() ? NEXPORTS - 1 : NEXPORTS); /* musl has no dlvsym */
}
END_TEST

START_TEST(the_exports_carry_no_version)
{
    ck_assert_ptr_null(section(SHT_GNU_verdef));
}
END_TEST

START_TEST(the_library_imports_getauxval_alone)
{
    size_t found = 0;
    if (skipped_for_sanitizer("the_library_imports_getauxval_alone"))
        return;
    for (size_t i = 1; i < count_of_symbols(); i++) {
        if (symbol(i)->st_shndx != SHN_UNDEF)
            continue;
        ck_assert_str_eq(string_of(symbols, symbol(i)->st_name), "getauxval");
        found++;
    }
    ck_assert_uint_eq(found, 1);
}
END_TEST

START_TEST(the_library_needs_libc_alone_and_is_bound_at_once)
{
    size_t needed = 0;
    bool now = false;
    if (skipped_for_sanitizer("the_library_needs_libc_alone_and_is_bound_at_once"))
        return;
    const ElfW(Dyn) *entry = at(dynamic->sh_offset);
    for (; entry->d_tag != DT_NULL; entry++) {
        ck_assert_int_ne(entry->d_tag, DT_INIT);
        ck_assert_int_ne(entry->d_tag, DT_FINI);
        ck_assert_int_ne(entry->d_tag, DT_INIT_ARRAY);
        ck_assert_int_ne(entry->d_tag, DT_TEXTREL);
        ck_assert(on_musl() || entry->d_tag != DT_RPATH); /* to the libraries of the tests */
        ck_assert_int_ne(entry->d_tag, DT_RUNPATH);
        now = now || (entry->d_tag == DT_FLAGS_1 && (entry->d_un.d_val & DF_1_NOW));
        if (entry->d_tag != DT_NEEDED)
            continue;
        const char *name = string_of(dynamic, entry->d_un.d_val);
        ck_assert_msg(strncmp(name, "libc.", 5) == 0, "%s", name);
        needed++;
    }
    ck_assert_uint_eq(needed, 1);
    ck_assert(now);
}
END_TEST

START_TEST(neither_stack_nor_any_page_is_writable_and_executable)
{
    const ElfW(Ehdr) *header = at(0);
    const ElfW(Phdr) *parts = at(header->e_phoff);
    bool stack = false, relro = false;
    for (unsigned i = 0; i < header->e_phnum; i++) {
        ck_assert_uint_ne(parts[i].p_flags & (PF_W | PF_X), PF_W | PF_X);
        stack = stack || parts[i].p_type == PT_GNU_STACK;
        relro = relro || parts[i].p_type == PT_GNU_RELRO;
        ck_assert_uint_ne(parts[i].p_type, PT_TLS); /* its first use would call the loader */
    }
    ck_assert(stack && relro);
}
END_TEST

/*
 * What the policy module may call of the C library, which is the host program's too: nothing that
 * takes memory from the host's heap, has a stream, or keeps a state that the host would see. (fsync
 * is for libconfig 1.8 to write a file with, which nobody asks of it.)
 */
static const char *const harmless[] = {
    "_exit",          "access",         "clock_getres", "clock_gettime", "close",   "ctype_b_loc",
    "errno_location", "explicit_bzero", "faccessat",    "fnmatch",       "fstat",   "fsync",
    "fxstat",         "getauxval",      "getdents64",   "getegid",       "geteuid", "getgroups",
    "getpid",         "getrlimit",      "lstat",        "lxstat",        "madvise", "memchr",
    "memcmp",         "memcpy",         "memmove",      "memset",        "mlock",   "mmap",
    "mprotect",       "munmap",         "nanosleep",    "newlocale",     "open",    "pread",
    "read",           "readlink",       "realpath",     "secure_getenv", "sendto",  "snprintf",
    "socket",         "stack_chk_fail", "stat",         "statfs",        "statvfs", "stpcpy",
    "strcasecmp",     "strcat",         "strchr",       "strcmp",        "strcpy",  "strcspn",
    "strlen",         "strncasecmp",    "strncat",      "strncmp",       "strnlen", "strpbrk",
    "strrchr",        "strsep",         "strspn",       "strstr",        "strtod",  "strtok_r",
    "strtol",         "strtoll",        "strtoul",      "strtoull",      "syscall", "uselocale",
    "vsnprintf",      "xstat",
};

/* What headers make of names: __snprintf_chk, __isoc23_strtoul, stat64. */
static void plain_name(const char *name, char plain[64])
{
    name += strspn(name, "_") > 1 ? strspn(name, "_") : 0;
    if (strncmp(name, "isoc", 4) == 0 && strchr(name, '_') != NULL)
        name = strchr(name, '_') + 1;
    snprintf(plain, 64, "%s", name);
    size_t length = strlen(plain);
    if (length > 4 && strcmp(plain + length - 4, "_chk") == 0)
        plain[length - 4] = '\0';
    else if (length > 2 && strcmp(plain + length - 2, "64") == 0 &&
             strcmp(plain, "getdents64") != 0)
        plain[length - 2] = '\0';
}

static bool is_harmless(const char *name)
{
    char plain[64];
    plain_name(name, plain);
    for (size_t i = 0; i < sizeof harmless / sizeof harmless[0]; i++)
        if (strcmp(plain, harmless[i]) == 0)
            return true;
    return false;
}

static bool module_needs(const char *library)
{
    const ElfW(Dyn) *entry = at(dynamic->sh_offset);
    for (; entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == DT_NEEDED &&
            strncmp(string_of(dynamic, entry->d_un.d_val), library, strlen(library)) == 0)
            return true;
    return false;
}

START_TEST(the_module_calls_nothing_that_the_host_would_feel)
{
    const char *const test = "the_module_calls_nothing_that_the_host_would_feel";
    if (skipped_for_sanitizer(test))
        return;
    if (module_needs("libconfig")) {
        printf("SKIP %s: the module has a link namespace, for libconfig.a is not here\n", test);
        return;
    }
    for (size_t i = 1; i < count_of_symbols(); i++) {
        const char *name = string_of(symbols, symbol(i)->st_name);
        if (symbol(i)->st_shndx == SHN_UNDEF && ELF32_ST_BIND(symbol(i)->st_info) != STB_WEAK)
            ck_assert_msg(is_harmless(name), "%s", name);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("symbols");
    TCase *tests = tcase_create("symbols");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_library_exports_what_the_map_lists_and_nothing_else);
    tcase_add_test(tests, the_exports_carry_no_version);
    tcase_add_test(tests, the_library_imports_getauxval_alone);
    tcase_add_test(tests, the_library_needs_libc_alone_and_is_bound_at_once);
    tcase_add_test(tests, neither_stack_nor_any_page_is_writable_and_executable);
    suite_add_tcase(suite, tests);
    TCase *module = tcase_create("module");
    tcase_add_checked_fixture(module, set_up_module, teardown);
    tcase_add_test(module, the_module_calls_nothing_that_the_host_would_feel);
    suite_add_tcase(suite, module);
    return suite_run(suite);
}
