/*
 * Which files are read, and in which order their rules stand.
 *
 * MUST: the system's policy is read first, for its user_config = false closes the other layers.
 * MUST: a denial holds from whichever layer it comes, and also where it cannot be read: a system's
 *       policy that is closed to this user may deny him the key, whatever his own says.
 * MUST: a layer that cannot be used makes the whole policy unusable, never a silently smaller one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/passing.h"
#include "policy/drop_ins.h"
#include "policy/match.h"
#include "policy/reader.h"
#include "policy/remedy.h"
#include "policy/remedy_policy.h"
#include "policy/safe_file.h"

struct layer_state {
    struct policy_config *config;
    struct policy_names names;
    enum policy_layer layer;
    uint32_t nread;    /* files that were there */
    bool closes_users; /* user_config = false */
    bool no_access;    /* a file is there that this user may not read ... */
    struct policy_place no_access_at;
    struct complaint no_access_why;
};

static void note_no_access(struct layer_state *state, const char *path, const struct complaint *why)
{
    state->no_access = true;
    state->no_access_at = (struct policy_place){path, 0, state->layer};
    state->no_access_why = *why;
}

static void read_one(struct layer_state *state, const char *path)
{
    struct policy_config *config = state->config;
    struct policy_reader reader = {.config = config,
                                   .names = &state->names,
                                   .file = arena_strdup(&config->arena, path),
                                   .layer = state->layer};
    struct policy_config_file *file = policy_add_file(config);
    struct complaint why = {0};
    if (reader.file == NULL || file == NULL)
        return;
    *file = (struct policy_config_file){.path = reader.file, .layer = state->layer};
    enum policy_file_result result = policy_read_file(&reader, &why);
    if (result == POLICY_FILE_NO_ACCESS) {
        note_no_access(state, reader.file, &why);
        return;
    }
    file->found = result != POLICY_FILE_ABSENT;
    config->exists |= file->found;
    state->nread += file->found;
    state->closes_users |= reader.closes_users;
}

/* The folder is there, for it was judged; what is in it may matter. */
static void folder_unread(struct layer_state *state, const char *folder, int error)
{
    struct policy_config *config = state->config;
    struct policy_place place = {folder, 0, state->layer};
    struct complaint why = {0};
    config->passing |= error_is_passing(error);
    if (error == ENOMEM) {
        config->arena.failed = true;
    } else if (error == EACCES) {
        complain(&why, "", "permission denied");
        remedy_unlisted(&why, folder, config->euid);
        note_no_access(state, folder, &why);
    } else {
        if (error == E2BIG)
            complain(&why, "use fewer", "holds more than %d *.conf files", MAX_DROP_INS);
        else if (error_is_passing(error))
            remedy_of_the_moment(&why, "listed", error);
        else
            complain(&why, "try again", "cannot be listed (error %d)", error);
        policy_find(config, POLICY_ERROR, place, &why);
    }
}

static void read_folder(struct layer_state *state, const char *folder)
{
    const char **names = arena_alloc(&state->config->arena, MAX_DROP_INS * sizeof *names);
    size_t count;
    if (names == NULL)
        return;
    int error = drop_ins_list(folder, &state->config->arena, names, &count);
    if (error != 0) {
        folder_unread(state, folder, error);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_join(&state->config->arena, folder, names[i]);
        if (path != NULL)
            read_one(state, path);
    }
}

