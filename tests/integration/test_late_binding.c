/*
 * Late binding: what dlsym and its kin answer is what they answered without us, but for libcurl's
 * names, and a libcurl that was found that way, or loaded past us, is served like any other.
 */
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "preload/loader/late_libc.h"
#include "support/command.h"
#include "support/other_libc.h"
#include "support/served.h"
#include "support/suite.h"

static struct outcome before;
static struct outcome after;

/* ---- nothing else changes -------------------------------------------------------------------- */

static void set_list(void *data)
{
    if (data != NULL)
        setenv("LD_PRELOAD", data, 1);
}

static void probe(struct outcome *outcome, char *preloads)
{
    char program[PATH_MAX];
    built(program, "tests/programs/late-probe");
    served_export("LATE_PLUGIN", "tests/programs/late-plugin.so");
    outcome_of(outcome, NULL, set_list, preloads, (const char *const[]){program, NULL});
}

static size_t first_difference(void)
{
    size_t i = 0;
    while (before.out[i] == after.out[i] && before.out[i] != '\0')
        i++;
    return i;
}

/* The lines about libcurl's own names. */
static void drop_libcurl(char *text)
{
    char *to = text;
    for (char *line = text; *line != '\0';) {
        char *end = line + strcspn(line, "\n");
        end += *end == '\n';
        if (strncmp(line, "libcurl:", 8) != 0) {
            memmove(to, line, (size_t)(end - line));
            to += end - line;
        }
        line = end;
    }
    *to = '\0';
}

static void compare(void)
{
    size_t at = first_difference();
    size_t from = at > 100 ? at - 100 : 0;
    ck_assert_msg(before.out[at] == '\0' && after.out[at] == '\0',
                  "at %zu:\n--- without\n%.200s\n--- with\n%.200s", at, before.out + from,
                  after.out + from);
    ck_assert_uint_gt(at, 4000); /* it said something */
    ck_assert_str_eq(before.err, after.err);
}

static void expect_same(char *alone, char *with_us)
{
    probe(&before, alone);
    if (before.status != 0) { /* glibc 2.31 ends it by a signal */
        printf("SKIP the loader's answers: without the library the probe ends with %d\n",
               before.status);
        return;
    }
    probe(&after, with_us);
    ck_assert_msg(after.status == 0, "exit %d: %.999s", after.status, after.err);
    compare();
}

START_TEST(the_loader_answers_as_it_did)
{
    char library[PATH_MAX];
    built(library, "libcommissioned-auth.so");
    expect_same(NULL, library);
}
END_TEST

START_TEST(the_loader_answers_as_it_did_behind_another_hook)
{
    char library[PATH_MAX], hook[PATH_MAX], both[2 * PATH_MAX + 2];
    built(library, "libcommissioned-auth.so");
    built(hook, "tests/programs/late-hook.so");
    snprintf(both, sizeof both, "%s:%s", hook, library);
    /* A hook finds the C library's own dlsym by dlvsym, past us: libcurl's names are not ours. */
    probe(&before, hook);
    probe(&after, both);
    drop_libcurl(before.out);
    drop_libcurl(after.out);
    compare();
}
END_TEST

static void expect_same_beside(const char *other, bool in_front)
{
    char library[PATH_MAX], hook[PATH_MAX], both[2 * PATH_MAX + 2];
    built(library, "libcommissioned-auth.so");
    built(hook, other);
    snprintf(both, sizeof both, "%s:%s", in_front ? library : hook, in_front ? hook : library);
    expect_same(hook, both);
}

START_TEST(the_loader_answers_as_it_did_in_front_of_another_hook)
{
    expect_same_beside("tests/programs/late-hook.so", true);
}
END_TEST

START_TEST(a_hook_of_the_loaders_list_that_asks_dlsym_is_no_harm)
{
    expect_same_beside("tests/programs/late-phdr-hook.so", true);
    expect_same_beside("tests/programs/late-phdr-hook.so", false);
}
END_TEST

