#include "devserver.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <check.h>

#include "core/cleanup.h"

char *ds_test_folder(void)
{
    const char *parent = getenv("TMPDIR");
    char *folder = NULL;
    ck_assert_int_gt(
        asprintf(&folder, "%s/devserver-test-XXXXXX", parent == NULL ? "/tmp" : parent), 0);
    ck_assert_ptr_nonnull(mkdtemp(folder));
    return folder;
}

void ds_test_folder_end(char *folder)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    while (entries != NULL && (entry = readdir(entries)) != NULL)
        unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    ck_assert_int_eq(rmdir(folder), 0);
    free(folder);
}

char *ds_slurp(const char *path, size_t *size)
{
    char *text = NULL;
    size_t length = 0;
    char block[4096];
    size_t got;
    FILE *in = fopen(path, "r");
    ck_assert_msg(in != NULL, "%s", path);
    FILE *out = open_memstream(&text, &length);
    while ((got = fread(block, 1, sizeof block, in)) > 0)
        fwrite(block, 1, got, out);
    fclose(in);
    fclose(out);
    if (size != NULL)
        *size = length;
    return text;
}

const char *ds_program(void)
{
    static char path[512];
    const char *build = getenv("BUILD");
    snprintf(path, sizeof path, "%s/commissioned-devserver", build == NULL ? "build" : build);
    return path;
}

pid_t ds_spawn(const char *const *argv, int *out)
{
    int ends[2];
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        int nowhere = open("/dev/null", O_RDWR);
        dup2(nowhere, STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        if (getenv("DEVSERVER_TEST_LOUD") == NULL)
            dup2(nowhere, STDERR_FILENO);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    *out = ends[0];
    return pid;
}

int ds_reap(pid_t pid)
{
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ds_child_start(struct ds_child *child, char *folder, const char *const *options)
{
    const char *const to_file[] = {"--log", child->log, NULL};
    const char *argv[16] = {ds_program(), "serve", "--state", folder, "--listen", "127.0.0.1:0"};
    char line[1024];
    int out;
    child->folder = folder;
    snprintf(child->log, sizeof child->log, "%s/log", folder);
    options = options == NULL ? to_file : options;
    for (size_t i = 0; i < 8 && options[i] != NULL; i++)
        argv[6 + i] = options[i];
    child->pid = ds_spawn(argv, &out);
    child->out = fdopen(out, "r");
    ck_assert_msg(fgets(line, sizeof line, child->out) != NULL,
                  "the server printed no readiness line");
    ck_assert_int_eq(
        sscanf(line, "ready https://app.commissioned.tech:%hu ca=%511s", &child->port, child->ca),
        2);
}

int ds_child_stop(struct ds_child *child)
{
    ck_assert_int_eq(kill(child->pid, SIGTERM), 0);
    fclose(child->out);
    return ds_reap(child->pid);
}

void ds_child_key(const struct ds_child *child, struct ds_key_text *key,
                  const char *const *arguments)
{
    const char *argv[16] = {ds_program(), "key",     "create",     "--name",
                            "test",       "--state", child->folder};
    int out;
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL && i < 8; i++)
        argv[7 + i] = arguments[i];
    pid_t pid = ds_spawn(argv, &out);
    FILE *in = fdopen(out, "r");
    size_t got = fread(key->text, 1, DS_KEY_LENGTH, in);
    ck_assert_uint_eq(got, DS_KEY_LENGTH);
    ck_assert_int_eq(fgetc(in), '\n');
    ck_assert_int_eq(fgetc(in), EOF);
    fclose(in);
    key->text[DS_KEY_LENGTH] = '\0';
    ck_assert_int_eq(ds_reap(pid), 0);
}

int ds_child_revoke(const struct ds_child *child, const struct ds_key_text *key)
{
    char prefix[DS_PREFIX_LENGTH + 1];
    int out;
    snprintf(prefix, sizeof prefix, "%.*s", (int)DS_PREFIX_LENGTH, key->text);
    const char *const argv[] = {ds_program(), "key",         "revoke", prefix,
                                "--state",    child->folder, NULL};
    pid_t pid = ds_spawn(argv, &out);
    close(out);
    return ds_reap(pid);
}
