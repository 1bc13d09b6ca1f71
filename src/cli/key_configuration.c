/*
 * The configuration that goes with a stored key: written where there is none, else worded, ready to
 * be pasted.
 *
 * MUST: what is written for the system be readable to all (no key is in it) and be for those alone
 * who can read the key: a rule for everybody would fail everybody else's requests.
 */
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/atomic_file.h"
#include "cli/key.h"
#include "cli/key_store.h"
#include "cli/policy.h"
#include "core/cleanup.h"
#include "core/places.h"

struct wording {
    const struct key_store *store;
    const char *key;   /* its name in the store */
    gid_t group;       /* that may read it, or -1 */
    bool system;       /* the store is the system's */
    char name[64];     /* of key and rule in the policy, unlike those that are there */
    char who[128];     /* the rule's setting for those who can read the key; "" for all */
    char for_whom[96]; /* the same in words */
    const char *some;  /* what narrows a rule that would take every request of a user's */
};

/* Names are looked up in /etc/group alone by the library; other groups need their number. */
static void name_group(gid_t gid, char text[64])
{
    FILE *groups = fopen("/etc/group", "re");
    const struct group *group = NULL;
    snprintf(text, 64, "%lu", (unsigned long)gid);
    if (groups == NULL)
        return;
    do
        group = fgetgrent(groups);
    while (group != NULL && (group->gr_gid != gid || strlen(group->gr_name) >= 64));
    if (group != NULL)
        snprintf(text, 64, "%s", group->gr_name);
    fclose(groups);
}

static void word_who(struct wording *wording)
{
    char group[64];
    snprintf(wording->for_whom, sizeof wording->for_whom, "every program of yours");
    if (wording->group != (gid_t)-1) {
        name_group(wording->group, group);
        snprintf(wording->who, sizeof wording->who, " groups = [\"%s\"];", group);
        snprintf(wording->for_whom, sizeof wording->for_whom, "programs of the group %s", group);
    } else if (wording->system) {
        snprintf(wording->who, sizeof wording->who, " users = [\"root\"];");
        snprintf(wording->for_whom, sizeof wording->for_whom, "root's programs");
    }
}

static bool is_taken(const struct policy_config *config, const char *name)
{
    for (uint32_t i = 0; i < config->nkeys; i++)
        if (strcmp(config->keys[i].name, name) == 0)
            return true;
    for (uint32_t i = 0; i < config->nrules; i++)
        if (strcmp(config->rules[i].name, name) == 0)
            return true;
    return false;
}

static void choose_name(struct wording *wording, const struct policy_config *config)
{
    snprintf(wording->name, sizeof wording->name, "%s", wording->key);
    for (unsigned i = 2; config != NULL && is_taken(config, wording->name) && i < 100; i++)
        snprintf(wording->name, sizeof wording->name, "%.28s-%u", wording->key, i);
}

static void own_folder(const struct key_store *store, char folder[PATH_MAX])
{
    snprintf(folder, PATH_MAX, "%.*s", (int)(strrchr(store->path, '/') - store->path), store->path);
}

static int write_first(const struct wording *wording)
{
    const struct key_store *store = wording->store;
    struct atomic_owner owner = {wording->system ? 0644 : 0600, (uid_t)ATOMIC_KEEP,
                                 (gid_t)ATOMIC_KEEP};
    char folder[PATH_MAX], text[2 * PATH_MAX];
    auto_close int fd = -1;
    own_folder(store, folder);
    if (wording->who[0] != '\0')
        snprintf(text, sizeof text,
                 "keys  = ( { name = \"%s\"; file = \"%s/%s\"; } );\n"
                 "rules = ( { name = \"%s\"; key = \"%s\";%s } );\n",
                 wording->name, store->path, wording->key, wording->name, wording->name,
                 wording->who);
    else
        snprintf(text, sizeof text, "key_file = \"%s/%s\";\n", store->path, wording->key);
    /* The store's lock is held: who writes this file has taken it. */
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || atomic_replace(fd, PLACES_FILE, text, strlen(text), &owner) != 0)
        return cli_fail(CLI_FAILED, "%s/" PLACES_FILE " was not written: %m%s", folder,
                        key_remedy(errno));
    printf("wrote %s/" PLACES_FILE ", which gives it to %s\n"
           "for requests to https://app.commissioned.tech. Try it%s:\n\n"
           "    " CLI_NAME " run -- curl https://app.commissioned.tech/v1/models\n",
           folder, wording->for_whom, wording->group != (gid_t)-1 ? " as one of them" : "");
    return CLI_OK;
}

