/* late_phdr_hook.c - another preload that hooks dl_iterate_phdr, as sanitizers and runtimes do: it
 * finds the real one by dlsym. */
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

typedef int iterate_function(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data);

__attribute__((visibility("default"))) int
dl_iterate_phdr(int (*callback)(struct dl_phdr_info *, size_t, void *), void *data)
{
    static iterate_function *real;
    if (real == NULL)
        real = (iterate_function *)dlsym(RTLD_NEXT, "dl_iterate_phdr");
    return real(callback, data);
}
