#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/key_store.h"
#include "core/secret.h"

enum { SHORT_KEY = 16 };

void secret_clear(struct secret *secret)
{
    secret_wipe(secret, sizeof *secret);
}

void secret_show(const struct secret *secret, char prefix[POLICY_PREFIX_LENGTH + 1])
{
    size_t length = secret_prefix_length(secret->length);
    memcpy(prefix, secret->text, length);
    prefix[length] = '\0';
}

void secret_trim(struct secret *secret)
{
    while (secret->length &&
           (secret->text[secret->length - 1] == '\n' || secret->text[secret->length - 1] == '\r'))
        secret->length--;
    if (secret->length < sizeof secret->text)
        secret->text[secret->length] = '\0';
}

/* Everything up to the end of the input: a second line is a mistake that must not go unseen. */
static ssize_t read_input(char *text, size_t room)
{
    size_t length = 0;
    while (length < room) {
        ssize_t got = read(STDIN_FILENO, text + length, room - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -1;
        if (got == 0)
            break;
        length += (size_t)got;
    }
    return (ssize_t)length;
}

/* Blanks come along when a key is copied out of a page or a table. */
static void trim(struct secret *secret)
{
    static const char blanks[] = " \t\r\n\v\f";
    size_t before;
    while (secret->length && strchr(blanks, secret->text[secret->length - 1]) != NULL)
        secret->length--;
    if (secret->length < sizeof secret->text)
        secret->text[secret->length] = '\0';
    before = strspn(secret->text, blanks);
    secret->length -= before;
    memmove(secret->text, secret->text + before, secret->length + 1);
}

static int judge(struct secret *secret)
{
    char *text = secret->text;
    const char *unlike;
    trim(secret);
    if (secret->length == 0)
        return cli_fail(CLI_FAILED, "no key was given: paste it at the prompt, or pipe it in");
    if (secret->length > POLICY_MAX_KEY)
        return cli_fail(CLI_FAILED, "a key has at most %d characters, and this is longer",
                        POLICY_MAX_KEY);
    unlike = key_unlike(text);
    if (unlike != NULL)
        return cli_fail(CLI_FAILED, "this is no key: %s", unlike);
    if (!secret_is_key(text, secret->length))
        return cli_fail(CLI_FAILED, "this is no key: a key is one line of visible ASCII characters "
                                    "without spaces");
    if (secret->length < SHORT_KEY)
        cli_warn("this has %zu characters, which is short for a key: look whether it is whole",
                 secret->length);
    return CLI_OK;
}

int key_ask(const char *prompt, struct secret *secret)
{
    ssize_t got;
    mlock(secret, sizeof *secret); /* out of the swap where that is allowed; never a condition */
    if (isatty(STDIN_FILENO))
        got = term_read_secret(STDIN_FILENO, prompt, secret->text, sizeof secret->text);
    else
        got = read_input(secret->text, sizeof secret->text);
    if (got < 0)
        return cli_fail(CLI_FAILED, "cannot read the key: %m");
    secret->length = (size_t)got;
    return judge(secret);
}
