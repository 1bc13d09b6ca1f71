/*
 * cli/identity.h - whom --user names: his ids, groups and home.
 *
 * `text` is USER or USER:GROUP, each a name or a number. A number need not be in /etc/passwd (a
 * container's, Kubernetes' runAsUser); which groups such a user has is then nowhere written, and
 * not known unless the group is given: it is then his only one, as it is for docker(1) --user.
 *
 * Threads:   none; getpwnam(3) is asked.
 * Ownership: all is in the struct.
 */
#ifndef COMMISSIONED_CLI_IDENTITY_H
#define COMMISSIONED_CLI_IDENTITY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum {
    IDENTITY_MAX_GROUPS = 1024,
    IDENTITY_NO_GROUP = 65534, /* stands for one that is not known: no file is shared with it */
};

struct identity {
    char name[64];       /* or the number where there is no name */
    char home[PATH_MAX]; /* "" where none is known */
    uid_t uid;
    gid_t gid;
    bool group_given;
    bool groups_known;
    gid_t groups[IDENTITY_MAX_GROUPS]; /* supplementary */
    size_t ngroups;
};

/* A group's id, by its name or in digits. False where there is none. */
bool identity_find_group(const char *text, gid_t *gid);

/* An exit code; what is wrong has been said. */
int identity_find(const char *text, struct identity *identity);

#endif
