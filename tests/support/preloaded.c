#include "preloaded.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>

#include "support/origin.h"
#include "support/served.h"

#define HOST "app.commissioned.tech"

char preloaded_keys[PRELOADED_KEYS][TEST_KEY_LENGTH + 1];
char *preloaded_folder;
struct outcome preloaded_outcome;

static struct origin origin;
static char client[PATH_MAX];

static void set_port(const char *name, unsigned port)
{
    char text[16];
    snprintf(text, sizeof text, "%u", port);
    setenv(name, text, 1);
}

void preloaded_start(void)
{
    preloaded_folder = tmpdir_make();
    for (int i = 0; i < PRELOADED_KEYS; i++)
        test_key_make(preloaded_keys[i]);
    origin_start(&origin, HOST, preloaded_folder);
    set_port("ORIGIN_TLS", origin.tls_port);
    set_port("ORIGIN_OTHER", origin.other_tls_port);
    set_port("ORIGIN_PLAIN", origin.plain_port);
    setenv("ORIGIN_CA", origin.ca_file, 1);
    setenv("HOME", preloaded_folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("COMMISSIONED_AUTH_CONFIG");
    unsetenv("COMMISSIONED_AUTH_DEBUG");
    preloaded_client(client);
}

void preloaded_stop(void)
{
    origin_stop();
    tmpdir_remove(preloaded_folder);
}

static void expand_one(FILE *out, char letter)
{
    if (letter >= 'A' && letter < 'A' + PRELOADED_KEYS)
        fputs(preloaded_keys[letter - 'A'], out);
    else if (letter == '@')
        fputc('@', out);
    else if (letter == 'D')
        fputs(preloaded_folder, out);
    else if (letter == 'P')
        fputs(client, out);
    else if (letter == 'U')
        fprintf(out, "%u", (unsigned)geteuid());
}

char *preloaded_expand(const char *text)
{
    char *expanded = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&expanded, &size);
    ck_assert_ptr_nonnull(out);
    for (; *text != '\0'; text++) {
        if (*text == '@')
            expand_one(out, *++text);
        else
            fputc(*text, out);
    }
    fclose(out);
    return expanded;
}

void preloaded_store(const char *name, const char *text)
{
    char *expanded = preloaded_expand(text);
    char *fresh = tmpdir_printf(preloaded_folder, "fresh", 0600, "%s", expanded);
    char *path = tmpdir_path(preloaded_folder, name);
    ck_assert_int_eq(rename(fresh, path), 0);
    free(path);
    free(fresh);
    free(expanded);
}

void preloaded_policy(const char *text)
{
    char *path = tmpdir_path(preloaded_folder, "auth.conf");
    preloaded_store("auth.conf", text);
    setenv("COMMISSIONED_AUTH_CONFIG", path, 1);
    free(path);
}

void preloaded_key_and_next(void)
{
    preloaded_store("key", "@A\n");
    preloaded_store("next", "@B\n");
    preloaded_policy("keys = ( { name = \"k\"; file = \"@D/key\"; next = \"@D/next\"; } );\n"
                     "rules = ( { name = \"r\"; key = \"k\"; } );\n");
}

bool preloaded_options(unsigned flavour, char path[PATH_MAX])
{
    static const char *const programs[PRELOADED_FLAVOURS] = {"tests/programs/options",
                                                             "tests/programs/options-gnutls"};
    built(path, programs[flavour]);
    return access(path, X_OK) == 0;
}

void preloaded_client(char path[PATH_MAX])
{
    built(path, "tests/programs/rotate");
}

void preloaded_run_program(const char *program, const char *const words[])
{
    const char *argv[64] = {program};
    char *expanded[64] = {NULL};
    size_t n = 0;
    for (; words[n] != NULL; n++)
        argv[n + 1] = expanded[n] = preloaded_expand(words[n]);
    ck_assert_uint_lt(n, 62);
    served_ask(&preloaded_outcome, argv);
    ck_assert_msg(preloaded_outcome.status == 0, "exit %d: %s%s", preloaded_outcome.status,
                  preloaded_outcome.out, preloaded_outcome.err);
    for (int i = 0; i < PRELOADED_KEYS; i++)
        ck_assert_msg(strstr(preloaded_outcome.out, preloaded_keys[i]) == NULL &&
                          strstr(preloaded_outcome.err, preloaded_keys[i]) == NULL,
                      "the client printed a key");
    while (n > 0)
        free(expanded[--n]);
}

void preloaded_run(const char *const words[])
{
    preloaded_run_program(client, words);
}

static void name_authorization(FILE *out, const struct seen *request)
{
    static const char bearer[] = "Bearer ";
    if (request->authorizations == 0) {
        fputs("-", out);
        return;
    }
    ck_assert_msg(request->authorizations == 1, "%s came with two", request->path);
    for (int i = 0; i < PRELOADED_KEYS; i++) {
        if (strncmp(request->authorization, bearer, sizeof bearer - 1) == 0 &&
            strcmp(request->authorization + sizeof bearer - 1, preloaded_keys[i]) == 0) {
            fputc('A' + i, out);
            return;
        }
    }
    fputs(request->authorization, out);
}

const char *preloaded_seen(void)
{
    static char *text;
    size_t count, size;
    const struct seen *seen = origin_seen(&count);
    free(text);
    FILE *out = open_memstream(&text, &size);
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%s %s ", seen[i].method, seen[i].path);
        name_authorization(out, &seen[i]);
        fputc('\n', out);
    }
    fclose(out);
    return text;
}
