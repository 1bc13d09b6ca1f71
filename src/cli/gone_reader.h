/*
 * cli/gone_reader.h - who reads our output may go at any time ("| head -1"), and a change must
 * neither stop half way for that nor go without its line in the journal.
 *
 * A handler, for what is executed later has the signal as it was. It does nothing: the write fails.
 * Threads: none.
 */
#ifndef COMMISSIONED_CLI_GONE_READER_H
#define COMMISSIONED_CLI_GONE_READER_H

#include <signal.h>
#include <stddef.h>

static void gone_reader(int number)
{
    (void)number;
}

static inline void gone_reader_is_outlived(void)
{
    struct sigaction action = {.sa_handler = gone_reader, .sa_flags = SA_RESTART}, old;
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGPIPE, NULL, &old) == 0 && old.sa_handler == SIG_DFL)
        sigaction(SIGPIPE, &action, NULL);
}

#endif
