/*
 * memory_lock.h - memory kept out of the swap, at nobody's cost.
 *
 * What a process may lock is its own to use up (RLIMIT_MEMLOCK), so nothing is locked where that is
 * counted: only with CAP_IPC_LOCK or without a limit.
 *
 * Threads: any. Errors: none; it is done where it can be.
 */
#ifndef COMMISSIONED_MEMORY_LOCK_H
#define COMMISSIONED_MEMORY_LOCK_H

#include <stddef.h>

void memory_lock(const void *memory, size_t size);

#endif
