/* late_names.c - refers to each function that is bound late, as the compiler calls it: the object
 * file is only looked into (scripts/foreign). */
#include "preload/loader/late_table.h"

extern void *const late_names_all[];

#define ADDRESS(name) (void *)name,
void *const late_names_all[] = {LATE_LIBC(ADDRESS)};
