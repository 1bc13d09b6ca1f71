#include "preload/policy/policy_loader.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/decide.h"
#include "core/journal.h"
#include "preload/loader/late_libc.h"
#include "preload/loader/locks.h"
#include "preload/loader/slab.h"

#ifndef MODULEDIR
#define MODULEDIR "/usr/local/lib/commissioned-auth"
#endif
#define MODULE_NAME   "commissioned-auth-policy.so"
#define MODULE_FOLDER "commissioned-auth"
#define SYSTEM_FILE   "/etc/commissioned-auth/commissioned-auth.conf"
#define USER_FILE     "commissioned-auth/commissioned-auth.conf"

enum { PATH_SIZE = 4096 };

/* ---- the module ------------------------------------------------------------------------------ */

static policy_build_function *build; /* atomic; set once */

/* The folder this library was loaded from: its absolute name, whatever the process's folder is by
 * now. */
static bool own_folder(char *folder)
{
    Dl_info info;
    void *map = NULL;
    if (dladdr1(&build, &info, &map, RTLD_DL_LINKMAP) == 0 || map == NULL)
        return false;
    const char *name = ((struct link_map *)map)->l_name;
    const char *slash = strrchr(name, '/');
    if (name[0] == '/' && (size_t)(slash - name) < PATH_SIZE) {
        memcpy(folder, name, (size_t)(slash - name));
        folder[slash - name] = '\0';
        return true;
    }
    void *self = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
    bool found = self != NULL && dlinfo(self, RTLD_DI_ORIGIN, folder) == 0 && folder[0] == '/';
    if (self != NULL)
        dlclose(self);
    return found;
}

