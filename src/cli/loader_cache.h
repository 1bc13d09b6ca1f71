/* cli/loader_cache.h - looks a library up in /etc/ld.so.cache, as the loader does. */
#ifndef COMMISSIONED_CLI_LOADER_CACHE_H
#define COMMISSIONED_CLI_LOADER_CACHE_H

#include <limits.h>
#include <stdbool.h>

/* The first file that the cache has for the name; false where there is none, or no such cache. */
bool loader_cache_find(const char *name, char path[PATH_MAX]);

#endif
