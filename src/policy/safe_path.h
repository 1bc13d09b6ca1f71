/*
 * safe_path.h - the walk to a file, used by safe_file.c alone.
 *
 * On SAFE_OK `*found` is what stands at the end of the walk, and walk->resolved its path without
 * links. The last thing found is not judged, but everything on the way to it is.
 * Errors and threads: as safe_file.h.
 */
#ifndef COMMISSIONED_SAFE_PATH_H
#define COMMISSIONED_SAFE_PATH_H

#include "policy/safe_file.h"

enum safe_result safe_path_walk(const char *path, uid_t euid, struct safe_file *walk,
                                struct stat *found, struct complaint *why);

#endif
