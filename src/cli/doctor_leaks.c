/*
 * Stored keys in places where others read them.
 *
 * MUST:     compare in memory, and show only a key's first characters and the place.
 * MUST NOT: put a key in an argument, a file or the environment of a helper: nothing is executed.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/key_store.h"
#include "cli/leak_places.h"
#include "cli/policy.h"
#include "cli/scan.h"
#include "cli/work_tree.h"
#include "core/cleanup.h"
#include "core/names.h"
#include "core/secret.h"

enum {
    MIN_KEY = 12, /* a shorter one is a placeholder, and would be found everywhere */
    MAX_KEYS = 256,
    MAX_SECRET_FILE = 16 * 1024 * 1024,
    MAX_FOLDERS = 32, /* descriptors that nftw(3) may hold */
    MAX_NAMED = 256,
    MAX_PLACES = 256, /* that are told; the same file may be come to by two ways */
    SHOWN_UNREAD = 3,
    FIRST_PERSON = 1000, /* users below are services: login.defs(5), UID_MIN */
};

struct search {
    struct doctor *doctor;
    struct secret *keys; /* MAX_KEYS of them */
    struct needle needles[MAX_KEYS];
    size_t count;
    unsigned found;
    char *named[MAX_NAMED]; /* files that the policy names: a key is at home there */
    size_t nnamed;
    char *places[MAX_PLACES];
    size_t nplaces;
    unsigned unread; /* files that may not be read by this user */
    char unread_names[SHOWN_UNREAD * PATH_MAX / 4];
    const char *remedy; /* of what nftw(3) finds */
};

static struct search *current; /* nftw(3) hands nothing through */

static void add_key(struct search *search, const char *text, size_t length)
{
    struct secret *key = &search->keys[search->count];
    if (length < MIN_KEY || length > POLICY_MAX_KEY || search->count == MAX_KEYS)
        return;
    for (size_t i = 0; i < search->count; i++)
        if (search->keys[i].length == length && memcmp(search->keys[i].text, text, length) == 0)
            return;
    memcpy(key->text, text, length);
    key->length = length;
    search->needles[search->count++] = (struct needle){.bytes = key->text, .length = length};
}

static void name_file(struct search *search, const char *path)
{
    char real[PATH_MAX];
    if (path != NULL && search->nnamed < MAX_NAMED && realpath(path, real) != NULL)
        search->named[search->nnamed++] = strdup(real);
}

static bool is_named(const struct search *search, const char *path)
{
    char real[PATH_MAX];
    if (search->nnamed == 0 || realpath(path, real) == NULL)
        return false;
    for (size_t i = 0; i < search->nnamed; i++)
        if (search->named[i] != NULL && strcmp(search->named[i], real) == 0)
            return true;
    return false;
}

static void add_policy_keys(struct search *search)
{
    static const char bearer[] = AUTHORIZATION_BEARER;
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    if (asker_prepare(&asker, NULL, NULL) != CLI_OK)
        return;
    config = policy_config_read(&asker.request);
    if (config == NULL || !policy_config_read_keys(config, &asker.request, POLICY_KEYS_ALL))
        return;
    for (uint32_t i = 0; i < config->nkeys; i++) {
        const char *header = config->keys[i].header;
        name_file(search, config->keys[i].path);
        if (config->keys[i].source == POLICY_SOURCE_INLINE)
            name_file(search, config->keys[i].place.file);

        if (header != NULL)
            add_key(search, header + strlen(bearer), strlen(header) - strlen(bearer));
    }
}

static void add_stored_keys(struct search *search)
{
    auto_store struct key_store store = {.folder = -1};
    struct dirent **entries = NULL;
    int count = 0;
    if (key_store_open(&store, NULL, false) == CLI_OK)
        count = key_store_scan(&store, &entries, NULL);
    for (int i = 0; i < count; i++) {
        auto_secret struct secret secret = {0};
        const char *name = entries[i]->d_name;
        size_t length = strlen(name);
        if (name[0] != '.' && !(length > 5 && strcmp(name + length - 5, ".meta") == 0) &&
            faccessat(store.folder, name, R_OK, AT_EACCESS) == 0 &&
            key_read(&store, name, &secret) == CLI_OK)
            add_key(search, secret.text, secret.length);
        free(entries[i]);
    }
    free(entries);
}

