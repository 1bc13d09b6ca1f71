#include "preload/loader/late_table.h"

struct late_libc late;
