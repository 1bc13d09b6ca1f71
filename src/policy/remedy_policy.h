/*
 * remedy_policy.h - the rest of remedy.h: what is several people's, the system's policy above all.
 * For src/policy alone.
 *
 * Each ends in something that this user can do, or root, and that is right for everybody else too.
 *
 * Threads: as remedy.h.
 * Errors:  none.
 */
#ifndef COMMISSIONED_REMEDY_POLICY_H
#define COMMISSIONED_REMEDY_POLICY_H

#include <stdbool.h>
#include <sys/stat.h>

#include "policy/sentence.h"

/* A policy in root's folder is everybody's, so it is never given to one user. False where it is
 * none such. */
bool remedy_foreign_policy(struct complaint *why, const char *path, const struct stat *st,
                           uid_t euid);

/* There is no such .env file. */
void remedy_no_dotenv(struct complaint *why, const char *path, const char *variable, uid_t euid);

/* The certificates there are no PEM, but one in DER form. */
void remedy_der(struct complaint *why, const char *path);

#endif
