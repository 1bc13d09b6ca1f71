#include "cli/coverage.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "cli/cleanup.h"
#include "cli/needed.h"
#include "cli/scan.h"

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

static const struct needed_library *find_library(const struct needed *needed, size_t most,
                                                 const char *const *names)
{
    for (size_t i = 0; i < needed->count && i < most; i++)
        for (const char *const *name = names; *name != NULL; name++)
            if (strncmp(needed->libraries[i].name, *name, strlen(*name)) == 0)
                return &needed->libraries[i];
    return NULL;
}

/* Interpreters and servers keep what they do with dlopen(3) in a library of their own. */
static bool has_engine(const struct needed *needed)
{
    static const char *const engines[] = {"libpython",  "libruby",   "libperl",  "libphp",
                                          "liblua",     "libjvm",    "libjli",   "libnode",
                                          "libR.so",    "libtcl",    "libapr",   "libgmodule",
                                          "libltdl",    "libguile",  "libmono",  "libgstreamer",
                                          "libdnf",     "liboctave", "libmozjs", "libcoreclr",
                                          "libhostfxr", NULL};
    return find_library(needed, SIZE_MAX, engines) != NULL;
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
    if (signs[SIGN_DLOPEN].found || has_engine(needed))
        return COVERAGE_MODULES;
    return find_library(needed, needed->direct, tls) != NULL ? COVERAGE_OWN : COVERAGE_NONE;
}

void coverage_judge(const char *file, struct coverage *coverage)
{
    static const char *const sanitizers[] = {"libasan.so", "libhwasan.so", "libclang_rt.asan",
                                             "libclang_rt.hwasan", NULL};
    static const char *const curl[] = {"libcurl", NULL};
    struct needle signs[SIGNS];
    struct needed needed;
    *coverage = (struct coverage){.kind = COVERAGE_UNKNOWN};
    read_signs(file, signs);
    if (needed_read(file, &needed)) {
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
