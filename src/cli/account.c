#include "cli/account.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/key_store.h"
#include "commissioned/journal_fields.h"
#include "core/cleanup.h"
#include "core/journal.h"

enum { ID_SIZE = 16, MESSAGE_SIZE = 512, TERMINAL_SIZE = 64, MAX_OBJECT = 200 };

/* proc(5): 4294967295 where nobody logged in, as in a service. */
static void login_user(char id[ID_SIZE])
{
    auto_close int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, id, ID_SIZE - 1);
    id[got > 0 ? got : 0] = '\0';
    if (*id == '\0' || strcmp(id, "4294967295") == 0)
        strcpy(id, "none");
}

static void terminal_name(char name[TERMINAL_SIZE])
{
    if (ttyname_r(STDIN_FILENO, name, TERMINAL_SIZE) != 0 &&
        ttyname_r(STDERR_FILENO, name, TERMINAL_SIZE) != 0)
        strcpy(name, "none");
}

/* sshd(8): "client port server port"; the client alone says where from. */
static void remote_host(char host[TERMINAL_SIZE])
{
    const char *connection = getenv("SSH_CONNECTION");
    int length = connection != NULL ? (int)strcspn(connection, " ") : 0;
    snprintf(host, TERMINAL_SIZE, "%.*s", length, length > 0 ? connection : "");
}

/* A file may be named by anybody: in the text its name must not go on with a result and a user. */
static void show_object(char shown[MAX_OBJECT + 1], const char *object)
{
    snprintf(shown, MAX_OBJECT + 1, "%s", object);
    for (char *at = shown; (at = strpbrk(at, ":;,")) != NULL;)
        *at = '?';
}

static const char *word_for(int status)
{
    return status == CLI_OK ? "done" : status == CLI_NO ? "nothing changed" : "failed";
}

void account_key(const char *path, const char *name, int status)
{
    /* What was done was done to something of that name, which can be seen: a
     * token's may be longer. */
    bool good = strlen(name) <= (status == CLI_OK ? NAME_MAX : KEY_MAX_NAME);
    char word[64];
    for (const char *p = name; *p != '\0'; p++)
        good = good && (isalnum((unsigned char)*p) || strchr("._-", *p) != NULL);
    snprintf(word, sizeof word, "(a word of %zu characters)", strlen(name));
    account(path + sizeof CLI_NAME, good ? name : word, status);
}

int account(const char *what, const char *object, int status)
{
    char uid[ID_SIZE], login[ID_SIZE], terminal[TERMINAL_SIZE], host[TERMINAL_SIZE];
    char message[MESSAGE_SIZE], shown[MAX_OBJECT + 1];
    auto_errno int saved = errno;
    snprintf(uid, sizeof uid, "%ld", (long)getuid());
    login_user(login);
    terminal_name(terminal);
    remote_host(host);
    show_object(shown, object);
    snprintf(message, sizeof message, "%s %s: %s; uid %s, login uid %s, terminal %s%s%s", what,
             shown, word_for(status), uid, login, terminal, *host != '\0' ? ", from " : "", host);
    const struct journal_field fields[] = {
        {FIELD(ACTION), what},
        {FIELD(OBJECT), object},
        {FIELD(RESULT), word_for(status)},
        {FIELD(UID), uid},
        {FIELD(LOGINUID), login},
        {FIELD(TERMINAL), terminal},
        {FIELD(FROM), *host != '\0' ? host : NULL},
    };
    journal_send(JOURNAL_CHANGE, message, fields, sizeof fields / sizeof *fields);
    return status;
}
