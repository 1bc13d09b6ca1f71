/*
 * late_probe.c - a program that writes down what dlsym, dlvsym, dlerror and dlopen answer it.
 *
 * Each answer is one line: the object that holds the address and the offset in it, or the error's
 * text. The test runs it with the library and without and compares. LATE_PLUGIN names a plugin.
 */
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../support/glibc_only.h"

const char *late_who(void);
__attribute__((visibility("default"))) const char *late_who(void)
{
    return "main";
}

static void error_line(void)
{
    const char *text = dlerror();
    printf("  error: %s\n", text != NULL ? text : "none");
}

static void show(const char *what, const void *address)
{
    Dl_info info;
    if (address == NULL)
        printf("%s: NULL\n", what);
    else if (dladdr(address, &info) == 0)
        printf("%s: nowhere\n", what);
    else
        printf("%s: %s+%#lx\n", what, info.dli_fname,
               (unsigned long)((const char *)address - (const char *)info.dli_fbase));
    error_line();
}

static const char *const names[] = {
    "malloc", "qsort",        "environ",    "late_who",          "cos", "memcpy",
    "errno",  "no_such_name", "curl_easy_", "curl_easy_nothing", "",    "dlopen"};
enum { NAMES = sizeof names / sizeof names[0] };

static void ask_all(const char *what, void *handle, void *(*ask)(void *, const char *))
{
    char line[128];
    for (size_t i = 0; i < NAMES; i++) {
        snprintf(line, sizeof line, "%s %s", what, names[i]);
        show(line, ask(handle, names[i]));
    }
}

/* Kept apart from dlsym itself, whose address is not the same with a library that exports it. */
static void *ask_here(void *handle, const char *name)
{
    void *volatile found = dlsym(handle, name);
    return found;
}

static void versions(void *libc, void *libm)
{
    static const char *const wanted[] = {
        "GLIBC_2.2.5", "GLIBC_2.0", "GLIBC_2.17", "GLIBC_2.14", "GLIBC_2.34", "NO_VERSION", ""};
    static const char *const symbols[] = {"memcpy", "pthread_create", "exp", "no_such_name"};
    void *const handles[] = {libc, libm, RTLD_DEFAULT, RTLD_NEXT};
    char line[128];
    for (size_t h = 0; h < 4; h++)
        for (size_t s = 0; s < 4; s++)
            for (size_t v = 0; v < 7; v++) {
                snprintf(line, sizeof line, "version %zu %s %s", h, symbols[s], wanted[v]);
                show(line, dlvsym(handles[h], symbols[s], wanted[v]));
            }
}

static void plugin(void)
{
    void *handle = dlopen(getenv("LATE_PLUGIN"), RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        printf("%s\n", dlerror());
        exit(1);
    }
    void *(*ask)(void *, const char *) =
        (void *(*)(void *, const char *))dlsym(handle, "plugin_ask");
    void *(*ask_tail)(void *, const char *) =
        (void *(*)(void *, const char *))dlsym(handle, "plugin_ask_tail");
    void *(*open_in)(const char *) = (void *(*)(const char *))dlsym(handle, "plugin_open");
    ask_all("plugin handle", handle, ask_here);
    ask_all("plugin next", RTLD_NEXT, ask);
    ask_all("plugin default", RTLD_DEFAULT, ask);
    ask_all("plugin tail next", RTLD_NEXT, ask_tail);
    ask_all("plugin tail default", RTLD_DEFAULT, ask_tail);
    printf("RUNPATH of the plugin: %s\n", open_in("liblate-aside.so") != NULL ? "found" : "none");
    error_line();
    printf("RUNPATH of the program: %s\n",
           dlopen("liblate-aside.so", RTLD_NOW) != NULL ? "found" : "none");
    error_line();
    dlclose(handle);
    error_line();
}