static bool is_told(struct search *search, const char *place)
{
    for (size_t i = 0; i < search->nplaces; i++)
        if (search->places[i] != NULL && strcmp(search->places[i], place) == 0)
            return true;
    if (search->nplaces < MAX_PLACES)
        search->places[search->nplaces++] = strdup(place);
    return false;
}

static bool any_found(const struct search *search)
{
    for (size_t i = 0; i < search->count; i++)
        if (search->needles[i].found)
            return true;
    return false;
}

static void say_found(struct search *search, enum health health, const char *place,
                      const char *remedy)
{
    for (size_t i = 0; i < search->count; i++) {
        char prefix[POLICY_PREFIX_LENGTH + 1];
        if (!search->needles[i].found)
            continue;
        search->found++;
        secret_show(&search->keys[i], prefix);
        doctor_at(search->doctor, NULL, place[0] == '/' ? place : NULL, 0);
        doctor_say(search->doctor, health, "leak", "%s... is in %s: %s", prefix, place, remedy);
    }
}

static void note_unread(struct search *search, const char *path)
{
    size_t used = strlen(search->unread_names);
    if (search->unread++ < SHOWN_UNREAD)
        snprintf(search->unread_names + used, sizeof search->unread_names - used, "%s%s",
                 used ? ", " : "", path);
}

static void search_file(struct search *search, const char *path, enum health health,
                        const char *place, const char *remedy)
{
    auto_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == EACCES || errno == EPERM)
            note_unread(search, path);
        return;
    }
    for (size_t i = 0; i < search->count; i++)
        search->needles[i].found = false;
    if (scan_fd(fd, MAX_SECRET_FILE, search->needles, search->count) && any_found(search) &&
        !is_told(search, place))
        say_found(search, health, place, remedy);
}

static void search_process(struct search *search, const char *pid)
{
    char path[64], place[128], name[32] = "?";
    auto_close int fd = -1;
    ssize_t got;
    snprintf(path, sizeof path, "/proc/%.16s/comm", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    got = fd < 0 ? -1 : read(fd, name, sizeof name - 1);
    if (got > 0)
        name[got - 1] = '\0'; /* the last byte is a newline */
    snprintf(path, sizeof path, "/proc/%.16s/cmdline", pid);
    snprintf(place, sizeof place, "the arguments of process %.16s (%s)", pid, name);
    search_file(search, path, HEALTH_FAILURE, place,
                "everybody on this machine can read it: replace the key");
    snprintf(path, sizeof path, "/proc/%.16s/environ", pid);
    snprintf(place, sizeof place, "the environment of process %.16s (%s)", pid, name);
    search_file(search, path, HEALTH_WARNING, place,
                "its user and its children can read it: 'run' without --env avoids it");
}

static void search_processes(struct search *search)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    while (proc != NULL && (entry = readdir(proc)) != NULL)
        if (isdigit((unsigned char)entry->d_name[0]))
            search_process(search, entry->d_name);
    if (proc != NULL)
        closedir(proc);
}

/* Where the work tree is the whole machine. */
static bool is_kernel_s(const char *path)
{
    return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0 ||
           strncmp(path, "/dev/", 5) == 0;
}

/* Not FTW_MOUNT: on an overlay, as in a container, each file may be of a device of its own. */
static int search_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where;
    if (is_kernel_s(path))
        return 0;
    if (type == FTW_DNR)
        note_unread(current, path);
    else if (type == FTW_F && S_ISREG(st->st_mode) && !is_named(current, path))
        search_file(current, path, HEALTH_FAILURE, path, current->remedy);
    return 0;
}

static void search_folder(struct search *search, const char *path, const char *remedy)
{
    search->remedy = remedy;
    nftw(path, search_entry, MAX_FOLDERS, FTW_PHYS);
}

