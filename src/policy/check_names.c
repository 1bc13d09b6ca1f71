#include "policy/check_names.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "policy/helper.h"
#include "policy/match_path.h"
#include "policy/script.h"
#include "policy/store.h"

enum { MAX_FIRST_LINE = 256 }; /* as much as the kernel reads of a script */

enum kind { KIND_UNKNOWN, KIND_SCRIPT, KIND_PROGRAM };

/* The program of a first line, "#!/usr/bin/env -S python3 -u" included,
 * moved to the text's start. */
static void take_interpreter(char text[MAX_FIRST_LINE])
{
    char *line = text + 2, *word, *left;
    line[strcspn(line, "\n")] = '\0';
    word = strtok_r(line, " \t", &left);
    const char *slash = word != NULL ? strrchr(word, '/') : NULL;
    if (slash != NULL && strcmp(slash, "/env") == 0)
        for (word = strtok_r(NULL, " \t", &left);
             word != NULL && (word[0] == '-' || strchr(word, '=') != NULL);)
            word = strtok_r(NULL, " \t", &left);
    memmove(text, word != NULL ? word : "", word != NULL ? strlen(word) + 1 : 1);
}

/* What stands at the path, and of a script what its first line names. */
static enum kind kind_of(const char *path, char interpreter[MAX_FIRST_LINE])
{
    auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    ssize_t length = fd >= 0 ? read(fd, interpreter, MAX_FIRST_LINE - 1) : 0;
    if (length < 4)
        return KIND_UNKNOWN;
    interpreter[length] = '\0';
    if (memcmp(interpreter, "\177ELF", 4) == 0)
        return KIND_PROGRAM;
    if (memcmp(interpreter, "#!", 2) != 0)
        return KIND_UNKNOWN;
    take_interpreter(interpreter);
    return KIND_SCRIPT;
}

static bool same_folder(const char *a, const char *b)
{
    size_t length = (size_t)(strrchr(a, '/') - a);
    return length == (size_t)(strrchr(b, '/') - b) && strncmp(a, b, length) == 0;
}

/* A virtual environment's python is everybody's: whoever names it means his own scripts. */
static bool is_wider(const char *path, char real[PATH_MAX])
{
    auto_free char *place = malloc(PATH_MAX);
    return place != NULL && realpath(path, real) != NULL && match_path_in_folder(path, place) &&
           strcmp(place, real) != 0 && !same_folder(place, real) &&
           script_interpreter(real) != NULL;
}

/* A whole shell word, or two, in a path's place. What may still be installed is no slip. */
static bool is_slip(const char *path, struct complaint *why)
{
    struct stat st;
    size_t length = strlen(path);
    if ((strpbrk(path, "{$") == NULL && strstr(path, " -") == NULL && path[length - 1] != ' ') ||
        stat(path, &st) == 0)
        return false;
    complain(why, "write one path alone, without blanks, { } and $",
             "this can never match, for there is no such file");
    return true;
}

static bool is_folder(const char *path, struct complaint *why, char target[PATH_MAX])
{
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode) ||
        snprintf(target, PATH_MAX, "%s/*", path) >= PATH_MAX)
        return false;
    complain(why, "for what is in it write", "this can never match, for it is a folder");
    why->target = target;
    return true;
}

static bool judge_program(const char *path, struct complaint *why, char target[PATH_MAX])
{
    char interpreter[MAX_FIRST_LINE];
    const char *helper = helper_of(path);
    if (is_slip(path, why) || is_folder(path, why, target))
        return true;
    if (helper != NULL && realpath(helper, target) != NULL) {
        complain(why, "write", "a rule for this program can never match, for another one asks");
        why->target = target;
        return true;
    }
    if (kind_of(path, interpreter) == KIND_SCRIPT) {
        complain(why, "name the script in scripts, or here the program that it starts",
                 "a rule for this program can never match, for it is a script, and what runs is "
                 "%.64s",
                 interpreter);
        return true;
    }
    if (is_wider(path, target)) {
        complain(why, "name the scripts too, unless all are meant that it runs:",
                 "a program here is a symbolic link to an interpreter");
        why->target = target;
        return true;
    }
    return false;
}

static bool judge_script(const char *path, struct complaint *why)
{
    char begin[MAX_FIRST_LINE];
    enum kind kind = kind_of(path, begin);
    if (is_slip(path, why))
        return true;
    if (kind == KIND_PROGRAM)
        complain(why, "name it in programs",
                 "a rule for this script can never match, for it is a program");
    else if (kind == KIND_SCRIPT && script_is_shell(begin))
        complain(why, "name in programs what it starts",
                 "a rule for this script can never match, for a shell makes no request itself");
    else
        return false;
    return true;
}

/* Whoever cannot look a name up may be whom it denies. */
static bool is_hidden(const char *path, struct complaint *why, char folder[PATH_MAX])
{
    struct stat st;
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        if ((size_t)(slash - path) >= PATH_MAX)
            return false;
        memcpy(folder, path, (size_t)(slash - path));
        folder[slash - path] = '\0';
        if (stat(folder, &st) != 0 || (st.st_mode & S_IXOTH) != 0)
            continue;
        complain(why, "name a file that all may look up; or, where that is meant, chmod o+x",
                 "denies every program of those who may not look into its folder");
        why->target = folder;
        return true;
    }
    return false;
}

static void warn(struct policy_config *config, struct policy_place place, const char *path,
                 const struct complaint *why)
{
    struct complaint named = {.target = why->target};
    snprintf(named.fact, sizeof named.fact, "%.60s: %.110s", path, why->fact);
    snprintf(named.remedy, sizeof named.remedy, "%s", why->remedy);
    policy_find(config, POLICY_WARNING, place, &named);
}

static void check_denied(struct policy_config *config, const char *const *paths,
                         struct policy_place place)
{
    char *folder = arena_alloc(&config->arena, PATH_MAX);
    for (; folder != NULL && paths != NULL && *paths != NULL; paths++) {
        struct complaint why = {0};
        if (!match_path_is_pattern(*paths) && is_hidden(*paths, &why, folder))
            warn(config, place, *paths, &why);
    }
}

static void check_list(struct policy_config *config, const char *const *paths, bool programs,
                       struct policy_place place)
{
    char *target = arena_alloc(&config->arena, PATH_MAX);
    for (; target != NULL && paths != NULL && *paths != NULL; paths++) {
        struct complaint why = {0};
        const char *path = *paths;
        if (match_path_is_pattern(path) ||
            !(programs ? judge_program(path, &why, target) : judge_script(path, &why)))
            continue;
        warn(config, place, path, &why);
    }
}

void check_names(struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nrules; i++) {
        check_list(config, config->rules[i].who.programs, true, config->rules[i].place);
        check_list(config, config->rules[i].who.scripts, false, config->rules[i].place);
    }
    for (uint32_t i = 0; i < config->ndenies; i++) {
        check_list(config, config->denies[i].who.programs, true, config->denies[i].place);
        check_list(config, config->denies[i].who.scripts, false, config->denies[i].place);
        check_denied(config, config->denies[i].who.programs, config->denies[i].place);
        check_denied(config, config->denies[i].who.scripts, config->denies[i].place);
    }
}