/* Its references lead to us, and from us nowhere. */
START_TEST(without_any_libcurl_there_is_none_to_be_found)
{
    char library[PATH_MAX], program[PATH_MAX];
    built(library, "libcommissioned-auth.so");
    built(program, "tests/programs/weak");
    outcome_of(&before, NULL, set_list, NULL, (const char *const[]){program, NULL});
    ck_assert_str_eq(before.out, "a libcurl: 0\nby name: 0 0\nno reference\n");
    outcome_of(&after, NULL, set_list, library, (const char *const[]){program, NULL});
    ck_assert_msg(after.status == 0, "exit %d: %s", after.status, after.err);
    ck_assert_str_eq(after.out, "a libcurl: 0\nby name: 0 0\nhandles: 0 0 0\ncodes: 2 2\n");
}
END_TEST

/* ---- a libcurl found late is served ---------------------------------------------------------- */

#define OPENSSL      "tests/programs/late-openssl.so"
#define GNUTLS       "tests/programs/late-gnutls.so"
#define OPENSSL_LAZY "tests/programs/late-openssl-lazy.so"
#define GNUTLS_LAZY  "tests/programs/late-gnutls-lazy.so"
#define FRONT        "tests/programs/late-front-openssl.so"
#define FRONT_GNUTLS "tests/programs/late-front-gnutls.so"

struct late {
    const char *name;
    const char *program;
    const char *scenario;
    const char *libcurl; /* LATE_LIBCURL and LATE_SECOND */
    const char *second;
    const char *version;
    const char *plugin; /* LATE_PLUGIN and LATE_OTHER */
    const char *other;
    const char *flags;
    const char *backends; /* what it prints, where that matters */
    unsigned yes;
    unsigned no;
};

#define ASKING        "tests/programs/late-asking.so"
#define ASKING_LAZY   "tests/programs/late-asking-lazy.so"
#define ASKING_LINKED "tests/programs/late-asking-linked.so"

#define CLIENT        "tests/programs/late-client"
#define LINKED        "tests/programs/late-client-openssl"
#define LINKEDG       "tests/programs/late-client-gnutls"
#define SO_O          "libcurl.so.4"
#define SO_G          "libcurl-gnutls.so.4"
#define BUNDLED       "tests/programs/aside/libbundled.so"
#define ASIDE         "tests/programs/aside/liblate-aside.so"

