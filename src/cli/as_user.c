#include "cli/as_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/json.h"

struct identity {
    uid_t uid;
    gid_t gid;
    const char *name; /* NULL: no such entry, a number alone */
    const char *home;
};

static bool find(const char *user, struct identity *identity)
{
    const struct passwd *entry = getpwnam(user);
    char *end;
    unsigned long number = strtoul(user, &end, 10);
    if (entry == NULL && *user >= '0' && *user <= '9' && *end == '\0' && number < (uid_t)-1) {
        entry = getpwuid((uid_t)number);
        if (entry == NULL) {
            *identity = (struct identity){(uid_t)number, (gid_t)number, NULL, "/"};
            return true;
        }
    }
    if (entry == NULL)
        return false;
    *identity = (struct identity){entry->pw_uid, entry->pw_gid, entry->pw_name, entry->pw_dir};
    return true;
}

static void become(const struct identity *identity)
{
    static const char *const variables[] = {"COMMISSIONED_AUTH_CONFIG", "COMMISSIONED_API_KEY",
                                            "OPENAI_API_KEY",           "CREDENTIALS_DIRECTORY",
                                            "XDG_CONFIG_HOME",          NULL};
    int groups =
        identity->name != NULL ? initgroups(identity->name, identity->gid) : setgroups(0, NULL);
    if (groups != 0 || setgid(identity->gid) != 0 || setuid(identity->uid) != 0)
        exit(cli_fail(CLI_FAILED, "--user: cannot become user %u: %m", (unsigned)identity->uid));
    for (const char *const *v = variables; *v != NULL; v++)
        unsetenv(*v);
    setenv("HOME", identity->home, 1);
}

int as_user(const char *user, bool json, int (*part)(const void *), const void *data)
{
    struct identity identity;
    int status;
    if (user == NULL)
        return part(data);
    if (!find(user, &identity))
        return cli_fail(CLI_FAILED, "--user: there is no user '%s'", user);
    if (identity.uid == geteuid())
        return part(data);
    if (geteuid() != 0)
        return cli_fail(CLI_FAILED, "--user: only root can ask as another user");
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return cli_fail(CLI_FAILED, "--user: %m");
    if (child == 0) {
        become(&identity);
        status = part(data);
        if (json)
            json_print_error(status);
        exit(fflush(stdout) == 0 ? status : CLI_FAILED);
    }
    json_was_printed();
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return cli_fail(CLI_FAILED, "--user: %m");
    return WIFEXITED(status) ? WEXITSTATUS(status) : CLI_FAILED;
}
