/* late_plugin.c - a plugin that asks the dynamic loader questions whose answers depend on who asks.
 * Built twice: as itself and, with LATE_BELOW, as the library that it needs. */
#include <dlfcn.h>
#include <stddef.h>

#ifdef LATE_BELOW
const char *late_who(void);
__attribute__((visibility("default"))) const char *late_who(void)
{
    return "below";
}
#else
const char *late_who(void);
void *plugin_ask(void *handle, const char *name);
void *plugin_ask_tail(void *handle, const char *name);
void *plugin_open(const char *name);

__attribute__((visibility("default"))) const char *late_who(void)
{
    return "plugin";
}

/* The pseudo handles mean something else here than in the main program. */
__attribute__((visibility("default"))) void *plugin_ask(void *handle, const char *name)
{
    void *volatile found = dlsym(handle, name);
    return found;
}

__attribute__((visibility("default"))) void *plugin_ask_tail(void *handle, const char *name)
{
    return dlsym(handle, name);
}

/* Found by this object's RUNPATH and by nothing else. */
__attribute__((visibility("default"))) void *plugin_open(const char *name)
{
    return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}
#endif