static const struct late lates[] = {
    {"by handle, local", CLIENT, "handle-local", .libcurl = SO_O, .backends = "1\n1\n1\n", .yes = 2,
     .no = 1},
    {"by handle, local, GnuTLS", CLIENT, "handle-local", .libcurl = SO_G, .backends = "2\n2\n2\n",
     .yes = 2, .no = 1},
    {"by handle, global", CLIENT, "handle-global", .libcurl = SO_O, .yes = 2, .no = 1},
    {"by handle, deepbind", CLIENT, "handle-deepbind", .libcurl = SO_O, .yes = 2, .no = 1},
    {"by handle, bundled", CLIENT, "handle-local", .libcurl = BUNDLED, .yes = 2, .no = 1},
    {"by handle, beside a linked one", LINKED, "handle-local", .libcurl = SO_G,
     .backends = "1\n2\n2\n2\n", .yes = 3, .no = 1},
    {"by handle, bundled beside a linked one", LINKED, "handle-local", .libcurl = BUNDLED, .yes = 3,
     .no = 1},
    {"by handle and version", CLIENT, "versioned", .libcurl = SO_O, .version = "CURL_OPENSSL_4",
     .yes = 1, .no = 1},
    {"by handle and version, GnuTLS", CLIENT, "versioned", .libcurl = SO_G,
     .version = "CURL_GNUTLS_3", .yes = 1, .no = 1},
    {"by default", CLIENT, "default", .libcurl = SO_O, .yes = 1, .no = 1},
    {"made by default again and again", CLIENT, "made-by-default", .libcurl = SO_O, .second = SO_G},
    {"loaded again and again", CLIENT, "load-again", .libcurl = SO_O, .second = SO_O, .yes = 25,
     .no = 25},
    {"loaded again and again, two flavours", CLIENT, "load-again", .libcurl = SO_O, .second = SO_G,
     .yes = 25, .no = 25},
    {"loaded again by default", CLIENT, "load-again-by-default", .libcurl = SO_O, .second = SO_O,
     .yes = 25, .no = 25},
    {"loaded again by default, two flavours", CLIENT, "load-again-by-default", .libcurl = SO_O,
     .second = SO_G, .yes = 25, .no = 25},
    {"two flavours by handle", CLIENT, "two-at-once", .libcurl = SO_O, .second = SO_G,
     .backends = "1\n1\n2\n2\n1\n1\n2\n2\n", .yes = 4, .no = 4},
    {"two copies by handle", CLIENT, "two-at-once", .libcurl = SO_O, .second = BUNDLED, .yes = 4,
     .no = 4},
    {"another namespace", CLIENT, "other-namespace", .libcurl = SO_O, .yes = 1},
    {"plugin", CLIENT, "plugin", .plugin = OPENSSL, .flags = "now", .backends = "1\n1\n1\n1\n",
     .yes = 2, .no = 2},
    {"plugin, lazy", CLIENT, "plugin", .plugin = OPENSSL_LAZY, .flags = "lazy", .yes = 2, .no = 2},
    {"plugin, deepbind", CLIENT, "plugin", .plugin = OPENSSL, .flags = "now deepbind", .yes = 2,
     .no = 2},
    {"plugin, deepbind, lazy", CLIENT, "plugin", .plugin = OPENSSL_LAZY, .flags = "lazy deepbind",
     .yes = 2, .no = 2},
    {"plugin, deepbind, global", CLIENT, "plugin", .plugin = OPENSSL,
     .flags = "now deepbind global", .yes = 2, .no = 2},
    {"plugin, deepbind, beside another flavour", LINKED, "plugin", .plugin = GNUTLS,
     .flags = "now deepbind", .backends = "1\n2\n2\n2\n2\n", .yes = 3, .no = 2},
    {"plugin, lazy, beside another flavour", LINKED, "plugin", .plugin = GNUTLS_LAZY,
     .flags = "lazy", .backends = "1\n2\n2\n2\n2\n", .yes = 3, .no = 2},
    {"plugin beside another flavour", LINKED, "plugin", .plugin = GNUTLS, .flags = "now",
     .backends = "1\n2\n2\n2\n2\n", .yes = 3, .no = 2},
    {"plugin beside another flavour, turned round", LINKEDG, "plugin", .plugin = OPENSSL,
     .flags = "now", .backends = "2\n1\n1\n1\n1\n", .yes = 3, .no = 2},
    {"a plugin's library", CLIENT, "plugin", .plugin = FRONT, .flags = "now",
     .backends = "1\n1\n1\n1\n", .yes = 2, .no = 2},
    {"a plugin's library, deepbind", CLIENT, "plugin", .plugin = FRONT, .flags = "now deepbind",
     .backends = "1\n1\n1\n1\n", .yes = 2, .no = 2},
    {"a plugin's library, deepbind, beside a linked libcurl", LINKED, "plugin", .plugin = FRONT,
     .flags = "now deepbind", .backends = "1\n1\n1\n1\n1\n", .yes = 3, .no = 2},
    {"a plugin's library, deepbind, beside another flavour", LINKED, "plugin",
     .plugin = FRONT_GNUTLS, .flags = "now deepbind", .backends = "1\n2\n2\n2\n2\n", .yes = 3,
     .no = 2},
    {"two plugins' libraries, deepbind", CLIENT, "plugins", .plugin = FRONT, .other = FRONT_GNUTLS,
     .flags = "now deepbind", .backends = "1\n1\n2\n1\n2\n1\n2\n1\n2\n1\n2\n1\n2\n", .yes = 7,
     .no = 6},
    {"a plugin's library again and again, deepbind", CLIENT, "plugin-again", .plugin = FRONT,
     .other = FRONT, .flags = "now deepbind", .yes = 50, .no = 50},
    {"plugins' libraries again and again, deepbind", CLIENT, "plugin-again", .plugin = FRONT,
     .other = FRONT_GNUTLS, .flags = "now deepbind", .yes = 50, .no = 50},
    {"a plugin's library again and again, deepbind, beside a thread that loads and unloads", LINKED,
     "beside-a-loader", .second = ASIDE, .plugin = FRONT, .other = FRONT, .flags = "now deepbind",
     .yes = 51, .no = 50},
    {"a plugin that looks it up", CLIENT, "php", .libcurl = SO_O, .plugin = ASKING, .flags = "now",
     .yes = 3, .no = 3},
    {"a plugin that looks it up, deepbind", CLIENT, "php", .libcurl = SO_O, .plugin = ASKING,
     .flags = "now deepbind", .yes = 3, .no = 3},
    {"a plugin that looks it up, deepbind, lazy", CLIENT, "php", .libcurl = SO_G,
     .plugin = ASKING_LAZY, .flags = "lazy deepbind", .yes = 3, .no = 3},
    {"a plugin that looks it up by version, deepbind", CLIENT, "php", .libcurl = SO_O,
     .version = "CURL_OPENSSL_4", .plugin = ASKING, .flags = "now deepbind", .yes = 3, .no = 3},
    {"a plugin that looks another one up, deepbind", LINKED, "php", .libcurl = SO_G,
     .plugin = ASKING, .flags = "now deepbind",
     .backends = "1\n2\n2\n2\n2\n2\n2\n2\n2\n2\n2\n2\n2\n", .yes = 4, .no = 3},
    {"a plugin that asks by default for what it links", CLIENT, "php", .plugin = ASKING_LINKED,
     .flags = "now", .yes = 3, .no = 3},
    {"a plugin that asks by default for what it links, deepbind", CLIENT, "php",
     .plugin = ASKING_LINKED, .flags = "now deepbind", .yes = 3, .no = 3},
    {"two plugins", CLIENT, "plugins", .plugin = OPENSSL, .other = GNUTLS, .flags = "now",
     .backends = "1\n1\n2\n1\n2\n1\n2\n1\n2\n1\n2\n1\n2\n", .yes = 7, .no = 6},
    {"two plugins, deepbind", CLIENT, "plugins", .plugin = OPENSSL, .other = GNUTLS,
     .flags = "now deepbind", .backends = "1\n1\n2\n1\n2\n1\n2\n1\n2\n1\n2\n1\n2\n", .yes = 7,
     .no = 6},
    {"two plugins, lazy", CLIENT, "plugins", .plugin = GNUTLS_LAZY, .other = OPENSSL_LAZY,
     .flags = "lazy", .backends = "2\n2\n1\n2\n1\n2\n1\n2\n1\n2\n1\n2\n1\n", .yes = 7, .no = 6},
    {"a tail call after another flavour came", CLIENT, "pointer-kept", .plugin = OPENSSL,
     .other = GNUTLS, .flags = "now", .backends = "1\n1\n", .yes = 1, .no = 1},
    {"a tail call after another flavour came, turned round", CLIENT, "pointer-kept",
     .plugin = GNUTLS, .other = OPENSSL, .flags = "now", .backends = "2\n2\n", .yes = 1, .no = 1},
    {"a plugin again and again", CLIENT, "plugin-again", .plugin = OPENSSL, .other = OPENSSL,
     .flags = "now", .yes = 50, .no = 50},
    {"a plugin again and again, deepbind", CLIENT, "plugin-again", .plugin = OPENSSL,
     .other = OPENSSL, .flags = "now deepbind", .yes = 50, .no = 50},
    {"plugins again and again, deepbind", CLIENT, "plugin-again", .plugin = OPENSSL,
     .other = GNUTLS, .flags = "now deepbind", .yes = 50, .no = 50},
    {"plugins again and again, two flavours", CLIENT, "plugin-again", .plugin = OPENSSL,
     .other = GNUTLS, .flags = "now", .yes = 50, .no = 50},
    {"plugins again and again, beside a linked one", LINKED, "plugin-again", .plugin = OPENSSL,
     .other = GNUTLS, .flags = "now", .yes = 51, .no = 50},
};

