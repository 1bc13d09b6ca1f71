/*
 * kernel_file.h - files that the kernel makes as they are read, such as those of /proc. They have
 * no size, so they are read to their end. Not by fopen(3), which would take memory from the host
 * program's heap.
 */
#ifndef COMMISSIONED_POLICY_KERNEL_FILE_H
#define COMMISSIONED_POLICY_KERNEL_FILE_H

#include <stddef.h>

/*
 * At most its first `max` bytes, ended by NUL; *length is without that, and may be NULL. The caller
 * frees it. NULL where it cannot be read or memory ran out; errno says why.
 */
char *kernel_file(const char *path, size_t max, size_t *length);

#endif