/* Reads conf.d beside the system's file. */
static void read_drop_ins(struct layer_state *state, const char *system_file)
{
    struct policy_config *config = state->config;
    const char *slash = strrchr(system_file, '/');
    if (slash == NULL)
        return;
    const char *dir = arena_strndup(&config->arena, system_file, (size_t)(slash - system_file));
    const char *folder = dir != NULL ? arena_join(&config->arena, dir, "conf.d") : NULL;
    struct safe_file *judged = config->scratch;
    if (folder == NULL)
        return;
    struct complaint why = {0};
    enum safe_result result = safe_folder_judge(folder, config->euid, judged, &why);
    policy_watch_judged(config, folder, judged);
    config->has_drop_ins = result == SAFE_OK;
    if (result == SAFE_OK) {
        read_folder(state, folder);
    } else if (result == SAFE_REFUSED) {
        policy_find(config, POLICY_ERROR, (struct policy_place){folder, 0, state->layer}, &why);
    } else if (result == SAFE_NO_ACCESS) {
        if (why.target != NULL) /* `judged` is used again */
            why.target = arena_strdup(&config->arena, why.target);
        note_no_access(state, folder, &why);
    } else if (result == SAFE_NO_MEMORY) {
        config->arena.failed = true;
    }
}

/* Rules name keys of their own layer only: a user's file must not lend its keys to the system's. */
static void resolve_keys(struct layer_state *state)
{
    struct policy_config *config = state->config;
    struct complaint why = {0};
    for (uint32_t i = state->names.first_rule; i < config->nrules; i++) {
        struct policy_config_rule *rule = &config->rules[i];
        rule->key = strmap_get(&state->names.keys, rule->key_name);
        if (rule->key != POLICY_NONE) {
            config->keys[rule->key].used = true;
            continue;
        }
        complain(&why, "define it in keys = ( { name = ...; } )",
                 "the rule's key is not among the keys of this layer");
        if (config->error == NULL) /* else the key may well be there, in what could not be read */
            policy_find(config, POLICY_ERROR, rule->place, &why);
    }
}

static void start_layer(struct layer_state *state, struct policy_config *config,
                        enum policy_layer layer)
{
    *state = (struct layer_state){
        .config = config, .layer = layer, .names = {.first_rule = config->nrules}};
}

static void end_layer(struct layer_state *state)
{
    resolve_keys(state);
    strmap_free(&state->names.keys);
    strmap_free(&state->names.rules);
}

static void report_no_access(struct layer_state *state, enum policy_severity severity)
{
    struct policy_config *config = state->config;
    if (state->no_access)
        policy_find(config, severity, state->no_access_at, &state->no_access_why);
}

/* What it denies is not known, and what cannot be known matches every denial. */
static void report_closed_system(struct layer_state *state)
{
    char *fact = state->no_access_why.fact;
    size_t used = strlen(fact);
    if (!state->no_access)
        return;
    snprintf(fact + used, sizeof state->no_access_why.fact - used, ", and it may deny the key");
    report_no_access(state, POLICY_ERROR);
}

static void note_closed(struct policy_config *config, enum policy_layer layer, const char *path)
{
    struct policy_config_file *file = path != NULL ? policy_add_file(config) : NULL;
    if (file == NULL)
        return;
    *file = (struct policy_config_file){
        .path = arena_strdup(&config->arena, path), .layer = layer, .closed = true};
}

/* The file that the environment names has to be there. */
static void read_environment_layer(struct policy_config *config, const char *path)
{
    struct layer_state state;
    struct complaint why = {0};
    start_layer(&state, config, POLICY_LAYER_ENVIRONMENT);
    read_one(&state, path);
    if (state.nread == 0 && !state.no_access) {
        complain(&why, "correct or unset it",
                 "no such file, though COMMISSIONED_AUTH_CONFIG names it");
        policy_find(config, POLICY_ERROR,
                    (struct policy_place){arena_strdup(&config->arena, path), 0, state.layer},
                    &why);
    }
    report_no_access(&state, POLICY_ERROR);
    end_layer(&state);
}

/*
 * What lies in or under somebody else's folder is not this user's, though HOME says so (sudo -E, a
 * HOME of /tmp): it is as if it were not there. Else whoever the folder is of could make every
 * request of such a process fail.
 */
