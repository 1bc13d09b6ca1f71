#include "cli/shell_front.h"

#include <stddef.h>
#include <string.h>

#include "core/text.h"

/* Options that are not here have no value, or have it in the same word. */
static const struct shell_starter {
    const char *name;
    const char *letters; /* of options whose value is the next word */
    const char *words;   /* the same, long: " signal kill-after " */
    unsigned operands;   /* of its own, before the command */
    bool clears;         /* LD_PRELOAD */
} starters[] = {
    {"timeout", "ks", " kill-after signal ", 1, false},
    {"nice", "n", " adjustment ", 0, false},
    {"ionice", "cn", " class classdata ", 0, false},
    {"env", "uC", " unset chdir ", 0, false},
    {"nohup", "", "", 0, false},
    {"setsid", "", "", 0, false},
    {"flock", "wE", " wait timeout conflict-exit-code ", 1, false},
    {"stdbuf", "ioe", " input output error ", 0, false},
    {"chrt", "TPD", " sched-runtime sched-period sched-deadline ", 1, false},
    {"taskset", "", "", 1, false},
    {"chroot", "", "", 1, false},
    {"xargs", "aEdILnPs", " arg-file delimiter max-lines max-args max-procs max-chars ", 0, false},
    {"watch", "n", " interval ", 0, false},
    {"time", "fo", " format output ", 0, false},
    {"runuser", "ugG", " user group supp-group ", 0, false},
    {"gosu", "", "", 1, false},
    {"su-exec", "", "", 1, false},
    {"sudo", "CDghpRrTtuU", " user group chdir chroot host prompt role type ", 0, true},
    {"doas", "aCu", "", 0, true},
    {"exec", "a", "", 0, false},
    {"command", "", "", 0, false},
    {"builtin", "", "", 0, false},
    {"eval", "", "", 0, false},
};

static bool is_of_the_shell(const char *word)
{
    static const char *const words[] = {"if",    "then", "else", "elif", "while",
                                        "until", "do",   "!",    "{",    NULL};
    for (const char *const *w = words; *w != NULL; w++)
        if (strcmp(*w, word) == 0)
            return true;
    return false;
}

static const struct shell_starter *find(const char *word)
{
    const char *name = text_base_name(word);
    for (size_t i = 0; i < sizeof starters / sizeof starters[0]; i++)
        if (strcmp(starters[i].name, name) == 0)
            return &starters[i];
    return NULL;
}

/* "-n", "-xn" and "--adjustment"; not "-n5" or "--adjustment=5". */
static bool wants_value(const struct shell_starter *starter, const char *option)
{
    size_t length = strlen(option + 1);
    if (option[1] == '-') {
        const char *at = length > 1 ? strstr(starter->words, option + 2) : NULL;
        return at != NULL && at[-1] == ' ' && at[length - 1] == ' ';
    }
    for (const char *letter = option + 1; *letter != '\0'; letter++)
        if (strchr(starter->letters, *letter) != NULL)
            return letter[1] == '\0';
    return false;
}

static enum shell_word take_option(struct shell_front *front, const char *option)
{
    if (front->starter == NULL)
        return SHELL_BEFORE;
    if (strcmp(front->starter->name, "command") == 0 && strpbrk(option, "vV") != NULL)
        return SHELL_NO_CALL;
    front->value = wants_value(front->starter, option);
    return SHELL_BEFORE;
}

enum shell_word shell_front_take(struct shell_front *front, const char *word)
{
    if (front->value) {
        front->value = false;
        return SHELL_BEFORE;
    }
    if (word[0] == '-')
        return take_option(front, word);
    if (front->operands > 0) {
        front->operands--;
        return SHELL_BEFORE;
    }
    if (strchr(word, '=') != NULL || is_of_the_shell(word))
        return SHELL_BEFORE;
    front->starter = find(word);
    if (front->starter == NULL)
        return SHELL_COMMAND;
    front->operands = front->starter->operands;
    if (front->starter->clears)
        front->clears = front->starter->name;
    return SHELL_BEFORE;
}
