#include "policy/match.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ids.h"
#include "policy/asker.h"
#include "policy/id_file.h"
#include "policy/match_path.h"
#include "policy/owner.h"
#include "policy/store.h"
#include "policy/strmap.h"

enum { MAX_LINKS_WATCHED = 128 }; /* so that many rules do not make each look at the files long */

struct matcher {
    struct policy_config *config;
    const struct asker *asker;
    struct id_file users;
    struct id_file groups;
    struct strmap programs; /* what was found for each text of a list */
    struct strmap scripts;
    uint32_t nlinks;
};

/* How far a list, or all the lists of a rule, fit the process; `which` list is the reason. */
struct verdict {
    enum fit fit;
    enum policy_mismatch which; /* of FIT_NO */
    enum policy_mismatch doubt; /* of FIT_UNKNOWN */
};

/* ---- programs and scripts -------------------------------------------------------------------- */

/* A link that leads elsewhere tomorrow is for another program then. */
static void watch_link(struct matcher *matcher, const char *path)
{
    struct stat st;
    if (matcher->nlinks >= MAX_LINKS_WATCHED || lstat(path, &st) != 0 || !S_ISLNK(st.st_mode))
        return;
    matcher->nlinks++;
    policy_watch(matcher->config, path, stat(path, &st) == 0 ? &st : NULL);
}

static enum fit match_one(struct matcher *matcher, struct strmap *seen, const char *path,
                          const struct asked_file *file)
{
    uint32_t number = strmap_get(seen, path);
    if (number != UINT32_MAX)
        return (enum fit)number;
    enum fit fit = match_path(path, file);
    if (!match_path_is_pattern(path))
        watch_link(matcher, path);
    if (!strmap_put(seen, path, (uint32_t)fit))
        matcher->config->arena.failed = true;
    return fit;
}

static enum fit match_paths(struct matcher *matcher, struct strmap *seen, const char *const *paths,
                            const struct asked_file *file)
{
    enum fit best = paths == NULL ? FIT_YES : FIT_NO;
    for (; paths != NULL && *paths != NULL && best != FIT_YES; paths++) {
        enum fit fit = match_one(matcher, seen, *paths, file);
        best = fit > best ? fit : best;
    }
    return best;
}

/* ---- users and groups ------------------------------------------------------------------------ */

/* The numbers of a list of names; NULL for NULL. Those of an earlier reading stay. */
static const uint32_t *number_names(struct matcher *matcher, struct id_file *file,
                                    const char *const *names, const uint32_t *before,
                                    struct policy_place place)
{
    size_t count = 0;
    if (names == NULL)
        return before;
    while (names[count] != NULL)
        count++;
    uint32_t *ids = arena_alloc(&matcher->config->arena, (count + 1) * sizeof *ids);
    for (size_t i = 0; ids != NULL && i < count; i++)
        if (!id_file_find(file, matcher->config, names[i], place, &ids[i]))
            ids[i] = POLICY_ID_UNKNOWN;
    if (ids != NULL)
        ids[count] = POLICY_ID_END;
    return ids;
}

static bool has_id(const uint32_t *ids, uint32_t id)
{
    for (; *ids != POLICY_ID_END; ids++)
        if (*ids == id)
            return true;
    return false;
}

/* A name that is in no file is not that of somebody who is in it. */
static bool may_be_unnamed(struct matcher *matcher, struct id_file *file, const uint32_t *ids,
                           uint32_t id)
{
    return has_id(ids, POLICY_ID_UNKNOWN) && !id_file_has(file, matcher->config, id);
}

static enum fit match_user(struct matcher *matcher, const uint32_t *users)
{
    const struct policy_config *config = matcher->config;
    if (users == NULL)
        return FIT_YES;
    if (!config->user_known)
        return FIT_UNKNOWN;
    if (has_id(users, config->euid))
        return FIT_YES;
    return may_be_unnamed(matcher, &matcher->users, users, config->euid) ? FIT_UNKNOWN : FIT_NO;
}

static enum fit match_group(struct matcher *matcher, const uint32_t *groups, gid_t group)
{
    if (has_id(groups, group))
        return FIT_YES;
    return may_be_unnamed(matcher, &matcher->groups, groups, group) ? FIT_UNKNOWN : FIT_NO;
}

