/*
 * own_system.h - the running system, as far as the switch touches it, of this test alone.
 *
 * The test process enters a mount namespace of its own: /etc is an overlay in a small memory, /run,
 * /usr/local and the journal's socket are new. What the build made is copied to /usr/local, with
 * the modes that `make install` gives. Nothing is left behind when the process ends.
 *
 * Errors: false, having printed SKIP, where this is not permitted.
 */
#ifndef COMMISSIONED_TEST_OWN_SYSTEM_H
#define COMMISSIONED_TEST_OWN_SYSTEM_H

#include <stdbool.h>

#define OWN_COMMAND "/usr/local/bin/commissioned-auth"
#define OWN_OFF     "/usr/local/bin/commissioned-auth-off"
#define OWN_LIBRARY "/usr/local/lib/libcommissioned-auth.so"
#define OWN_PRELOAD "/etc/ld.so.preload"
#define OWN_MARK    "/etc/ld.so.preload.pending"

/* `test` is __func__. Before any thread is started. */
bool own_system_lacks(const char *test);

/* Fills /etc, so that not one block is left. */
void own_system_fill_etc(void);

/* Whether a line that was sent to the journal has the text in it. */
bool own_system_told(const char *text);

#endif
