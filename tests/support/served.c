#include "served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include <check.h>

#include "origin.h"

char *served_folder;
char served_key[TEST_KEY_LENGTH + 1];
struct outcome served_outcome;

void served_set_up(void)
{
    static struct origin origin;
    char port[16];
    served_folder = tmpdir_make();
    test_key_make(served_key);
    origin_start(&origin, "app.commissioned.tech", served_folder);
    snprintf(port, sizeof port, "%u", origin.tls_port);
    setenv("ORIGIN_TLS", port, 1);
    setenv("ORIGIN_CA", origin.ca_file, 1);
    setenv("HOME", served_folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("COMMISSIONED_AUTH_DEBUG");
    char *file = tmpdir_printf(served_folder, "auth.conf", 0600, "api_key = \"%s\";\n", served_key);
    setenv("COMMISSIONED_AUTH_CONFIG", file, 1);
    free(file);
}

void served_tear_down(void)
{
    origin_stop();
    tmpdir_remove(served_folder);
}

bool served_is_built(const char *program)
{
    char path[PATH_MAX];
    built(path, program);
    return access(path, R_OK) == 0;
}

bool served_skips(const char *test, const char *const programs[])
{
    for (; *programs != NULL; programs++) {
        if (served_is_built(*programs))
            continue;
        printf("SKIP %s: %s could not be built here\n", test, *programs);
        fflush(stdout);
        return true;
    }
    return false;
}

void served_export(const char *variable, const char *product)
{
    char path[PATH_MAX];
    built(path, product);
    setenv(variable, path, 1);
}

static void append(char list[SERVED_PRELOADS], const char *entry)
{
    size_t length = strlen(list);
    if (entry != NULL)
        snprintf(list + length, SERVED_PRELOADS - length, "%s%s", length > 0 ? ":" : "", entry);
}

void served_preloads(char list[SERVED_PRELOADS], const char *before, const char *after)
{
    char library[PATH_MAX];
    built(library, "libcommissioned-auth.so");
    list[0] = '\0';
    append(list, getenv("TEST_PRELOAD_FIRST"));
    append(list, before);
    append(list, library);
    append(list, after);
}

void served_preloads_other(char list[SERVED_PRELOADS], const char *library)
{
    list[0] = '\0';
    append(list, getenv("TEST_PRELOAD_FIRST"));
    append(list, library);
}

void served_preload(const char *before, const char *after)
{
    char list[SERVED_PRELOADS];
    served_preloads(list, before, after);
    setenv("LD_PRELOAD", list, 1);
}

void served_ask(struct outcome *outcome, const char *const argv[])
{
    char list[SERVED_PRELOADS];
    served_preloads(list, NULL, NULL);
    outcome_preloaded(outcome, list, argv);
}

void served_run_at(const char *path, const char *scenario)
{
    struct outcome *outcome = &served_outcome;
    served_ask(outcome, (const char *const[]){path, scenario, NULL});
    ck_assert_msg(outcome->status == 0, "%s %s: exit %d: %s%s", path, scenario, outcome->status,
                  outcome->out, outcome->err);
    ck_assert_msg(strstr(outcome->out, served_key) == NULL &&
                      strstr(outcome->err, served_key) == NULL,
                  "%s %s printed the key", path, scenario);
}

void served_run(const char *program, const char *scenario)
{
    char path[PATH_MAX];
    built(path, program);
    served_run_at(path, scenario);
}

bool served_runs(const char *program, const char *scenario)
{
    char path[PATH_MAX];
    static struct outcome alone;
    struct outcome *outcome = &served_outcome;
    const char *const argv[] = {path, scenario, NULL};
    built(path, program);
    served_ask(outcome, argv);
    if (outcome->status != 0)
        outcome_of(&alone, NULL, NULL, NULL, argv);
    if (outcome->status != 0 && alone.status == outcome->status &&
        strcmp(alone.err, outcome->err) == 0) {
        printf("SKIP %s: it ends so without the library too: %.*s\n", scenario,
               (int)strcspn(alone.err, "\n"), alone.err);
        fflush(stdout);
        return false;
    }
    ck_assert_msg(outcome->status == 0, "%s %s: exit %d: %s%s", path, scenario, outcome->status,
                  outcome->out, outcome->err);
    ck_assert_msg(strstr(outcome->out, served_key) == NULL &&
                      strstr(outcome->err, served_key) == NULL,
                  "%s %s printed the key", path, scenario);
    return true;
}

void served_expect(const char *what, unsigned yes, unsigned no)
{
    size_t count;
    unsigned with = 0, without = 0;
    const struct seen *seen = origin_seen(&count);
    char expected[TEST_KEY_LENGTH + 16];
    snprintf(expected, sizeof expected, "Bearer %s", served_key);
    for (size_t i = 0; i < count; i++) {
        const struct seen *request = &seen[i];
        bool has_key = strcmp(request->authorization, expected) == 0;
        bool home = strncasecmp(request->host, "app.commissioned.tech", 21) == 0 && request->tls;
        ck_assert_msg(request->authorizations == (has_key ? 1 : 0), "%s: %s carried %u", what,
                      request->path, request->authorizations);
        ck_assert_msg(!has_key || home, "%s: the key went to %s", what, request->host);
        if (strstr(request->path, "/yes") != NULL)
            ck_assert_msg(has_key, "%s: no key at %s", what, request->path);
        if (strstr(request->path, "/no") != NULL)
            ck_assert_msg(!has_key, "%s: the key at %s", what, request->path);
        with += has_key;
        without += !has_key;
    }
    ck_assert_msg(with == yes && without == no, "%s: %u with, %u without, expected %u and %u", what,
                  with, without, yes, no);
}