static enum fit match_groups(struct matcher *matcher, const uint32_t *groups)
{
    const struct policy_config *config = matcher->config;
    if (groups == NULL)
        return FIT_YES;
    enum fit best = config->groups_known ? FIT_NO : FIT_UNKNOWN;
    enum fit fit = match_group(matcher, groups, config->egid);
    best = fit > best ? fit : best;
    for (size_t i = 0; i < config->ngroups && best != FIT_YES; i++) {
        fit = match_group(matcher, groups, config->groups[i]);
        best = fit > best ? fit : best;
    }
    return best;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* One NO decides; else one UNKNOWN. */
static void weigh(struct verdict *verdict, enum fit fit, enum policy_mismatch which,
                  enum policy_mismatch doubt)
{
    if (fit >= verdict->fit)
        return;
    *verdict = (struct verdict){fit, which, doubt};
}

static struct verdict match_who(struct matcher *matcher, struct policy_who *who,
                                struct policy_place place)
{
    const struct asker *asker = matcher->asker;
    struct verdict verdict = {FIT_YES, POLICY_MATCHES, POLICY_MATCHES};
    /* Names first, whatever the program: a name that nobody has is worth its warning. */
    who->uids = number_names(matcher, &matcher->users, who->users, who->uids, place);
    who->gids = number_names(matcher, &matcher->groups, who->groups, who->gids, place);
    if (matcher->config->arena.failed)
        return verdict;
    weigh(&verdict, match_paths(matcher, &matcher->programs, who->programs, &asker->program),
          POLICY_OTHER_PROGRAM, POLICY_UNKNOWN_PROGRAM);
    weigh(&verdict, match_paths(matcher, &matcher->scripts, who->scripts, &asker->script),
          POLICY_OTHER_SCRIPT, POLICY_UNKNOWN_SCRIPT);
    who->may_concern = verdict.fit != FIT_NO;
    matcher->config->names_ids |= who->may_concern && (who->uids != NULL || who->gids != NULL);
    matcher->config->names_groups |= who->may_concern && who->gids != NULL;
    weigh(&verdict, match_user(matcher, who->uids), POLICY_OTHER_USER, POLICY_UNKNOWN_USER);
    weigh(&verdict, match_groups(matcher, who->gids), POLICY_OTHER_GROUP, POLICY_UNKNOWN_GROUP);
    return verdict;
}

static void match_rules(struct matcher *matcher)
{
    struct policy_config *config = matcher->config;
    for (uint32_t i = 0; i < config->nrules; i++) {
        struct policy_config_rule *rule = &config->rules[i];
        struct verdict verdict = match_who(matcher, &rule->who, rule->place);
        rule->mismatch = verdict.fit == FIT_YES       ? POLICY_MATCHES
                         : verdict.fit == FIT_UNKNOWN ? verdict.doubt
                                                      : verdict.which;
    }
}

static void match_denies(struct matcher *matcher)
{
    struct policy_config *config = matcher->config;
    config->denied_by = POLICY_NONE;
    for (uint32_t i = 0; i < config->ndenies; i++) {
        struct policy_config_deny *deny = &config->denies[i];
        struct verdict verdict = match_who(matcher, &deny->who, deny->place);
        deny->mismatch = verdict.fit == FIT_NO ? verdict.which : POLICY_MATCHES;
        deny->doubt = verdict.fit == FIT_UNKNOWN ? verdict.doubt : POLICY_MATCHES;
        if (verdict.fit != FIT_NO && config->denied_by == POLICY_NONE)
            config->denied_by = i;
    }
}

/* NULL where memory ran out; *count 0 where there are none. */
static const gid_t *own_groups(struct arena *arena, size_t *count)
{
    gid_t none;
    *count = ids_groups(&none, 0);
    gid_t *groups = arena_alloc(arena, (*count + 1) * sizeof *groups);
    if (groups != NULL)
        *count = ids_groups(groups, *count);
    return groups;
}

void policy_take_ids(struct policy_config *config, const struct policy_request *request)
{
    ids_user(&config->euid);
    ids_group(&config->egid);
    if (request->euid != NULL)
        config->euid = *request->euid;
    if (request->egid != NULL)
        config->egid = *request->egid;
    config->may_change = ids_may_change();
    config->groups = request->groups;
    config->ngroups = request->ngroups;
    if (request->groups == NULL)
        config->groups = own_groups(&config->arena, &config->ngroups);
    config->user_known = owner_knows_user(config->euid);
    config->groups_known = !request->groups_unknown && owner_knows_group(config->egid);
    for (size_t i = 0; config->groups != NULL && i < config->ngroups && config->groups_known; i++)
        config->groups_known = owner_knows_group(config->groups[i]);
}

static bool names_scripts(const struct policy_config *config)
{
    bool named = false;
    for (uint32_t i = 0; i < config->nrules; i++)
        named |= config->rules[i].who.scripts != NULL;
    for (uint32_t i = 0; i < config->ndenies; i++)
        named |= config->denies[i].who.scripts != NULL;
    return named;
}

void policy_match(struct policy_config *config, const struct policy_request *request)
{
    struct asker *asker = arena_alloc(&config->arena, sizeof *asker);
    struct matcher matcher = {.config = config,
                              .asker = asker,
                              .users = {.path = "/etc/passwd", .kind = "user"},
                              .groups = {.path = "/etc/group", .kind = "group"}};
    if (asker == NULL)
        return;
    config->passing |= !asker_take(asker, request, &config->arena, names_scripts(config));
    config->asker = asker;
    match_rules(&matcher);
    match_denies(&matcher);
    id_file_free(&matcher.users);
    id_file_free(&matcher.groups);
    strmap_free(&matcher.programs);
    strmap_free(&matcher.scripts);
}

const char *policy_mismatch_text(enum policy_mismatch mismatch)
{
    static const char *const texts[] = {
        [POLICY_MATCHES] = "",
        [POLICY_OTHER_PROGRAM] = "is for other programs",
        [POLICY_OTHER_SCRIPT] = "is for other scripts",
        [POLICY_OTHER_USER] = "is for other users",
        [POLICY_OTHER_GROUP] = "is for other groups",
        [POLICY_UNKNOWN_PROGRAM] = "is for some programs, and it is not known which one asks",
        [POLICY_UNKNOWN_SCRIPT] = "is for some scripts, and it is not known which one runs",
        [POLICY_UNKNOWN_USER] = "is for some users, and it is not known which one asks",
        [POLICY_UNKNOWN_GROUP] = "is for some groups, and it is not known whether it is in one",
    };
    return texts[mismatch];
}
