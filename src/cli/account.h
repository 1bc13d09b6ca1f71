/*
 * cli/account.h - who changed what, in the machine's log.
 *
 * A line for each verb that changes the switch, a key, a token or the configuration, also where it
 * failed; none for verbs that only read. Who: the user id, the one that logged in (loginuid, which
 * sudo(8) does not change), the terminal and where SSH says that it came from. The last two are the
 * caller's own word.
 *
 * Threads: none. errno is kept.
 */
#ifndef COMMISSIONED_CLI_ACCOUNT_H
#define COMMISSIONED_CLI_ACCOUNT_H

/* `what` is the verb, `object` what it was about (a file, a key's name; never a key), `status` the
 * exit code, which is returned. */
int account(const char *what, const char *object, int status);

/* The same of a verb that changes a key or a token. `path` is how it was called, such as
 * "commissioned-auth key add". What was changed is called by its name; of what could not be a key's
 * name its length alone is told, for somebody may have typed the key in its place. */
void account_key(const char *path, const char *name, int status);

#endif