static void name_library(const char *variable, const char *name)
{
    if (name != NULL && strchr(name, '/') != NULL)
        served_export(variable, name);
    else if (name != NULL)
        setenv(variable, name, 1);
}

static bool is_here(const struct late *row)
{
    const char *const all[] = {row->program, row->plugin, row->other, row->libcurl, row->second};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        const char *name = all[i];
        if (name != NULL && strcmp(name, SO_G) == 0)
            name = GNUTLS; /* which links it */
        if (name != NULL && strchr(name, '/') != NULL && !served_is_built(name))
            return false;
    }
    return true;
}

START_TEST(a_libcurl_found_late_is_served)
{
    const struct late *row = &lates[_i];
    if (!scenario_is_chosen(row->scenario))
        return;
    if ((row->version != NULL || strcmp(row->scenario, "other-namespace") == 0) &&
        skips_musl(row->name, "musl has neither versions nor namespaces"))
        return;
    if (row->plugin != NULL && strcmp(row->plugin, ASKING_LINKED) == 0 &&
        skips_musl(row->name, "to musl RTLD_DEFAULT is the program's scope, not the plugin's"))
        return;
    if (!is_here(row)) {
        printf("SKIP %s: that flavour of libcurl is not installed\n", row->name);
        return;
    }
    name_library("LATE_LIBCURL", row->libcurl);
    name_library("LATE_SECOND", row->second);
    name_library("LATE_PLUGIN", row->plugin);
    name_library("LATE_OTHER", row->other);
    setenv("LATE_FLAGS", row->flags != NULL ? row->flags : "", 1);
    if (row->version != NULL)
        setenv("LATE_VERSION", row->version, 1);
    if (!served_runs(row->program, row->scenario))
        return;
    if (row->backends != NULL)
        ck_assert_msg(strcmp(served_outcome.out, row->backends) == 0, "%s: backends %s", row->name,
                      served_outcome.out);
    served_expect(row->name, row->yes, row->no);
}
END_TEST

