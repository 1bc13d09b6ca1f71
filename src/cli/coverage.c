#include "cli/coverage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/needed.h"
#include "cli/scan.h"
#include "core/cleanup.h"

enum { MAX_PROGRAM = 1 << 30 };

/* What a program's file gives away. The texts are libcurl's, Go's and Node's own. */
enum { SIGN_GO, SIGN_CURL_VERSION, SIGN_CURL_ERROR, SIGN_CURL_NAME, SIGN_DLOPEN, SIGN_NODE, SIGNS };

static void read_signs(const char *file, struct needle signs[SIGNS])
{
    static const char *const texts[SIGNS] = {
        [SIGN_GO] = "\xff Go buildinf:",
        [SIGN_CURL_VERSION] = "libcurl/",
        [SIGN_CURL_ERROR] = "SSL peer certificate or SSH remote key was not OK",
        [SIGN_CURL_NAME] = "libcurl.so",
        [SIGN_DLOPEN] = "dlopen",
        [SIGN_NODE] = "NODE_OPTIONS",
    };
    auto_close int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    for (int i = 0; i < SIGNS; i++)
        signs[i] = (struct needle){.bytes = texts[i], .length = strlen(texts[i])};
    if (fd >= 0)
        scan_fd(fd, MAX_PROGRAM, signs, SIGNS);
}

static bool begins_with_one_of(const char *name, const char *const *begins)
{
    for (; *begins != NULL; begins++)
        if (strncmp(name, *begins, strlen(*begins)) == 0)
            return true;
    return false;
}

static const struct needed_library *find_library(const struct needed *needed, size_t most,
                                                 const char *const *names)
{
    for (size_t i = 0; i < needed->count && i < most; i++)
        if (begins_with_one_of(needed->libraries[i].name, names))
            return &needed->libraries[i];
    return NULL;
}

static bool has_dlopen(const char *file)
{
    struct needle dlopen_name = {.bytes = "dlopen", .length = strlen("dlopen")};
    auto_close int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    return fd >= 0 && scan_fd(fd, MAX_PROGRAM, &dlopen_name, 1) && dlopen_name.found;
}

/*
 * Interpreters and servers keep what they do with dlopen(3) in a library of their own: libpython,
 * libjli, libapr, libhts. What is left out here loads drivers, codecs, tokens and name services.
 */
static bool loads_by_library(const struct needed *needed)
{
    static const char *const others[] = {
        "ld-linux",   "libc.so",    "libdl.so",  "libpthread", "libm.so",      "librt.so",
        "libstdc++",  "libgcc_s",   "libcrypto", "libssl",     "libgnutls",    "libp11",
        "libnss",     "libnspr",    "libplc",    "libplds",    "libsmime",     "libsystemd",
        "libselinux", "libpam",     "libkrb5",   "libk5",      "libgssapi",    "libsasl",
        "libldap",    "liblber",    "libudev",   "libcap",     "libX",         "libxcb",
        "libGL",      "libEGL",     "libnuma",   "libasan",    "libsqlite3",   "libgcrypt",
        "libnettle",  "libhogweed", "libz",      "libidn",     "libunistring", NULL};
    for (size_t i = 0; i < needed->count; i++) {
        const struct needed_library *library = &needed->libraries[i];
        if (library->path != NULL && !begins_with_one_of(library->name, others) &&
            has_dlopen(library->path))
            return true;
    }
    return false;
}

static enum coverage_kind kind_of(const struct needed *needed, const struct needle *signs)
{
    static const char *const curl[] = {"libcurl", NULL};
    static const char *const tls[] = {"libssl.",     "libgnutls.", "libnss3.", "libmbedtls.",
                                      "libwolfssl.", "libtls.",    NULL};
    const struct needed_library *linked = find_library(needed, SIZE_MAX, curl);
    if (linked != NULL)
        return linked->path != NULL ? COVERAGE_LINKED : COVERAGE_MISSING;
    if (signs[SIGN_GO].found)
        return COVERAGE_GO;
    if (signs[SIGN_CURL_VERSION].found || signs[SIGN_CURL_ERROR].found)
        return COVERAGE_BUNDLED;
    if (signs[SIGN_NODE].found)
        return COVERAGE_NODE;
    if (signs[SIGN_CURL_NAME].found)
        return COVERAGE_LOADS;
    if (signs[SIGN_DLOPEN].found)
        return COVERAGE_MODULES;
    if (find_library(needed, needed->direct, tls) != NULL)
        return COVERAGE_OWN;
    return loads_by_library(needed) ? COVERAGE_MODULES : COVERAGE_NONE;
}

void coverage_judge(const char *file, struct coverage *coverage)
{
    static const char *const sanitizers[] = {"libasan.so", "libhwasan.so", "libclang_rt.asan",
                                             "libclang_rt.hwasan", NULL};
    static const char *const curl[] = {"libcurl", NULL};
    struct needle signs[SIGNS];
    struct needed needed;
    char real[PATH_MAX];
    *coverage = (struct coverage){.kind = COVERAGE_UNKNOWN};
    read_signs(file, signs);
    /* $ORIGIN is where the file lies, not where a link to it does: /usr/bin/java. */
    if (needed_read(realpath(file, real) != NULL ? real : file, &needed)) {
        const struct needed_library *linked = find_library(&needed, SIZE_MAX, curl);
        const struct needed_library *first = find_library(&needed, needed.direct, sanitizers);
        coverage->kind = kind_of(&needed, signs);
        if (linked != NULL)
            snprintf(coverage->detail, sizeof coverage->detail, "%s",
                     linked->path != NULL ? linked->path : linked->name);
        if (first != NULL)
            snprintf(coverage->sanitizer, sizeof coverage->sanitizer, "%s", first->name);
    }
    needed_free(&needed);
}
