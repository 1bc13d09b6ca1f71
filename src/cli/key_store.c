#include "cli/key_store.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/atomic_file.h"
#include "cli/cli.h"
#include "cli/lock_file.h"
#include "cli/work_tree.h"
#include "core/cleanup.h"
#include "core/places.h"
#include "core/secret.h"
#include "policy/safe_file.h"

static bool place(struct key_store *store, const char *dir)
{
    bool by_xdg = getenv("XDG_CONFIG_HOME") != NULL && getenv("XDG_CONFIG_HOME")[0] == '/';
    struct places places;
    int length;
    places_find(&places);
    store->given = dir != NULL;
    if (dir != NULL)
        length = snprintf(store->path, sizeof store->path, "%s", dir);
    else if (geteuid() == 0 && !by_xdg)
        length = snprintf(store->path, sizeof store->path, PLACES_SYSTEM_FOLDER "/keys.d");
    else if (places.user_folder != NULL)
        length = snprintf(store->path, sizeof store->path, "%s/keys.d", places.user_folder);
    else
        return false;
    return length > 0 && length < PATH_MAX;
}

const char *key_remedy(int error)
{
    switch (error) {
    case EACCES:
    case EPERM:
        return ": run this as its owner, or name another folder with --dir";
    case EROFS:
        return ": it is mounted to be read: name another folder with --dir, or change it where it "
               "is mounted from";
    case EBUSY:
        return ": it is mounted by itself, and cannot be replaced from here: change it where it is "
               "mounted from, or mount its folder instead";
    case ENOSPC:
    case EDQUOT:
        return ": make room there first; what was stored before is as it was";
    default:
        return "";
    }
}

static int failed(const char *path)
{
    return cli_fail(CLI_FAILED, "%s: %m%s", path, key_remedy(errno));
}

/* A stranger who can write in the folder could put his own key there, or
 * read what is written next. */
static int judge_folder(const struct key_store *store)
{
    struct stat st;
    if (fstat(store->folder, &st) != 0)
        return failed(store->path);
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        if (geteuid() == 0 && strcmp(store->path, PLACES_SYSTEM_FOLDER "/keys.d") == 0)
            return cli_fail(CLI_FAILED, "%s belongs to another user: chown root %s", store->path,
                            store->path);
        return cli_fail(CLI_FAILED, "%s belongs to another user: name one of your own with --dir",
                        store->path);
    }
    if (st.st_mode & (S_IWGRP | S_IWOTH))
        return cli_fail(CLI_FAILED, "%s can be changed by others: chmod go-w %s", store->path,
                        store->path);
    return CLI_OK;
}

int key_store_open(struct key_store *store, const char *dir, bool make)
{
    char real[PATH_MAX];
    *store = (struct key_store){.folder = -1};
    if (!place(store, dir))
        return cli_fail(CLI_FAILED,
                        "no home folder is known: set HOME, or name the folder of keys with --dir");
    /* Root's store is for services of other users too; what each file allows, its own mode says. */
    if (make && atomic_make_folder(store->path, geteuid() == 0 ? 0755 : 0700) != 0)
        return failed(store->path);
    store->folder = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (store->folder < 0)
        return errno == ENOENT && !make ? CLI_NO : failed(store->path);
    memcpy(store->asked, store->path, sizeof store->path);
    if (realpath(store->path, real) != NULL)
        memcpy(store->path, real, sizeof real);
    return judge_folder(store);
}

