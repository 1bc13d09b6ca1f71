/*
 * Stored keys in places where others read them.
 *
 * MUST:     compare in memory, and show only a key's first characters and the place.
 * MUST NOT: put a key in an argument, a file or the environment of a helper: nothing is executed.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cleanup.h"
#include "cli/cli.h"
#include "cli/doctor.h"
#include "cli/key_store.h"
#include "cli/policy.h"
#include "cli/scan.h"
#include "core/secret.h"

enum {
    MIN_KEY = 12, /* a shorter one is a placeholder, and would be found everywhere */
    MAX_KEYS = 256,
    MAX_SECRET_FILE = 16 * 1024 * 1024,
    MAX_FOLDERS = 32, /* descriptors that nftw(3) may hold */
};

struct search {
    struct doctor *doctor;
    struct secret *keys; /* MAX_KEYS of them */
    struct needle needles[MAX_KEYS];
    size_t count;
    unsigned found;
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

static void add_policy_keys(struct search *search)
{
    static const char bearer[] = "Authorization: Bearer ";
    struct policy_asker asker;
    auto_config struct policy_config *config = NULL;
    if (asker_prepare(&asker, NULL, NULL) != CLI_OK)
        return;
    config = policy_config_read(&asker.request);
    if (config == NULL || !policy_config_read_keys(config, &asker.request, POLICY_KEYS_ALL))
        return;
    for (uint32_t i = 0; i < config->nkeys; i++) {
        const char *header = config->keys[i].header;
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
        count = scandirat(store.folder, ".", &entries, NULL, NULL);
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

static void say_found(struct search *search, enum health health, const char *place,
                      const char *remedy)
{
    for (size_t i = 0; i < search->count; i++) {
        char prefix[POLICY_PREFIX_LENGTH + 1];
        if (!search->needles[i].found)
            continue;
        search->found++;
        secret_show(&search->keys[i], prefix);
        doctor_say(search->doctor, health, "leak", "%s... is in %s: %s", prefix, place, remedy);
    }
}

static void search_file(struct search *search, const char *path, enum health health,
                        const char *place, const char *remedy)
{
    auto_close int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return;
    for (size_t i = 0; i < search->count; i++)
        search->needles[i].found = false;
    if (scan_fd(fd, MAX_SECRET_FILE, search->needles, search->count))
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

static void search_histories(struct search *search)
{
    static const char *const histories[] = {
        ".bash_history",
        ".zsh_history",
        ".zhistory",
        ".sh_history",
        ".ash_history",
        ".history",
        ".local/share/fish/fish_history",
        ".python_history",
        ".node_repl_history",
    };
    const char *home = getenv("HOME");
    char path[PATH_MAX];
    for (size_t i = 0; home != NULL && i < sizeof histories / sizeof *histories; i++) {
        snprintf(path, sizeof path, "%s/%s", home, histories[i]);
        search_file(search, path, HEALTH_FAILURE, path, "remove the line and replace the key");
    }
}

static int search_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)where;
    if (type == FTW_F && S_ISREG(st->st_mode))
        search_file(current, path, HEALTH_FAILURE, path,
                    "a commit would publish it: take it out and replace the key");
    return 0;
}

/* The work tree that the current folder is in, or false. Its history is packed, and is not
 * searched. */
static bool work_tree(char path[PATH_MAX])
{
    char git[PATH_MAX + 8];
    struct stat st;
    if (getcwd(path, PATH_MAX) == NULL)
        return false;
    for (;;) {
        snprintf(git, sizeof git, "%s/.git", path);
        if (lstat(git, &st) == 0)
            return true;
        if (!*path)
            return false;
        *strrchr(path, '/') = '\0';
    }
}

void doctor_leaks(struct doctor *doctor)
{
    struct search search = {.doctor = doctor, .keys = calloc(MAX_KEYS, sizeof(struct secret))};
    char tree[PATH_MAX];
    if (search.keys == NULL) {
        doctor_say(doctor, HEALTH_FAILURE, "leak", "out of memory");
        return;
    }
    add_policy_keys(&search);
    add_stored_keys(&search);
    search_processes(&search);
    search_histories(&search);
    current = &search;
    if (work_tree(tree))
        nftw(tree, search_entry, MAX_FOLDERS, FTW_PHYS | FTW_MOUNT);
    if (search.count == 0)
        doctor_say(doctor, HEALTH_WARNING, "leak", "no key of yours is stored, so none was sought");
    else if (search.found == 0)
        doctor_say(
            doctor, HEALTH_GOOD, "leak",
            "the stored keys (%zu) were sought in processes, shell histories and the git work "
            "tree here (not in its history), and not found",
            search.count);
    secret_free(search.keys, MAX_KEYS * sizeof(struct secret));
}
