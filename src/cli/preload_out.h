/*
 * cli/preload_out.h - our entries out of /etc/ld.so.preload, whatever state the machine is in.
 *
 * Whoever switched it on must be able to switch it off: with a full disk, while another process
 * holds the lock, without /run. So this needs an open folder and nothing else.
 *
 * Order: a file that replaces the old one whole, or none where nothing is left in it; where that
 * cannot be written, spaces over our entry in the file as it lies. Then it is read again, for
 * another process may have put the entry back.
 *
 * Where the list is a link, a file takes its place in the running system, for its loader follows
 * it. In another tree the link may lead out of it: ELOOP. A list with a NUL keeps its length, for
 * what it is a part of is not known.
 */
#ifndef COMMISSIONED_CLI_PRELOAD_OUT_H
#define COMMISSIONED_CLI_PRELOAD_OUT_H

#define PRELOAD_NAME "ld.so.preload"

enum { MAX_PRELOAD = 64 * 1024 /* bytes; a longer file is not touched */ };

enum preload_out {
    PRELOAD_OUT_FAILED = -1, /* errno says why */
    PRELOAD_OUT_WAS_OFF,
    PRELOAD_OUT_DONE,
};

enum preload_out preload_take_out(int etc);

#endif
