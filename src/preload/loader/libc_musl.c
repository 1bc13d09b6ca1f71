#include <dlfcn.h>
#include <stddef.h>

#include "preload/loader/elf_find.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/libc_kind.h"

/* musl 1.2.2 brought _Fork(3), and with it a fork that takes and renews the loader's lock. */
static bool fork_renews_loader;

struct wanted {
    uintptr_t address;
    const ElfW(Dyn) * dynamic;
};

static int find_dynamic(struct dl_phdr_info *info, size_t size, void *data)
{
    struct wanted *wanted = data;
    struct elf_extent extent = elf_extent(info);
    (void)size;
    if (!elf_extent_has(&extent, wanted->address))
        return 0;
    wanted->dynamic = elf_dynamic(info);
    return 1;
}

/*
 * musl removes an object from its list only where a dlopen fails, and then those that it had just
 * put at the end. So whoever walks as far as an object whose code runs is always safe.
 */
struct link_map *libc_object_of(const void *address)
{
    struct wanted wanted = {(uintptr_t)address, NULL};
    if (dl_iterate_phdr(find_dynamic, &wanted) == 0 || wanted.dynamic == NULL)
        return NULL;
    const struct link_map *map = elf_loaded();
    while (map != NULL && map->l_ld != wanted.dynamic)
        map = map->l_next;
    return (struct link_map *)(uintptr_t)map;
}

/* A handle is the link_map, nothing is ever unloaded, and dlclose does nothing. A file that was
 * replaced meanwhile would not be found by its name again. */
void *libc_reopen(const struct link_map *map, int flags)
{
    (void)flags;
    return (void *)(uintptr_t)map;
}

/* musl keeps the name by which an object was loaded, and nothing else. */
bool libc_folder_of(const struct link_map *map, char *folder)
{
    (void)map, (void)folder;
    return false;
}

/*
 * Every object binds to the program's names first, RTLD_LOCAL or not: a program that has
 * libconfig's would lead the module astray. Its allocator is the module's too, which does no harm,
 * for what the module takes it gives back itself.
 */
void *libc_open_apart(const char *path, const char **why)
{
    if (dlsym(RTLD_DEFAULT, "config_init") != NULL) {
        *why = "this program has libconfig's names itself, and musl cannot keep them apart";
        return NULL;
    }
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

void libc_watch_forks(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    fork_renews_loader = dlsym(RTLD_NEXT, "_Fork") != NULL;
    if (!fork_renews_loader)
        dlerror(); /* no error of ours is left for the host */
    pthread_atfork(prepare, parent, child);
}

bool libc_lists_survive_fork(void)
{
    return fork_renews_loader;
}
