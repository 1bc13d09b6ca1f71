#include "tmpdir.h"

#include <err.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

char *tmpdir_make(void)
{
    const char *base = getenv("TMPDIR");
    char *path;
    if (asprintf(&path, "%s/commissioned-test-XXXXXX",
                 base != NULL && *base != '\0' ? base : "/tmp") < 0 ||
        mkdtemp(path) == NULL)
        err(99, "temporary folder");
    return path;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static int make_enterable(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_D || type == FTW_DNR)
        (void)chmod(path, 0700);
    return 0;
}

void tmpdir_remove(char *path)
{
    if (path == NULL)
        return;
    nftw(path, make_enterable, 16, FTW_PHYS);
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
        warn("%s", path);
    free(path);
}

char *tmpdir_path(const char *dir, const char *name)
{
    char *path;
    if (asprintf(&path, "%s/%s", dir, name) < 0)
        err(99, "asprintf");
    return path;
}

char *tmpdir_write(const char *dir, const char *name, mode_t mode, const void *data, size_t size)
{
    char *path = tmpdir_path(dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        err(99, "%s", path);
    for (size_t done = 0; done < size;) {
        ssize_t n = write(fd, (const char *)data + done, size - done);
        if (n <= 0)
            err(99, "%s", path);
        done += (size_t)n;
    }
    if (fchmod(fd, mode) != 0 || close(fd) != 0)
        err(99, "%s", path);
    return path;
}

char *tmpdir_printf(const char *dir, const char *name, mode_t mode, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text;
    int size = vasprintf(&text, format, args);
    va_end(args);
    if (size < 0)
        err(99, "vasprintf");
    char *path = tmpdir_write(dir, name, mode, text, (size_t)size);
    free(text);
    return path;
}

void test_key_make(char key[TEST_KEY_LENGTH + 1])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    static const char prefix[] = "cmt_";
    unsigned char bytes[TEST_KEY_LENGTH];
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        err(99, "getrandom");
    for (size_t i = 0; i < TEST_KEY_LENGTH; i++)
        key[i] = i < sizeof prefix - 1 ? prefix[i] : alphabet[bytes[i] % 64];
    key[TEST_KEY_LENGTH] = '\0';
}
