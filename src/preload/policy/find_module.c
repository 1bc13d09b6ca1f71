#include "preload/policy/find_module.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/passing.h"
#include "preload/loader/host_error.h"
#include "preload/loader/libc_kind.h"
#include "preload/loader/slab.h"

static policy_build_function *build; /* atomic; set once */

/* Paths are long and a caller's stack may be short. */
struct search {
    struct module module;
    char folder[PATH_MAX]; /* the library's own; empty where that is not known */
    char path[PATH_MAX + sizeof "/" MODULE_FOLDER "/" MODULE_NAME];
};

static const char *own_path(struct link_map **map)
{
    *map = libc_object_of(&build);
    return *map != NULL ? (*map)->l_name : "";
}

/* The folder this library was loaded from: its absolute name, whatever the process's folder is by
 * now. */
static void find_own_folder(struct search *search)
{
    struct link_map *map;
    const char *name = own_path(&map);
    const char *slash = strrchr(name, '/');
    if (name[0] == '/' && (size_t)(slash - name) < PATH_MAX) {
        memcpy(search->folder, name, (size_t)(slash - name));
        return;
    }
    if (map == NULL || !libc_folder_of(map, search->folder) || search->folder[0] != '/')
        search->folder[0] = '\0';
}

/* proc(5): so ends the line of a file that has no name any more. */
static bool maps_say_deleted(void)
{
    static const char end[] = "/" LIBRARY_NAME " (deleted)\n";
    char text[512];
    size_t matched = 0;
    ssize_t got = -1;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && end[matched] != '\0' && (got = read(fd, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < got && end[matched] != '\0'; i++)
            matched = text[i] == end[matched] ? matched + 1 : text[i] == end[0];
    if (fd >= 0)
        close(fd);
    return end[matched] == '\0';
}

/*
 * Whoever removes an installation removes both. That the library's name leads nowhere is not
 * enough: so it does in another root folder.
 */
static bool is_removed(void)
{
    struct link_map *map;
    struct stat status;
    const char *name = own_path(&map);
    return name[0] == '/' && stat(name, &status) != 0 && (errno == ENOENT || errno == ENOTDIR) &&
           maps_say_deleted();
}

/* The loader's words, or ours; none where it has none. */
static void note_why(struct module *module, const char *why)
{
    const char *words = dlerror();
    if (why == NULL)
        why = words != NULL ? words : "";
    snprintf(module->why, sizeof module->why, "%s", why);
}

static bool load_from(struct search *search, const char *folder, const char *below)
{
    struct stat status;
    snprintf(search->path, sizeof search->path, "%s/%s" MODULE_NAME, folder, below);
    if (stat(search->path, &status) != 0) {
        if (error_is_passing(errno))
            search->module.lack = MODULE_UNLOADED;
        return false;
    }
    search->module.lack = MODULE_UNLOADED;
    const char *why = NULL;
    void *module = libc_open_apart(search->path, &why);
    if (module == NULL) {
        note_why(&search->module, why);
        return false;
    }
    policy_build_function *found =
        (policy_build_function *)dlsym(module, "commissioned_policy_build");
    policy_build_function *expected = NULL;
    search->module.build = found;
    if (found != NULL && __atomic_compare_exchange_n(&build, &expected, found, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return true;
    dlclose(module); /* another thread was first, or it is no module of ours */
    search->module.build = expected;
    return expected != NULL;
}

static void look(struct search *search)
{
    auto_host_error struct host_error kept = host_error_keep();
    find_own_folder(search);
    search->module.lack = MODULE_ABSENT;
    bool found =
        search->folder[0] != '\0' && (load_from(search, search->folder, "") ||
                                      load_from(search, search->folder, MODULE_FOLDER "/"));
    if (!found && !load_from(search, MODULEDIR, "") && search->module.lack == MODULE_ABSENT &&
        is_removed())
        search->module.lack = MODULE_REMOVED;
}

struct module module_find(void)
{
    struct module module = {.build = __atomic_load_n(&build, __ATOMIC_ACQUIRE)};
    struct search *search = module.build == NULL ? slab_map(sizeof *search) : NULL;
    if (search == NULL)
        return module;
    look(search);
    module = search->module;
    slab_unmap(search, sizeof *search);
    return module;
}