static void search_places(struct search *search, const char *home, const struct leak_place *places)
{
    static const char remedy[] = "take it out and replace the key";
    char path[PATH_MAX];
    for (; places->path != NULL; places++) {
        if (snprintf(path, sizeof path, "%s%s%s", *places->path == '/' ? "" : home,
                     *places->path == '/' ? "" : "/", places->path) >= PATH_MAX)
            continue;
        if (places->is_folder)
            search_folder(search, path, remedy);
        else if (!is_named(search, path))
            search_file(search, path, HEALTH_FAILURE, path, remedy);
    }
}

/* root looks into everybody's, others into their own. */
static void search_homes(struct search *search)
{
    const char *own = getenv("HOME");
    const struct passwd *user;
    if (own != NULL && own[0] == '/')
        search_places(search, own, leak_home);
    if (geteuid() != 0)
        return;
    setpwent();
    while ((user = getpwent()) != NULL)
        if (user->pw_uid >= FIRST_PERSON && user->pw_dir[0] == '/' && user->pw_dir[1] != '\0' &&
            strcmp(user->pw_dir, "/nonexistent") != 0 &&
            (own == NULL || strcmp(own, user->pw_dir) != 0))
            search_places(search, user->pw_dir, leak_home);
    endpwent();
}

static void search_variables(struct search *search)
{
    char path[PATH_MAX];
    for (unsigned i = 0; leak_variable(i, path); i++)
        if (path[0] && !is_named(search, path))
            search_file(search, path, HEALTH_FAILURE, path, "take it out and replace the key");
}

/* The work tree that the current folder is in, or false. Its history is packed, and is not
 * searched. */
static bool work_tree(char path[PATH_MAX])
{
    return getcwd(path, PATH_MAX) != NULL && work_tree_of(path);
}

/* What is said to be clean must say of what. */
static void say_where(struct doctor *doctor, const struct search *search)
{
    if (search->unread > 0)
        doctor_say(doctor, HEALTH_GOOD, "leak",
                   "not looked into, for this user may not read them: %u files and folders (%s%s); "
                   "root may",
                   search->unread, search->unread_names,
                   search->unread > SHOWN_UNREAD ? ", ..." : "");
    doctor_say(doctor, HEALTH_GOOD, "leak",
               "not looked into: the journal and /var/log, %sthe packed history of git, containers "
               "and their images, swap, core dumps, backups, other machines",
               geteuid() == 0 ? "" : "other users' homes, ");
}

static void search_all(struct search *search)
{
    char tree[PATH_MAX];
    current = search;
    add_policy_keys(search);
    add_stored_keys(search);
    if (search->count == 0)
        return;
    search_processes(search);
    search_homes(search);
    search_variables(search);
    search_places(search, "", leak_system);
    if (work_tree(tree))
        search_folder(search, tree, "a commit would publish it: take it out and replace the key");
}

void doctor_leaks(struct doctor *doctor)
{
    auto_free struct search *search = calloc(1, sizeof *search);
    if (search != NULL)
        *search =
            (struct search){.doctor = doctor, .keys = calloc(MAX_KEYS, sizeof(struct secret))};
    if (search == NULL || search->keys == NULL) {
        doctor_say(doctor, HEALTH_FAILURE, "leak", "out of memory");
        return;
    }
    search_all(search);
    if (search->count == 0)
        doctor_say(doctor, HEALTH_WARNING, "leak", "no key of yours is stored, so none was sought");
    else if (search->found == 0)
        doctor_say(doctor, HEALTH_GOOD, "leak",
                   "the stored keys (%zu) were sought in processes, histories, start-up files, "
                   "settings of programs, units, crontabs and the git work tree here, and not "
                   "found",
                   search->count);
    if (search->count > 0)
        say_where(doctor, search);
    for (size_t i = 0; i < search->nnamed; i++)
        free(search->named[i]);
    for (size_t i = 0; i < search->nplaces; i++)
        free(search->places[i]);
    secret_free(search->keys, MAX_KEYS * sizeof(struct secret));
}
