/* status - what the system-wide switch is at, from the files alone. */
#include <stdio.h>
#include <string.h>

#include "cli/bridges.h"
#include "cli/cli.h"
#include "cli/json.h"
#include "cli/preload_file.h"
#include "cli/processes.h"
#include "cli/switch.h"
#include "core/cleanup.h"

enum { OPTION_JSON, OPTION_PROCESSES, OPTION_ROOT, OPTION_QUIET };

static const struct cli_option options[] = {
    [OPTION_JSON] = CLI_JSON,
    [OPTION_PROCESSES] = {"processes", 0, NULL, "also which processes have the library",
                          CLI_WORDS_NONE, NULL},
    [OPTION_ROOT] = {"root", 0, "DIR", "look at the tree DIR instead of /", CLI_WORDS_FOLDER, NULL},
    [OPTION_QUIET] = CLI_QUIET,
    {0},
};

struct state {
    const struct switch_tree *tree;
    struct preload_entry ours; /* length 0: off */
    char name[PATH_MAX];       /* it, ended */
    bool found;                /* the library that it names is there and can be loaded */
    char why[SWITCH_WHY_SIZE]; /* why not */
    bool pending;
    long seconds_left; /* 0 also where nobody will take it back */
    pid_t lost;        /* who was to, and ended before his time; 0: nobody */
    json_t *others;
};

static void look(const struct switch_tree *tree, struct state *state)
{
    const char *at = tree->seen;
    struct preload_entry entry;
    struct switch_mark mark;
    unsigned line = 1;
    *state = (struct state){.tree = tree, .others = json_array()};
    while (preload_next(&at, &line, &entry)) {
        if (preload_is_ours(&entry))
            state->ours = entry;
        else
            json_array_append_new(state->others, json_stringn(entry.start, entry.length));
    }
    if (state->ours.length == 0)
        return;
    snprintf(state->name, sizeof state->name, "%.*s", (int)state->ours.length, state->ours.start);
    state->found = switch_loads(tree, state->name, true, state->why);
    state->pending = switch_pends(tree, &mark);
    if (!state->pending || !mark_is_of_this_boot(&mark) || mark.until <= time(NULL))
        return;
    if (mark_has_watcher(&mark))
        state->seconds_left = (long)(mark.until - time(NULL));
    else
        state->lost = mark.watcher;
}

static const char *word(const struct state *state)
{
    if (!state->ours.length)
        return "off";
    if (!state->found)
        return "broken";
    return state->pending ? "pending" : "on";
}

static int print_json(const struct state *state, bool processes, int code)
{
    json_t *object = json_object();
    json_put_text(object, "state", word(state));
    json_put_text(object, "file", state->tree->file);
    json_put(object, "line", state->ours.length ? json_integer(state->ours.line) : NULL);
    json_put(object, "library",
             state->ours.length ? json_stringn(state->ours.start, state->ours.length) : NULL);
    json_put(object, "library_found", json_boolean(state->found));
    json_put_text(object, "why_not", state->why);
    json_put(object, "taken_back_in", state->pending ? json_integer(state->seconds_left) : NULL);
    json_put(object, "other_entries", json_incref(state->others));
    if (*state->tree->root == '\0')
        json_put(object, "bridges", bridges_json());
    if (processes)
        json_put(object, "processes", processes_json());
    return json_print(object, code);
}

static int print_text(const struct state *state, bool processes, int code)
{
    char off[PATH_MAX];
    printf("%-14s %s\n", "switch", word(state));
    if (state->ours.length)
        printf(
            "%-14s %s:%u%s\n%-14s %s\n", "named in", state->tree->file, state->ours.line,
            preload_in_comment(state->tree->text, (size_t)(state->ours.start - state->tree->seen))
                ? ", in a comment that the loader reads all the same"
                : "",
            "library", cli_shown(state->name));
    if (state->ours.length && !state->found)
        printf("%-14s %s, or run '" CLI_NAME " disable'\n", "broken", cli_shown(state->why));
    if (state->lost > 0)
        printf("%-14s by nobody, for process %ld, which was to, has ended: run '" CLI_NAME
               " enable --confirm' or '" CLI_NAME " disable'\n",
               "taken back", (long)state->lost);
    else if (state->pending && state->seconds_left == 0)
        puts("taken back     overdue: run '" CLI_NAME " enable --confirm' or '" CLI_NAME
             " disable'");
    else if (state->pending)
        printf("%-14s in %ld s, unless '" CLI_NAME " enable --confirm' comes\n", "taken back",
               state->seconds_left);
    for (size_t i = 0; i < json_array_size(state->others); i++)
        printf("%-14s %s\n", "other entry",
               cli_shown(json_string_value(json_array_get(state->others, i))));
    if (state->ours.length && *state->tree->root == '\0' && switch_off_program(off))
        printf("%-14s %s, also when no other program starts\n", "way back", off);
    if (*state->tree->root == '\0')
        bridges_tell();
    if (processes)
        processes_tell(state->ours.length > 0);
    return code;
}

static int status(const struct cli_call *call)
{
    auto_tree struct switch_tree tree;
    struct state state;
    bool processes = call->value[OPTION_PROCESSES] != NULL;
    int code = switch_open(&tree, call->value[OPTION_ROOT], SWITCH_LOOK);
    if (code != CLI_OK)
        return code;
    look(&tree, &state);
    code = strcmp(word(&state), "on") == 0 ? CLI_OK : CLI_NO;
    if (strcmp(word(&state), "broken") == 0)
        code = CLI_FAILED;
    code = call->value[OPTION_JSON] != NULL ? print_json(&state, processes, code)
                                            : print_text(&state, processes, code);
    json_decref(state.others);
    return code;
}

const struct cli_verb cli_verb_status = {
    .name = "status",
    .summary = "tell whether it is on",
    .about = "Tell what /etc/ld.so.preload says, and which bridges and gateways run.\n"
             "Exit status: 0 on, 1 off or not yet confirmed, 2 broken: it names a library\n"
             "that cannot be loaded.\n",
    .options = options,
    .run = status,
};