/* The whole lists, for a file that has none. */
static void print_lists(const struct wording *wording)
{
    printf("    keys  = ( { name = \"%s\"; file = \"%s/%s\"; } );\n"
           "    rules = ( { name = \"%s\"; key = \"%s\";%s%s } );\n",
           wording->name, wording->store->path, wording->key, wording->name, wording->name,
           wording->who, wording->some);
}

/* As the first elements they need no comma before them, and bear one after them. */
static void print_elements(const struct wording *wording, const char *file)
{
    printf("To use it, add as the first of the keys of %s\n\n"
           "    { name = \"%s\"; file = \"%s/%s\"; },\n\n"
           "and as the first of its rules\n\n"
           "    { name = \"%s\"; key = \"%s\";%s%s },\n",
           file, wording->name, wording->store->path, wording->key, wording->name, wording->name,
           wording->who, wording->some);
}

/* A rule of the file: one of its list, or that of its simple form. */
static const struct policy_config_rule *find_rule(const struct policy_config *config,
                                                  const char *file, bool simple)
{
    for (uint32_t i = 0; config != NULL && i < config->nrules; i++)
        if (config->rules[i].simple == simple && config->rules[i].key != POLICY_NONE &&
            strcmp(config->rules[i].place.file, file) == 0)
            return &config->rules[i];
    return NULL;
}

/* The key that all programs have goes on being theirs, unless he says otherwise. */
static void tell_beside_simple(const struct wording *wording, const struct policy_config *config,
                               const struct policy_config_rule *simple, bool has_lists)
{
    const char *file = simple->place.file;
    printf("To use it in the place of %s, put this into line %u of %s:\n\n"
           "    key_file = \"%s/%s\";\n\n"
           "To use it for some programs alone, name them as curl is named here.\n",
           config->keys[simple->key].name, simple->place.line, file, wording->store->path,
           wording->key);
    if (has_lists) {
        print_elements(wording, file);
        return;
    }
    printf("Add to %s:\n\n", file);
    print_lists(wording);
}

static int tell(struct wording *wording, const struct policy_config *config, const char *file)
{
    const struct policy_config_rule *simple = find_rule(config, file, true);
    bool has_lists = find_rule(config, file, false) != NULL;
    if (wording->who[0] == '\0' && (simple != NULL || has_lists))
        wording->some = " programs = [\"/usr/bin/curl\"];";
    if (wording->system && strcmp(file, PLACES_SYSTEM_FOLDER "/" PLACES_FILE) == 0) {
        printf("To use it, put this into a file of its own (mkdir -p " PLACES_SYSTEM_FOLDER
               "/conf.d),\n" PLACES_SYSTEM_FOLDER "/conf.d/%s.conf, mode 644:\n\n",
               wording->name);
        print_lists(wording);
    } else if (simple != NULL && wording->who[0] == '\0') {
        tell_beside_simple(wording, config, simple, has_lists);
    } else if (has_lists) {
        print_elements(wording, file);
    } else {
        printf("To use it, add to %s:\n\n", file);
        print_lists(wording);
    }
    return CLI_OK;
}

static bool is_closed(const struct policy_config *config)
{
    for (uint32_t i = 0; config != NULL && i < config->nfiles; i++)
        if (config->files[i].closed)
            return true;
    return false;
}

/* A key that was stored is not given while the policy around it cannot be used. */
static void warn_of_error(const struct policy_config *config)
{
    if (config != NULL && config->error != NULL)
        cli_warn("until this is mended no key is given: %s", config->error);
}

int key_tell_configuration(const struct key_store *store, const char *name, gid_t group)
{
    struct wording wording = {.store = store, .key = name, .group = group, .some = ""};
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    const char *named = getenv("COMMISSIONED_AUTH_CONFIG");
    char folder[PATH_MAX], file[PATH_MAX + sizeof PLACES_FILE];
    own_folder(store, folder);
    snprintf(file, sizeof file, "%s/" PLACES_FILE, folder);
    wording.system = strcmp(folder, PLACES_SYSTEM_FOLDER) == 0;
    if (asker_prepare(&asker, NULL, NULL) == CLI_OK)
        config = policy_config_read(&asker.request);
    warn_of_error(config);
    word_who(&wording);
    choose_name(&wording, config);
    if (!wording.system && is_closed(config)) {
        printf("To use it, the system's administrator has to name it, for the system's policy does "
               "not\nread that of a user (user_config = false).\n");
        return CLI_OK;
    }
    if (named != NULL && *named != '\0')
        return tell(&wording, config, named);
    if (store->given || strpbrk(store->path, "\"\\") != NULL)
        return tell(&wording, config, access(file, F_OK) == 0 ? file : "your configuration");
    return access(file, F_OK) == 0 ? tell(&wording, config, file) : write_first(&wording);
}