/* Sanitizers cannot follow code into a second namespace: their builds load
 * the module in the first. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(LM_ID_NEWLM)
static void *open_module(const char *path)
{
    return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}
#else
static void *open_module(const char *path)
{
    return dlmopen(LM_ID_NEWLM, path, RTLD_NOW | RTLD_LOCAL);
}
#endif

static policy_build_function *load_from(const char *folder, const char *below)
{
    char path[PATH_SIZE + sizeof "/" MODULE_FOLDER "/" MODULE_NAME];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s" MODULE_NAME, folder, below);
    if (stat(path, &status) != 0) /* asking dlopen would leave the host an error to find */
        return NULL;
    void *module = open_module(path);
    if (module == NULL) {
        dlerror();
        return NULL;
    }
    policy_build_function *found =
        (policy_build_function *)dlsym(module, "commissioned_policy_build");
    policy_build_function *expected = NULL;
    if (found != NULL && __atomic_compare_exchange_n(&build, &expected, found, false,
                                                     __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
        return found;
    dlclose(module); /* another thread was first, or it is no module of ours */
    return expected;
}

static policy_build_function *load_module(void)
{
    char folder[PATH_SIZE];
    policy_build_function *found = __atomic_load_n(&build, __ATOMIC_ACQUIRE);
    if (found == NULL && own_folder(folder))
        found = load_from(folder, "");
    /* Installed, and then moved as a whole: an image, a container, another prefix. */
    if (found == NULL && own_folder(folder))
        found = load_from(folder, MODULE_FOLDER "/");
    return found != NULL ? found : load_from(MODULEDIR, "");
}

/* ---- where to look --------------------------------------------------------------------------- */

struct places {
    const char *env_file;
    const char *user_file; /* NULL, or user_path */
    char user_path[PATH_SIZE];
};

static void find_places(struct places *places)
{
    const char *base = secure_getenv("XDG_CONFIG_HOME");
    const char *between = "/";
    if (base == NULL ||
        base[0] != '/') { /* the XDG Base Directory rules: relative is to be ignored */
        base = secure_getenv("HOME");
        between = "/.config/";
    }
    places->env_file = secure_getenv("COMMISSIONED_AUTH_CONFIG");
    if (places->env_file != NULL && places->env_file[0] == '\0')
        places->env_file = NULL;
    places->user_file = NULL;
    if (base == NULL || base[0] != '/')
        return;
    int length = snprintf(places->user_path, PATH_SIZE, "%s%s%s", base, between, USER_FILE);
    if (length > 0 && length < PATH_SIZE)
        places->user_file = places->user_path;
}

static bool exists(const char *path)
{
    struct stat status;
    return path != NULL && stat(path, &status) == 0;
}

/* Without a configuration nothing is loaded. A file that was named and is missing is for the module
 * to say. */
static bool anything_there(const struct places *places)
{
    return places->env_file != NULL || exists(places->user_file) || exists(SYSTEM_FILE);
}

/*
 * What an interpreter runs: the first argument that is no option, if the program is one. It is the
 * process's own word: commissioned-auth.conf(5) says what that is worth.
 */
static const char *find_script(const char *program, char *script, size_t size)
{
    static const char interpreters[][8] = {"python", "perl", "ruby", "php",     "node", "bash",
                                           "dash",   "sh",   "lua",  "Rscript", "tclsh"};
    const char *name = strrchr(program, '/');
    bool interprets = false;
    for (size_t i = 0; name != NULL && i < sizeof interpreters / sizeof interpreters[0]; i++)
        interprets |= strncmp(name + 1, interpreters[i], strlen(interpreters[i])) == 0;
    int fd = interprets ? open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return NULL;
    ssize_t length = read(fd, script, size - 1);
    close(fd);
    script[length > 0 ? length : 0] = '\0';
    const char *end = script + (length > 0 ? length : 0);
    for (const char *word = script + strlen(script) + 1; word < end; word += strlen(word) + 1)
        if (word[0] != '-')
            return word[0] == '/' ? word
                                  : NULL; /* a relative one would mean another file after chdir */
    return NULL;
}

static struct policy_image *build_image(policy_build_function *function,
                                        const struct places *places)
{
    char program[PATH_SIZE];
    char arguments[PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    struct policy_request request = {
        .abi = POLICY_IMAGE_ABI,
        .env_file = places->env_file,
        .user_file = places->user_file,
        .system_file = SYSTEM_FILE,
        .program = length > 0 ? program : NULL,
        .credentials = secure_getenv("CREDENTIALS_DIRECTORY"),
        .env_key = secure_getenv("COMMISSIONED_API_KEY"),
        .env_openai = secure_getenv("OPENAI_API_KEY"),
        .script = length > 0 ? find_script(program, arguments, sizeof arguments) : NULL,
    };
    return function(&request);
}

/* ---- the image in force ---------------------------------------------------------------------- */

static struct {
    struct policy_ref *current; /* holds one reference; NULL: no policy */
    struct timespec checked;    /* the coarse tick in which the files were last found unchanged */
    bool started;               /* something was decided, if only that there is no policy */
    time_t lost_at; /* when a key of `current` was lost that may go on for a while; or 0 */
} in_force;         /* LOCK_POLICY */

static bool debug_wanted(void)
{
    const char *value = secure_getenv("COMMISSIONED_AUTH_DEBUG");
    return value != NULL && strcmp(value, "1") == 0;
}

static bool needs_method(const struct policy_image *image)
{
    for (uint32_t i = 0; i < image->nrules; i++)
        if (image->rules[i].methods != NULL)
            return true;
    return false;
}

static struct policy_ref *make_ref(struct policy_image *image)
{
    if (image == NULL || image->abi != POLICY_IMAGE_ABI)
        return NULL;
    size_t size = sizeof(struct policy_ref) + 2 * (size_t)image->nkeys;
    struct policy_ref *policy = slab_map(size);
    if (policy == NULL) {
        policy_image_free(image);
        return NULL;
    }
    policy->image = image;
    policy->size = size;
    static unsigned numbers;
    policy->references = 1;
    policy->number = __atomic_add_fetch(&numbers, 1, __ATOMIC_RELAXED);
    policy->debug = debug_wanted();
    policy->needs_method = needs_method(image);
    if (!policy->debug)
        plain_set(&policy->plain, image);
    struct stat root;
    if (stat("/", &root) == 0) {
        policy->root_device = root.st_dev;
        policy->root_number = root.st_ino;
    }
    policy->told = (uint8_t *)(policy->promoted + image->nkeys);
    return policy;
}

static void free_ref(struct policy_ref *policy)
{
    policy_image_free(policy->image);
    slab_unmap(policy, policy->size);
}

void policy_release(struct policy_ref *policy)
{
    if (policy == NULL)
        return;
    lock_take(LOCK_POLICY);
    bool last = --policy->references == 0;
    lock_give(LOCK_POLICY);
    if (last)
        free_ref(policy);
}

static const struct policy_key *same_key(const struct policy_image *image,
                                         const struct policy_key *key)
{
    for (uint32_t i = 0; i < image->nkeys; i++)
        if (strcmp(image->keys[i].name, key->name) == 0)
            return &image->keys[i];
    return NULL;
}

/* What was learned of a key holds while the policy read anew has the same key by that name. */
static bool find_again(const struct policy_image *image, const struct policy_key *key,
                       uint32_t *number)
{
    const struct policy_key *now = same_key(image, key);
    if (now == NULL || now->header == NULL || key->header == NULL ||
        strcmp(now->header, key->header) != 0)
        return false;
    *number = (uint32_t)(now - image->keys);
    return true;
}

/* `policy` is not in force yet: nobody else has it. */
static void keep_learned(struct policy_ref *policy, const struct policy_ref *old)
{
    uint32_t number;
    for (uint32_t i = 0; i < old->image->nkeys; i++) {
        if (!find_again(policy->image, &old->image->keys[i], &number))
            continue;
        policy->promoted[number] = __atomic_load_n(&old->promoted[i], __ATOMIC_RELAXED);
        policy->told[number] = __atomic_load_n(&old->told[i], __ATOMIC_RELAXED);
    }
}

static bool note_status(struct policy_ref *policy, uint32_t number, uint8_t told, bool promote)
{
    if (promote && policy->image->keys[number].next != POLICY_NONE)
        __atomic_store_n(&policy->promoted[number], true, __ATOMIC_RELAXED);
    uint8_t before = __atomic_fetch_or(&policy->told[number], told, __ATOMIC_RELAXED);
    return (before & told) != told;
}

bool policy_learn(struct policy_ref *policy, const struct policy_key *key, uint8_t told,
                  bool promote)
{
    uint32_t number;
    lock_take(LOCK_POLICY); /* so that no reload comes between */
    bool is_new = note_status(policy, (uint32_t)(key - policy->image->keys), told, promote);
    struct policy_ref *current = in_force.current;
    if (current != NULL && current != policy && find_again(current->image, key, &number))
        is_new = note_status(current, number, told, promote) && is_new;
    lock_give(LOCK_POLICY);
    return is_new;
}

static bool is_next(const struct policy_image *image, uint32_t number)
{
    bool found = false;
    for (uint32_t i = 0; i < image->nkeys; i++)
        found |= image->keys[i].next == number;
    return found;
}

/* The key in force of those that stand for `first`. */
static const struct policy_key *key_in_force(const struct policy_ref *policy, uint32_t first)
{
    return decide_key(policy->image, first, policy->promoted);
}

/*
 * True where the policy read anew cannot have a key that the old one had. One that it does not
 * name any more was taken away, and that counts at once.
 */
static bool has_lost(const struct policy_ref *policy, const struct policy_ref *old, uint32_t first)
{
    if (is_next(old->image, first) || key_in_force(old, first)->header == NULL)
        return false;
    if (policy == NULL || policy->image->error != NULL)
        return true;
    const struct policy_key *now = same_key(policy->image, &old->image->keys[first]);
    return now != NULL &&
           key_in_force(policy, (uint32_t)(now - policy->image->keys))->header == NULL;
}

/* Privileges that were given up must not take the key along. */
static bool is_of_this_user(const struct policy_ref *policy)
{
    return policy->image->euid == geteuid() && policy->image->egid == getegid();
}

/* For how many seconds the old policy may go on, because the new one has
 * lost a key of it. 0: not. */
static uint32_t grace(const struct policy_ref *policy, const struct policy_ref *old)
{
    uint32_t seconds = 0;
    if (old == NULL || !is_of_this_user(old))
        return 0;
    for (uint32_t i = 0; i < old->image->nkeys; i++) {
        uint32_t stale = old->image->keys[i].stale_seconds;
        if (!has_lost(policy, old, i))
            continue;
        if (stale == 0)
            return 0; /* one that must fail at once decides for all */
        if (seconds == 0 || stale < seconds)
            seconds = stale;
    }
    return seconds;
}

static void report_loss(const struct policy_ref *policy)
{
    const struct policy_image *image = policy != NULL ? policy->image : NULL;
    const char *why = image != NULL ? image->error : "the configuration is gone";
    for (uint32_t i = 0; why == NULL && i < image->nkeys; i++)
        why = image->keys[i].error;
    journal_send(JOURNAL_WARNING, why != NULL ? why : "a key is gone",
                 &(struct journal_field){"COMMISSIONED_STATE", "the last good key stays in use"},
                 1);
}

/* When the loss began that is going on; *first where it begins now. */
static time_t loss_began(const struct timespec *now, bool *first)
{
    lock_take(LOCK_POLICY);
    in_force.checked = *now;
    *first = in_force.lost_at == 0;
    if (*first)
        in_force.lost_at = now->tv_sec;
    time_t began = in_force.lost_at;
    lock_give(LOCK_POLICY);
    return began;
}

/* Another user for ever: there is no way back to the one that read the policy. */
static bool gave_up_privileges(const struct policy_image *image)
{
    uid_t real, effective, saved;
    return getresuid(&real, &effective, &saved) == 0 && real == effective && saved == effective &&
           effective != image->euid;
}

/*
 * What a process has read before it locked itself in stays good: it changed its root folder
 * (chroot), became somebody else for good (setuid) or forbade itself to look (seccomp). But a file
 * that can be seen to have changed or gone counts as it is: a key that was taken away must not live
 * on.
 */
static bool locked_itself_in(const struct policy_ref *old)
{
    struct stat root;
    if (stat("/", &root) != 0)
        return errno == EPERM;
    if (root.st_dev != old->root_device || root.st_ino != old->root_number)
        return true;
    return gave_up_privileges(old->image) && !policy_image_seen_to_change(old->image);
}

/* True where what can be read now gives less than the old policy does. */
static bool gives_less(const struct policy_ref *policy, const struct policy_ref *old)
{
    if (policy == NULL || policy->image->error != NULL)
        return true;
    for (uint32_t i = 0; i < old->image->nkeys; i++) {
        const struct policy_key *now = same_key(policy->image, &old->image->keys[i]);
        if (now != NULL && now->header == NULL && old->image->keys[i].header != NULL)
            return true;
    }
    return false;
}

/* True where the old policy is to stay for now. */
static bool outlives(const struct policy_ref *policy, const struct timespec *now)
{
    bool first;
    const struct policy_ref *old = in_force.current;
    if (old != NULL && old->image->error == NULL && gives_less(policy, old) &&
        locked_itself_in(old)) {
        loss_began(now, &first); /* looked at again in a second */
        return true;
    }
    uint32_t seconds = grace(policy, in_force.current);
    if (seconds == 0)
        return false;
    time_t began = loss_began(now, &first);
    if (first)
        report_loss(policy);
    return now->tv_sec - began < (time_t)seconds;
}

/* With LOCK_BUILD held: nobody else replaces what is in force. `now` is before the reading. */
static void put_in_force(struct policy_ref *policy, const struct timespec *now)
{
    lock_take(LOCK_POLICY);
    struct policy_ref *old = in_force.current;
    if (policy != NULL && old != NULL)
        keep_learned(policy, old);
    lock_give(LOCK_POLICY);
    if (outlives(policy, now)) {
        policy_release(policy);
        return;
    }
    lock_take(LOCK_POLICY);
    if (policy != NULL && old != NULL)
        keep_learned(policy, old); /* again: an answer may have come since */
    in_force.current = policy;
    in_force.checked = *now;
    in_force.started = true;
    in_force.lost_at = 0;
    lock_give(LOCK_POLICY);
    policy_release(old);
}

static bool is_there(void)
{
    struct places places;
    find_places(&places);
    return anything_there(&places);
}

static inline bool is_current(const struct policy_ref *policy)
{
    if (policy == NULL)
        return !is_there();
    return is_of_this_user(policy) && policy_image_current(policy->image);
}

static struct policy_ref *read_policy(policy_build_function *function, const struct places *places)
{
    if (function == NULL)
        return make_ref(policy_image_error(MODULEDIR "/" MODULE_NAME, MODULE_NAME
                                           " is neither beside the library nor in " MODULEDIR
                                           ": install commissioned-auth again"));
    return make_ref(build_image(function, places));
}

/* A new tick; a new second where the last good key lives on. */
static bool is_later(const struct timespec *now)
{
    return now->tv_sec != in_force.checked.tv_sec ||
           (in_force.lost_at == 0 && now->tv_nsec != in_force.checked.tv_nsec);
}

/*
 * A reference on what is in force; *look is set where its files should be looked at now. Until
 * somebody has done so every thread that comes looks for itself: one that was put to sleep halfway
 * must not leave the others with a key that the server refuses by now.
 */
static inline struct policy_ref *take_current(struct timespec *now, bool *look)
{
    clock_gettime(CLOCK_MONOTONIC_COARSE, now);
    lock_take(LOCK_POLICY);
    struct policy_ref *policy = in_force.current;
    *look = !in_force.started || is_later(now);
    if (policy != NULL)
        policy->references++;
    lock_give(LOCK_POLICY);
    return policy;
}

/* Takes the reference `old` and gives one on the policy as the files are now. */
static struct policy_ref *refresh(struct policy_ref *old)
{
    struct places places;
    struct timespec now;
    bool look;
    find_places(&places);
    bool there = anything_there(&places);
    /* Before the lock: the loader may wait for a thread that waits for us. */
    policy_build_function *function = there ? load_module() : NULL;

    /* Who comes while another reads waits for it: the server may refuse the old key by now. */
    bool waited = !lock_try(LOCK_BUILD);
    if (waited)
        lock_take(LOCK_BUILD);
    struct policy_ref *policy = take_current(&now, &look);
    /* What the other one could not read need not be tried again at once. */
    bool settled = waited && !look;
    if (policy == NULL || (!settled && !is_current(policy))) {
        put_in_force(there ? read_policy(function, &places) : NULL, &now);
        policy_release(policy);
        policy = take_current(&now, &look);
    }
    lock_give(LOCK_BUILD);
    policy_release(old);
    return policy;
}

/* All is as it was, or is so again: until the next tick nobody need look. */
static void note_look(const struct timespec *now)
{
    lock_take(LOCK_POLICY);
    in_force.checked = *now;
    in_force.started = true;
    in_force.lost_at = 0;
    lock_give(LOCK_POLICY);
}

/* Files are opened and read, locks are held: no place for a thread to be cancelled. */
__attribute__((noinline)) static struct policy_ref *refresh_undisturbed(struct policy_ref *policy)
{
    int cancel;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    policy = refresh(policy);
    pthread_setcancelstate(cancel, NULL);
    return policy;
}

struct policy_ref *policy_take(void)
{
    bool look;
    struct timespec now;
    struct policy_ref *policy = take_current(&now, &look);
    if (!look)
        return policy;
    int saved = errno;
    if (is_current(policy))
        note_look(&now);
    else
        policy = refresh_undisturbed(policy);
    errno = saved;
    return policy;
}
