/*
 * drive.h - the program's multi handles, and how they are driven.
 */
#ifndef COMMISSIONED_CALLS_DRIVE_H
#define COMMISSIONED_CALLS_DRIVE_H

#include <stdbool.h>

#include <curl/curl.h>

#include "steps.h"

extern CURLM *multis[MULTIS]; /* NULL: not made yet, or cleaned up */

/* Made where there is none. */
CURLM *multi_of(unsigned number);

/* A few rounds, as steps_by_loop has it; how many transfers run then. */
int drive(unsigned number, unsigned rounds, unsigned how);
/* Until nothing runs any more; reads messages. */
void finish(unsigned number, unsigned how);
void read_messages(CURLM *multi);

/* Somebody drives it just now. */
bool is_driven(unsigned number);

#endif
