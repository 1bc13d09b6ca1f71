/*
 * cli.h - how a verb of the command is described, and what every verb shares.
 *
 * One table per verb says what it accepts. The parser, the help, the suggestions and the shell
 * completions are all made from that table, so they cannot contradict each other.
 *
 * Threads: the command has one.
 * Errors:  a function that returns an exit code has already said why.
 */
#ifndef COMMISSIONED_CLI_H
#define COMMISSIONED_CLI_H

#include <stdbool.h>
#include <stddef.h>

#define CLI_NAME "commissioned-auth"

enum {
    CLI_OK = 0,
    CLI_NO = 1,     /* the answer is no, or there are warnings */
    CLI_FAILED = 2, /* wrong usage, or something failed */

    /* env(1), nohup(1) and POSIX command(1) have the same three. */
    CLI_RUN_FAILED = 125,
    CLI_RUN_NOT_EXECUTABLE = 126,
    CLI_RUN_NOT_FOUND = 127,

    /* sysexits.h(3head) */
    CLI_UNSAFE_MODE = 77, /* EX_NOPERM */
    CLI_NOT_ROOT = CLI_UNSAFE_MODE,
    CLI_BAD_CONFIG = 78, /* EX_CONFIG */

    CLI_MAX_OPTIONS = 12,
    CLI_COLUMNS = 80,
    CLI_HELP_LINES = 24,
};

/* What a shell offers where an argument or an operand is expected. */
enum cli_words {
    CLI_WORDS_NONE,
    CLI_WORDS_FILE,
    CLI_WORDS_FOLDER,
    CLI_WORDS_COMMAND,
    CLI_WORDS_USER,
    CLI_WORDS_GROUP,
    CLI_WORDS_KEY,   /* the names of the stored keys */
    CLI_WORDS_NAMED, /* the names that keys have in the configuration in force */
    CLI_WORDS_VERB,
    CLI_WORDS_LIST, /* the `list` of the option or verb, separated by spaces */
};

struct cli_option {
    const char *name;     /* long name; NULL ends the table */
    char letter;          /* short name, or 0 */
    const char *argument; /* what the help calls its argument; NULL for a switch */
    const char *help;
    enum cli_words words;
    const char *list;
};

/* Of each verb whose answer a program may want. */
#define CLI_JSON                                                                                   \
    {                                                                                              \
        "json", 'j', NULL, "print one JSON object", CLI_WORDS_NONE, NULL                           \
    }

/* Of each verb whose work a script may want without its words: nothing comes to standard output. */
#define CLI_QUIET                                                                                  \
    {                                                                                              \
        "quiet", 'q', NULL, "print errors and warnings alone", CLI_WORDS_NONE, NULL                \
    }

/* Of each verb that removes or switches: it tells what it would write, and writes nothing. */
#define CLI_DRY_RUN                                                                                \
    {                                                                                              \
        "dry-run", 'n', NULL, "tell what it would do", CLI_WORDS_NONE, NULL                        \
    }

/* A parsed call: value[i] belongs to options[i]; NULL where it was not given, "" for a switch. */
struct cli_call {
    const char *value[CLI_MAX_OPTIONS];
    int argc; /* operands, without the verb */
    char **argv;
};

struct cli_verb {
    const char *name;
    const char *operands; /* as the usage line shows them, or NULL */
    const char *summary;  /* one line of the list of verbs */
    const char *about;    /* what its help says; lines end in \n */
    const struct cli_option *options;
    const struct cli_verb *const *verbs; /* sub-verbs, ends in NULL; then `run` is NULL */
    enum cli_words words;
    const char *list;
    bool stops_at_operand; /* what follows the first operand belongs to another program */
    int min_operands;
    int max_operands; /* -1: any number */
    bool account;     /* a line in the journal says who called it (account.h) */
    int misuse;       /* exit code of a wrong call; 0 means CLI_FAILED */
    int (*run)(const struct cli_call *call);
};

/* The whole command. `path` is what the user typed to get here, such as "commissioned-auth key". */
extern const struct cli_verb cli_command;
int cli_dispatch(const struct cli_verb *verb, const char *path, int argc, char **argv);

/* The help of one verb, malloc'ed. At most CLI_HELP_LINES lines of at most CLI_COLUMNS columns. */
char *cli_help(const struct cli_verb *verb, const char *path);

/* Prints it. Exit code. */
int cli_print_help(const struct cli_verb *verb, const char *path);

/* The verb of that name below `verb`, or NULL. */
const struct cli_verb *cli_find_verb(const struct cli_verb *verb, const char *name);

/* Says that `verb`, which was called as `path`, has no such verb, and which was meant. */
int cli_unknown_verb(const struct cli_verb *verb, const char *path, const char *typed);

/* "commissioned-auth: SENTENCE\n" on standard error. Returns `code`. errno is kept. */
int cli_fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The last sentence of cli_fail, or NULL. */
const char *cli_last_error(void);

/* The text as it may be put on a terminal: what would act on it, and what is no UTF-8, is '?'. In
 * one of 8 buffers, of 8 kB each, that are used in turn. */
const char *cli_shown(const char *text);

/* Verbs, one file each. */
extern const struct cli_verb cli_verb_run;
extern const struct cli_verb cli_verb_explain;
extern const struct cli_verb cli_verb_doctor;
extern const struct cli_verb cli_verb_key;
extern const struct cli_verb cli_verb_token;
extern const struct cli_verb cli_verb_gateway;
extern const struct cli_verb cli_verb_config;
extern const struct cli_verb cli_verb_enable;
extern const struct cli_verb cli_verb_disable;
extern const struct cli_verb cli_verb_status;
extern const struct cli_verb cli_verb_completion;
extern const struct cli_verb cli_verb_help;

#endif
