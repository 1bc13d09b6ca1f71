#include "policy/match.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/store.h"
#include "policy/strmap.h"

enum { MAX_ID_FILE = 16 * 1024 * 1024 };

/* A file of names and ids, read when the first name is asked for. */
struct id_file {
    const char *path;
    const char *kind;
    char *text; /* "" where it cannot be read */
    struct strmap known;
};

struct matcher {
    struct policy_config *config;
    const struct policy_request *request;
    struct id_file users;
    struct id_file groups;
    gid_t *own_groups; /* where the request names none */
    const gid_t *member;
    size_t nmember;
};

static bool parse_number(const char *text, size_t length, uint32_t *number)
{
    uint64_t value = 0;
    if (length == 0 || length > 10)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *number = (uint32_t)value;
    return value < UINT32_MAX; /* (uid_t)-1 is nobody's */
}

bool policy_id_find(const char *text, const char *name, uint32_t *id)
{
    size_t length = strlen(name);
    for (const char *line = text; *line != '\0'; line += *line == '\n') {
        const char *end = line + strcspn(line, "\n");
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            const char *field = memchr(line + length + 1, ':', (size_t)(end - line) - length - 1);
            return field != NULL && parse_number(field + 1, strcspn(field + 1, ":\n"), id);
        }
        line = end;
    }
    return false;
}

/* The text of a file, "" where it cannot be read, NULL where memory ran out. */
static char *read_plain(const char *path, struct stat *st, bool *read_it)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    *read_it = fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_size < MAX_ID_FILE;
    size_t size = *read_it ? (size_t)st->st_size : 0;
    char *text = calloc(1, size + 1);
    for (size_t done = 0; text != NULL && done < size;) {
        ssize_t n = read(fd, text + done, size - done);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static const char *id_text(struct matcher *matcher, struct id_file *file)
{
    struct stat st = {0};
    bool read_it = false;
    if (file->text != NULL)
        return file->text;
    file->text = read_plain(file->path, &st, &read_it);
    policy_watch(matcher->config, file->path, read_it ? &st : NULL);
    if (file->text == NULL)
        matcher->config->arena.failed = true;
    return file->text != NULL ? file->text : "";
}

/* The id of a name or number; false after a warning, which is given once a name. */
static bool find_id(struct matcher *matcher, struct id_file *file, const char *name,
                    struct policy_place place, uint32_t *id)
{
    if (parse_number(name, strlen(name), id))
        return true;
    *id = strmap_get(&file->known, name);
    if (*id != UINT32_MAX)
        return *id != UINT32_MAX - 1;
    bool found = policy_id_find(id_text(matcher, file), name, id);
    if (!strmap_put(&file->known, name, found ? *id : UINT32_MAX - 1))
        matcher->config->arena.failed = true;
    if (found)
        return true;
    struct complaint why = {0};
    complain(&why, "correct it, or give its number", "a %s that is not in %s", file->kind,
             file->path);
    policy_find(matcher->config, POLICY_WARNING, place, &why);
    return false;
}

static bool match_path(const char *const *patterns, const char *path)
{
    if (patterns == NULL)
        return true;
    for (; path != NULL && *patterns != NULL; patterns++)
        if (strcmp(*patterns, path) == 0 || fnmatch(*patterns, path, FNM_PATHNAME) == 0)
            return true;
    return false;
}

static bool match_user(struct matcher *matcher, const char *const *users, struct policy_place place)
{
    bool matches = users == NULL;
    uint32_t id;
    for (; users != NULL && *users != NULL; users++)
        if (find_id(matcher, &matcher->users, *users, place, &id))
            matches |= id == matcher->config->euid;
    return matches;
}

static bool is_member(const struct matcher *matcher, uint32_t id)
{
    if (id == matcher->config->egid)
        return true;
    for (size_t i = 0; i < matcher->nmember; i++)
        if (matcher->member[i] == id)
            return true;
    return false;
}

static bool match_group(struct matcher *matcher, const char *const *groups,
                        struct policy_place place)
{
    bool matches = groups == NULL;
    uint32_t id;
    for (; groups != NULL && *groups != NULL; groups++)
        if (find_id(matcher, &matcher->groups, *groups, place, &id))
            matches |= is_member(matcher, id);
    return matches;
}

static enum policy_mismatch match_who(struct matcher *matcher, const struct policy_who *who,
                                      struct policy_place place)
{
    /* Names first, whatever the program: a name that nobody has is worth its warning. */
    bool user = match_user(matcher, who->users, place);
    bool group = match_group(matcher, who->groups, place);
    if (!match_path(who->programs, matcher->request->program))
        return POLICY_OTHER_PROGRAM;
    if (!match_path(who->scripts, matcher->request->script))
        return POLICY_OTHER_SCRIPT;
    return !user ? POLICY_OTHER_USER : !group ? POLICY_OTHER_GROUP : POLICY_MATCHES;
}

static void find_member(struct matcher *matcher)
{
    const struct policy_request *request = matcher->request;
    matcher->member = request->groups;
    matcher->nmember = request->ngroups;
    if (request->groups != NULL)
        return;
    matcher->nmember = 0;
    int count = getgroups(0, NULL);
    if (count <= 0)
        return;
    matcher->own_groups = calloc((size_t)count, sizeof *matcher->own_groups);
    if (matcher->own_groups == NULL) {
        matcher->config->arena.failed = true;
        return;
    }
    count = getgroups(count, matcher->own_groups);
    matcher->member = matcher->own_groups;
    matcher->nmember = count > 0 ? (size_t)count : 0;
}

void policy_match(struct policy_config *config, const struct policy_request *request)
{
    struct matcher matcher = {.config = config,
                              .request = request,
                              .users = {.path = "/etc/passwd", .kind = "user"},
                              .groups = {.path = "/etc/group", .kind = "group"}};
    find_member(&matcher);
    config->denied_by = POLICY_NONE;
    for (uint32_t i = 0; i < config->nrules; i++) {
        struct policy_config_rule *rule = &config->rules[i];
        rule->mismatch = match_who(&matcher, &rule->who, rule->place);
    }
    for (uint32_t i = 0; i < config->ndenies; i++) {
        struct policy_config_deny *deny = &config->denies[i];
        deny->mismatch = match_who(&matcher, &deny->who, deny->place);
        if (deny->mismatch == POLICY_MATCHES && config->denied_by == POLICY_NONE)
            config->denied_by = i;
    }
    free(matcher.own_groups);
    free(matcher.users.text);
    free(matcher.groups.text);
    strmap_free(&matcher.users.known);
    strmap_free(&matcher.groups.known);
}

const char *policy_mismatch_text(enum policy_mismatch mismatch)
{
    static const char *const texts[] = {"", "is for other programs", "is for other scripts",
                                        "is for other users", "is for other groups"};
    return texts[mismatch];
}
