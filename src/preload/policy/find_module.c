#include "preload/policy/find_module.h"

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static policy_build_function *build; /* atomic; set once */

/* The folder this library was loaded from: its absolute name, whatever the process's folder is by
 * now. */
static bool own_folder(char *folder)
{
    Dl_info info;
    void *map = NULL;
    if (dladdr1(&build, &info, &map, RTLD_DL_LINKMAP) == 0 || map == NULL)
        return false;
    const char *name = ((struct link_map *)map)->l_name;
    const char *slash = strrchr(name, '/');
    if (name[0] == '/' && (size_t)(slash - name) < PATH_MAX) {
        memcpy(folder, name, (size_t)(slash - name));
        folder[slash - name] = '\0';
        return true;
    }
    void *self = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    bool found = self != NULL && dlinfo(self, RTLD_DI_ORIGIN, folder) == 0 && folder[0] == '/';
    if (self != NULL)
        dlclose(self);
    return found;
}

/* Sanitizers cannot follow code into a second namespace: their builds load
 * the module in the first. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(LM_ID_NEWLM)
static void *open_module(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}
#else
static void *open_module(const char *path)
{
    return dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
}
#endif

static policy_build_function *load_from(const char *folder, const char *below)
{
    char path[PATH_MAX + sizeof "/" MODULE_FOLDER "/" MODULE_NAME];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s" MODULE_NAME, folder, below);
    if (stat(path, &status) != 0) /* asking dlopen would leave the host an error to find */
        return NULL;
    void *module = open_module(path);
    if (module == NULL) {
        dlerror();
        return NULL;
    }
    policy_build_function *found =
        (policy_build_function *)dlsym(module, "commissioned_policy_build");
    policy_build_function *expected = NULL;
    if (found != NULL && __atomic_compare_exchange_n(&build, &expected, found, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return found;
    dlclose(module); /* another thread was first, or it is no module of ours */
    return expected;
}

policy_build_function *module_find(void)
{
    char folder[PATH_MAX];
    policy_build_function *found = __atomic_load_n(&build, __ATOMIC_ACQUIRE);
    if (found == NULL && own_folder(folder))
        found = load_from(folder, "");
    /* Installed, and then moved as a whole: an image, a container, another prefix. */
    if (found == NULL && own_folder(folder))
        found = load_from(folder, MODULE_FOLDER "/");
    return found != NULL ? found : load_from(MODULEDIR, "");
}
