/*
 * sort.h - qsort(3) that takes no memory. Entries that compare equal come in any order.
 *
 * Threads: nothing is shared. Errors: none.
 */
#ifndef COMMISSIONED_MODULE_SORT_H
#define COMMISSIONED_MODULE_SORT_H

#include <stddef.h>

void sort(void *data, size_t count, size_t size, int (*compare)(const void *, const void *));

#endif
