/*
 * switch_root.h - a tree for `enable --root`: folders, and a stand-in where the library is
 * installed.
 */
#ifndef COMMISSIONED_TEST_SWITCH_ROOT_H
#define COMMISSIONED_TEST_SWITCH_ROOT_H

#include <limits.h>

#define SWITCH_LIBRARY "/usr/lib/x86_64-linux-gnu/libcommissioned-auth.so"

/* Made in a folder of its own, which scratch_remove takes away. */
void switch_root_make(char root[PATH_MAX]);

/* tests/fixtures/NAME as that library. */
void switch_root_install(const char *root, const char *name);

#endif
