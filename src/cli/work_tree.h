/* work_tree.h - the git work tree that a folder lies in. Any thread. */
#ifndef COMMISSIONED_WORK_TREE_H
#define COMMISSIONED_WORK_TREE_H

#include <limits.h>
#include <stdbool.h>

/* Cuts the absolute path `folder` to the nearest folder above it, itself included, that holds a
 * .git: a folder, or a file in a worktree or submodule (gitrepository-layout(5)). False where none
 * does; then `folder` is "". Of the root, "" is what remains too. */
bool work_tree_of(char folder[PATH_MAX]);

#endif
