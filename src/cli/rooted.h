/*
 * cli/rooted.h - names as a tree would see them if it were the root folder.
 *
 * A link in the tree, absolute or with "..", stays in the tree: TREE/etc as a link to /etc means
 * TREE/etc again, and never the running system's.
 * Source:  openat2(2), RESOLVE_IN_ROOT.
 *
 * Threads: no shared state.
 */
#ifndef COMMISSIONED_CLI_ROOTED_H
#define COMMISSIONED_CLI_ROOTED_H

/* Opens the folder that is the tree's root; NULL means "/". -1 with errno. */
int rooted_top(const char *root);

/*
 * Opens `path` below `top`, close-on-exec. -1 with errno: ENOSYS where the kernel (before 5.6, or a
 * filter) cannot keep the walk inside and the tree is not the running system's root.
 */
int rooted_open(int top, const char *path, int flags);

/* Opens the folder `path`, whose last two parts are made where they are missing, each 0755. */
int rooted_folder(int top, const char *path);

#endif