static bool leave_out(struct policy_config *config, const char *path)
{
    struct stat st;
    struct complaint why = {0};
    uid_t owner = 0;
    char *theirs = arena_alloc(&config->arena, PATH_MAX);
    if (theirs == NULL || lstat(path, &st) != 0 ||
        !safe_path_is_theirs(path, config->euid, theirs, &owner))
        return false;
    complain(&why, "set HOME to this user's own (sudo -H)",
             "is left out, for user %u could have put it there", (unsigned)owner);
    policy_find(config, POLICY_WARNING,
                (struct policy_place){arena_strdup(&config->arena, path), 0, POLICY_LAYER_USER},
                &why);
    struct policy_config_file *file = policy_add_file(config);
    if (file != NULL)
        *file = (struct policy_config_file){
            .path = arena_strdup(&config->arena, path), .layer = POLICY_LAYER_USER, .theirs = true};
    policy_watch(config, path, stat(path, &st) == 0 ? &st : NULL);
    policy_watch(config, theirs, stat(theirs, &st) == 0 ? &st : NULL);
    config->exists = true; /* else a process would look for it at every request */
    return true;
}

/* A home that the process may not enter is not its user's (a service started with root's HOME). */
static void read_user_layer(struct policy_config *config, const char *path)
{
    struct layer_state state;
    if (leave_out(config, path))
        return;
    start_layer(&state, config, POLICY_LAYER_USER);
    read_one(&state, path);
    struct stat st;
    bool hidden =
        state.no_access && stat(path, &st) != 0; /* not access(2): it asks for the real user */
    report_no_access(&state, hidden ? POLICY_WARNING : POLICY_ERROR);
    end_layer(&state);
}

static void read_layers(struct policy_config *config, const struct policy_request *request)
{
    struct layer_state system;
    start_layer(&system, config, POLICY_LAYER_SYSTEM);
    if (request->system_file != NULL) {
        read_one(&system, request->system_file);
        read_drop_ins(&system, request->system_file);
    }
    report_closed_system(&system);
    end_layer(&system);
    if (system.closes_users) {
        note_closed(config, POLICY_LAYER_ENVIRONMENT, request->env_file);
        note_closed(config, POLICY_LAYER_USER, request->user_file);
    } else {
        if (request->env_file != NULL && request->env_file[0] != '\0')
            read_environment_layer(config, request->env_file);
        if (request->user_file != NULL)
            read_user_layer(config, request->user_file);
    }
}

/* Puts the rules into the order of deciding: by layer, and the simple form's last within each. */
static bool order_rules(struct policy_config *config)
{
    if (config->nrules == 0)
        return true;
    struct policy_config_rule *ordered = calloc(config->nrules, sizeof *ordered);
    if (ordered == NULL)
        return false;
    uint32_t count = 0;
    for (int turn = 0; turn < 2 * POLICY_LAYERS; turn++)
        for (uint32_t i = 0; i < config->nrules; i++)
            if ((int)config->rules[i].place.layer * 2 + config->rules[i].simple == turn)
                ordered[count++] = config->rules[i];
    free(config->rules);
    config->rules = ordered;
    return true;
}

struct policy_config *policy_config_read(const struct policy_request *request)
{
    struct policy_config *config = calloc(1, sizeof *config);
    if (config == NULL)
        return NULL;
    policy_take_ids(config, request);
    config->read_by = config->euid;
    config->denied_by = POLICY_NONE;
    config->scratch = arena_alloc(&config->arena, sizeof *config->scratch);
    if (config->scratch != NULL)
        read_layers(config, request);
    if (!config->arena.failed && order_rules(config)) {
        policy_match(config, request);
        if (!config->arena.failed)
            return config;
    }
    policy_config_free(config);
    return NULL;
}

void policy_config_free(struct policy_config *config)
{
    if (config == NULL)
        return;
    free(config->keys);
    free(config->rules);
    free(config->denies);
    free(config->cas);
    free(config->findings);
    free(config->files);
    free(config->watches);
    arena_free(&config->arena);
    free(config);
}

const char *policy_layer_name(enum policy_layer layer)
{
    static const char *const names[] = {"environment", "user", "system", "none"};
    return names[layer];
}