#ifdef __GLIBC__
static void namespaces(void)
{
    Lmid_t number = 0;
    void *handle = dlmopen(LM_ID_NEWLM, getenv("LATE_PLUGIN"), RTLD_NOW);
    if (handle == NULL || dlinfo(handle, RTLD_DI_LMID, &number) != 0) {
        printf("%s\n", dlerror());
        exit(1);
    }
    printf("namespace %ld\n", (long)number);
    void *(*ask)(void *, const char *) =
        (void *(*)(void *, const char *))dlsym(handle, "plugin_ask");
    show("namespace handle", dlsym(handle, "late_who"));
    show("namespace libc", ask(RTLD_DEFAULT, "malloc"));
    show("namespace next", ask(RTLD_NEXT, "late_who"));
    show("namespace none", ask(RTLD_DEFAULT, "no_such_name"));
    void *second = dlmopen(number, LIBM_NAME, RTLD_NOW);
    printf("libm %s there\n", second != NULL ? "is" : "is not");
    show("namespace libm", dlsym(second, "cos"));
}
#endif

/* Answers and errors belong to the thread. */
static void *thread_main(void *data)
{
    char name[32];
    snprintf(name, sizeof name, "no_such_name_%ld", (long)(size_t)data);
    for (int i = 0; i < 500; i++) {
        void *none = dlsym(RTLD_DEFAULT, name);
        const char *text = dlerror();
        if (none != NULL || text == NULL || strstr(text, name) == NULL)
            return (void *)"wrong";
        if (dlsym(RTLD_DEFAULT, "qsort") != (void *)qsort || dlerror() != NULL)
            return (void *)"wrong";
    }
    return NULL;
}

static void threads(void)
{
    pthread_t ids[8];
    void *result;
    for (size_t i = 0; i < 8; i++)
        pthread_create(&ids[i], NULL, thread_main, (void *)i);
    for (size_t i = 0; i < 8; i++) {
        pthread_join(ids[i], &result);
        printf("thread %zu: %s\n", i, result == NULL ? "right" : (const char *)result);
    }
}

/* Without a libcurl its functions are nowhere, ours included. */
static void libcurl(void *self)
{
    const char *const asked[] = {"default", "next", "self"};
    void *const handles[] = {RTLD_DEFAULT, RTLD_NEXT, self};
    for (size_t i = 0; i < 3; i++) {
        const char *is = dlsym(handles[i], "curl_easy_init") != NULL ? "is" : "is not";
        printf("libcurl: curl_easy_init %s there by %s, ", is, asked[i]);
        printf("an error %s kept\n", dlerror() != NULL ? "is" : "is not");
        is = dlvsym(handles[i], "curl_easy_init", "CURL_OPENSSL_4") != NULL ? "is" : "is not";
        printf("libcurl: CURL_OPENSSL_4 %s there by %s\n", is, asked[i]);
        dlerror();
    }
}

int main(void)
{
    void *libc = dlopen(LIBC_NAME, RTLD_LAZY | RTLD_NOLOAD);
    void *libm = dlopen(LIBM_NAME, RTLD_LAZY);
    void *self = dlopen(NULL, RTLD_LAZY);
    setvbuf(stdout, NULL, _IOFBF, 1 << 16);
    error_line();
    ask_all("default", RTLD_DEFAULT, ask_here);
    ask_all("next", RTLD_NEXT, ask_here);
    ask_all("libc", libc, ask_here);
    ask_all("libm", libm, ask_here);
    ask_all("self", self, ask_here);
    show("none of libcurl by default", dlsym(RTLD_DEFAULT, "curl_easy_getinfo"));
    libcurl(self);
    show("in libc", dlsym(libc, "curl_easy_init"));
    versions(libc, libm);
    plugin();
#ifdef __GLIBC__
    namespaces();
#endif
    threads();
    dlsym(libc, "no_such_name"); /* an error that nobody asks for */
    show("after a failure", dlsym(libc, "qsort"));
    return 0;
}