/*
 * Takes the entry out of a program's dynamic section through which a debugger finds the loader's
 * list. The System V ABI leaves a range of tags to operating systems; loaders pass over unknown
 * ones.
 */
static void take_debug_entry(char *image)
{
    const ElfW(Ehdr) *file = (const ElfW(Ehdr) *)(const void *)image;
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)(const void *)(image + file->e_phoff);
    const ElfW(Phdr) *end = header + file->e_phnum;
    while (header < end && header->p_type != PT_DYNAMIC)
        header++;
    ck_assert(header < end);
    ElfW(Dyn) *entry = (ElfW(Dyn) *)(void *)(image + header->p_offset);
    while (entry->d_tag != DT_NULL && entry->d_tag != DT_DEBUG)
        entry++;
    ck_assert_int_eq((int)entry->d_tag, DT_DEBUG);
    entry->d_tag = DT_LOOS + 0x7e;
}

/* On ARM another header stands before the headers' own: PT_PHDR is only said to come before what is
 * loaded. */
static void put_another_header_first(char *image)
{
    const ElfW(Ehdr) *file = (const ElfW(Ehdr) *)(const void *)image;
    ElfW(Phdr) *headers = (ElfW(Phdr) *)(void *)(image + file->e_phoff);
    unsigned last = file->e_phnum - 1u;
    ck_assert(headers[0].p_type == PT_PHDR && headers[last].p_type != PT_LOAD);
    ElfW(Phdr) other = headers[last];
    memmove(headers + 1, headers, last * sizeof *headers);
    headers[0] = other;
}

static const struct {
    const char *name;
    void (*change)(char *image);
} odd_programs[] = {
    {"hides the loader's list", take_debug_entry},
    {"its first header is another", put_another_header_first},
};

START_TEST(a_program_of_an_odd_shape_is_served)
{
    char program[PATH_MAX], copy[PATH_MAX];
    built(program, CLIENT);
    in_folder(copy, served_folder, "late-client");
    copy_file(program, copy, 0755);
    int fd = open(copy, O_RDWR | O_CLOEXEC);
    struct stat status;
    ck_assert(fd >= 0 && fstat(fd, &status) == 0);
    char *image = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert_ptr_ne(image, MAP_FAILED);
    if (image[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32) ||
        image[EI_DATA] != (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB)) {
        printf("SKIP a_program_of_an_odd_shape_is_served: of another class than this test\n");
        return;
    }
    odd_programs[_i].change(image);
    munmap(image, (size_t)status.st_size);
    close(fd);
    served_export("LATE_PLUGIN", FRONT);
    setenv("LATE_LIBCURL", SO_O, 1);
    setenv("LATE_FLAGS", "now deepbind", 1);
    served_run_at(copy, "plugin");
    served_run_at(copy, "handle-local");
    served_expect(odd_programs[_i].name, 4, 3);
}
END_TEST