int key_store_judge(const struct key_store *store)
{
    auto_free struct safe_file *judged = calloc(1, sizeof *judged);
    struct complaint why = {0};
    char sentence[POLICY_MAX_SENTENCE];
    enum safe_result result;
    if (judged == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    result = safe_folder_judge(store->asked[0] == '/' ? store->asked : store->path, geteuid(),
                               judged, &why);
    if (result == SAFE_OK)
        return CLI_OK;
    sentence_write(sentence, store->path, 0, &why);
    return cli_fail(CLI_FAILED, "%s", sentence);
}

/* The descriptor is not closed: the lock is to last as long as this process. */
int key_store_lock(const struct key_store *store)
{
    pid_t holder;
    if (lock_file_take(store->folder, ".lock", LOCK_FILE_WAIT, &holder) >= 0)
        return CLI_OK;
    if (errno != EBUSY)
        return failed(store->path);
    return cli_fail(CLI_FAILED,
                    "%s: process %ld is changing it, and has been for %d seconds: try "
                    "again, or end it first",
                    store->path, (long)holder, LOCK_FILE_WAIT);
}

void key_store_close(struct key_store *store)
{
    cleanup_close(&store->folder);
    store->folder = -1;
}

static bool ends_in(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length > tail && strcmp(name + length - tail, end) == 0;
}

int key_name_check(const char *name)
{
    bool good = isalnum((unsigned char)name[0]) && strlen(name) <= KEY_MAX_NAME &&
                !ends_in(name, ".meta") && !ends_in(name, ".next") && !ends_in(name, ".previous");
    for (const char *p = name; *p; p++)
        good = good && (isalnum((unsigned char)*p) || strchr("._-", *p) != NULL);
    if (good)
        return CLI_OK;
    /* Not repeated: somebody may have typed the key in the name's place. */
    return cli_fail(CLI_FAILED,
                    "a key's name has at most %d letters, digits, '.', '_' and '-', begins with a "
                    "letter or digit and does not end in .meta, .next or .previous",
                    KEY_MAX_NAME);
}

void key_base_name(const char *name, char base[NAME_MAX + 1])
{
    size_t length = strlen(name);
    if (ends_in(name, ".next"))
        length -= strlen(".next");
    else if (ends_in(name, ".previous"))
        length -= strlen(".previous");
    snprintf(base, NAME_MAX + 1, "%.*s", (int)length, name);
}

bool key_is_there(const struct key_store *store, const char *name, const char *end)
{
    char file[NAME_MAX + 1];
    struct stat st;
    snprintf(file, sizeof file, "%s%s", name, end);
    return fstatat(store->folder, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int key_store_outside_git(const struct key_store *store)
{
    char path[PATH_MAX];
    memcpy(path, store->path, sizeof path);
    if (!work_tree_of(path))
        return CLI_OK;
    return cli_fail(CLI_FAILED,
                    "%s lies in the git work tree %s, where a commit could publish the key: name a "
                    "folder outside it with --dir",
                    store->path, *path ? path : "/");
}

static int judge_key(const struct key_store *store, const char *file, struct secret *secret)
{
    secret_trim(secret);
    if (secret->length <= POLICY_MAX_KEY && secret_is_key(secret->text, secret->length))
        return CLI_OK;
    return cli_fail(CLI_FAILED, "%s/%s holds no key: store it again with 'key rotate'", store->path,
                    file);
}

static int look_at_key(const struct key_store *store, const char *file, struct secret *secret)
{
    auto_close int fd = openat(store->folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t got;
    if (fd < 0 && errno == ENOENT)
        return CLI_NO;
    got = fd < 0 ? -1 : read(fd, secret->text, sizeof secret->text);
    if (got < 0 && errno == ELOOP)
        return cli_fail(CLI_FAILED,
                        "%s/%s is a symbolic link: name the folder of the file itself with --dir",
                        store->path, file);
    if (got < 0)
        return cli_fail(CLI_FAILED, "%s/%s: %m", store->path, file);
    secret->length = (size_t)got;
    return CLI_OK;
}

int key_read(const struct key_store *store, const char *file, struct secret *secret)
{
    int status = look_at_key(store, file, secret);
    return status == CLI_OK ? judge_key(store, file, secret) : status;
}

int key_read_to_keep(const struct key_store *store, const char *file, struct secret *secret,
                     bool *good)
{
    int status = look_at_key(store, file, secret);
    *good = status == CLI_OK && judge_key(store, file, secret) == CLI_OK;
    return status == CLI_NO ? CLI_OK : status;
}

int key_write(const struct key_store *store, const char *file, const char *like,
              const struct secret *secret, gid_t group)
{
    auto_secret struct secret line = *secret;
    struct atomic_owner owner = {0600, (uid_t)ATOMIC_KEEP, (gid_t)ATOMIC_KEEP};
    struct stat st;
    line.text[line.length++] = '\n';
    if (fstatat(store->folder, like, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
        owner = (struct atomic_owner){st.st_mode & 0640, st.st_uid, st.st_gid};
    if (group != (gid_t)-1)
        owner = (struct atomic_owner){0640, owner.uid, group};
    if (atomic_replace(store->folder, file, line.text, line.length, &owner) != 0)
        return cli_fail(CLI_FAILED, "%s/%s was not written: %m%s", store->path, file,
                        key_remedy(errno));
    return CLI_OK;
}
