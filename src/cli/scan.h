/*
 * cli/scan.h - whether byte strings occur in a file, without keeping the file.
 *
 * Threads: none. What was read is wiped: it may hold a key, and so may a needle.
 */
#ifndef COMMISSIONED_CLI_SCAN_H
#define COMMISSIONED_CLI_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCAN_MAX_NEEDLE = 4096 }; /* bytes of a needle */

struct needle {
    const void *bytes;
    size_t length; /* 1 to SCAN_MAX_NEEDLE */
    bool found;    /* set where it occurs; never cleared */
};

/* Reads the descriptor from where it stands, at most `most` bytes. False
 * where it cannot be read. */
bool scan_fd(int fd, uint64_t most, struct needle *needles, size_t count);

#endif