/* ---- a C library that lacks something -------------------------------------------------------- */

#define NAME(name) #name,
static const char *const late_names[] = {LATE_LIBC(NAME) "stderr"};
#undef NAME
enum { LATE_NAMES = sizeof late_names / sizeof late_names[0] };

static void curl_without(const char *missing, const char *path)
{
    char hook[PATH_MAX], get[PATH_MAX], lead[64], url[128];
    built(hook, "tests/programs/late-without.so");
    setenv("LATE_WITHOUT", missing, 1);
    served_preload(NULL, hook);
    snprintf(lead, sizeof lead, "app.commissioned.tech:443:127.0.0.1:%s", getenv("ORIGIN_TLS"));
    snprintf(url, sizeof url, "https://app.commissioned.tech%s", path);
    built(get, "tests/programs/get");
    OUTCOME(&served_outcome, get, url, lead);
    unsetenv("LD_PRELOAD");
    unsetenv("LATE_WITHOUT");
    ck_assert_msg(served_outcome.status == 0 && strcmp(served_outcome.out, "200") == 0 &&
                      served_outcome.err[0] == '\0',
                  "without %s: exit %d, %s%s", missing, served_outcome.status, served_outcome.out,
                  served_outcome.err);
}

START_TEST(where_the_c_library_lacks_a_function_libcurl_works_as_without_us)
{
    const char *name = late_names[_i];
    /* Of glibc's own names the first is another with musl, which is not
     * asked for the two others. */
    if (on_musl() && strcmp(name, "__register_atfork") == 0)
        name = "pthread_atfork";
    if ((strcmp(name, "dladdr1") == 0 || strcmp(name, "dlmopen") == 0) &&
        skips_musl(name, "musl has none"))
        return;
    if (strcmp(name, "pthread_mutex_trylock") == 0) { /* there is another way */
        curl_without(name, "/yes/key");
        served_expect(name, 1, 0);
        return;
    }
    bool older = strcmp(name, "stat") == 0 || strcmp(name, "fstat") == 0;
    char both[64];
    snprintf(both, sizeof both, "%s __%sxstat", name, name[0] == 'f' ? "f" : "");
    curl_without(older ? both : name, "/no/key");
    served_expect(name, 0, 1);
}
END_TEST

START_TEST(stat_under_its_older_name_is_enough)
{
    if (dlsym(RTLD_DEFAULT, "__xstat") == NULL || on_musl()) {
        printf("SKIP stat_under_its_older_name_is_enough: this C library does not have it\n");
        return;
    }
    curl_without("stat fstat", "/yes/key");
    served_expect("stat", 1, 0);
}
END_TEST

START_TEST(where_it_lacks_none_the_key_is_given)
{
    curl_without("no_such_function", "/yes/key");
    served_expect("nothing is missing", 1, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("late binding");
    TCase *same = tcase_create("same");
    tcase_set_timeout(same, 60);
    tcase_add_test(same, the_loader_answers_as_it_did);
    tcase_add_test(same, the_loader_answers_as_it_did_behind_another_hook);
    tcase_add_test(same, the_loader_answers_as_it_did_in_front_of_another_hook);
    tcase_add_test(same, a_hook_of_the_loaders_list_that_asks_dlsym_is_no_harm);
    tcase_add_test(same, without_any_libcurl_there_is_none_to_be_found);
    suite_add_tcase(suite, same);
    TCase *served = tcase_create("served");
    tcase_add_checked_fixture(served, served_set_up, served_tear_down);
    tcase_set_timeout(served, 120);
    int nlates = (int)(sizeof lates / sizeof lates[0]);
    tcase_add_loop_test(served, a_program_of_an_odd_shape_is_served, 0,
                        (int)(sizeof odd_programs / sizeof odd_programs[0]));
    tcase_add_loop_test(served, a_libcurl_found_late_is_served, 0, nlates);
    tcase_add_loop_test(served, where_the_c_library_lacks_a_function_libcurl_works_as_without_us, 0,
                        LATE_NAMES);
    tcase_add_test(served, where_it_lacks_none_the_key_is_given);
    tcase_add_test(served, stat_under_its_older_name_is_enough);
    suite_add_tcase(suite, served);
    return suite_run(suite);
}
