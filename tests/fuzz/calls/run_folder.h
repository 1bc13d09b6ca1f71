/*
 * run_folder.h - the folder that both processes of calls_run share: keys, certificates, policies.
 *
 * Errors: calls_run ends.
 */
#ifndef COMMISSIONED_CALLS_RUN_FOLDER_H
#define COMMISSIONED_CALLS_RUN_FOLDER_H

#include <stdbool.h>

extern char *run_folder;

/* `authorities`: the policies name those that signed for app. */
void run_folder_make(bool authorities);
void run_folder_remove(void);

#endif
