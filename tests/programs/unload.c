/*
 * unload.c - a program that loads a libcurl, uses it and unloads it, and then loads a plugin that
 * makes a handle in its constructor: the plugin comes to lie where the libcurl was.
 *
 * unload LIBCURL PLUGIN [THREADS]: that many threads do so at once. Exit 0: it lived.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROUNDS = 40, MAX_THREADS = 8 };

static const char *libcurl;
static const char *plugin;

static void fail(const char *what)
{
    fprintf(stderr, "unload: %s: %s\n", what, dlerror());
    exit(1);
}

static void use(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        fail(path);
    void *(*init)(void) = (void *(*)(void))dlsym(library, "curl_easy_init");
    void (*cleanup)(void *) = (void (*)(void *))dlsym(library, "curl_easy_cleanup");
    if (init == NULL || cleanup == NULL)
        fail("curl_easy_init");
    void *easy = init();
    if (easy == NULL)
        fail("no handle");
    cleanup(easy);
    dlclose(library);
}

static void *rounds(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        use(libcurl);
        void *loaded = dlopen(plugin, RTLD_NOW | RTLD_LOCAL);
        if (loaded == NULL)
            fail(plugin);
        dlclose(loaded);
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[MAX_THREADS];
    int count = argc > 3 ? atoi(argv[3]) : 1;
    if (argc < 3 || count < 1 || count > MAX_THREADS)
        return 2;
    libcurl = argv[1];
    plugin = argv[2];
    for (int i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, rounds, NULL) != 0)
            return 1;
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
