/*
 * plugin.h - a plugin that was bound past us (RTLD_DEEPBIND), and the slots through which it calls.
 *
 * Every function fails the running Check test where the machine does not do its part.
 */
#ifndef COMMISSIONED_TEST_PLUGIN_H
#define COMMISSIONED_TEST_PLUGIN_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

#include "preload/binding/repoint.h"

struct plugin {
    void *handle;
    struct link_map *map;
    struct repoint_place place;
};

/* tests/programs/NAME, and the C library for what is to be led to us. False, with a line that says
 * SKIP, where its libcurl is not installed, or a sanitizer forbids it. `test` is __func__. */
bool plugin_load(struct plugin *plugin, const char *name, const char *test);

/* The same, each function bound when it is first called. */
bool plugin_load_lazy(struct plugin *plugin, const char *name, const char *test);

/* The line that says why the test `test`, __func__, cannot be run here. */
void plugin_skip(const char *test, const char *why);

uintptr_t *plugin_slot(const struct plugin *plugin, const char *function);

/* Opens the slot's page, which the loader made read-only, for good. */
void plugin_write(uintptr_t *slot, uintptr_t value);

#endif
