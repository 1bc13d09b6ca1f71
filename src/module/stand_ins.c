/*
 * What the module's own objects and libconfig's find under the C library's names: malloc(3) and its
 * kin from heap.h, and nothing that opens a file, writes to a stream or allocates behind our back.
 * Hidden, so nobody else finds them. libconfig is given text and is never to open a file: here it
 * cannot.
 *
 * MUST: nothing that the module gets from the C library has been allocated there
 *       (tests/integration/test_symbols.c has the list of what it may call).
 */
#include <errno.h>
#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "module/heap.h"
#include "module/sort.h"

/* ---- memory ---------------------------------------------------------------------------------- */

static void *or_no_memory(void *data)
{
    if (data == NULL)
        errno = ENOMEM;
    return data;
}

void *malloc(size_t size)
{
    return or_no_memory(heap_take(size));
}

void *calloc(size_t count, size_t size)
{
    size_t whole;
    bool fits = !__builtin_mul_overflow(count, size, &whole);
    return or_no_memory(fits ? heap_take_zeroed(whole) : NULL);
}

void *realloc(void *data, size_t size)
{
    return or_no_memory(heap_resize(data, size));
}

void *reallocarray(void *data, size_t count, size_t size)
{
    size_t whole;
    bool fits = !__builtin_mul_overflow(count, size, &whole);
    return or_no_memory(fits ? heap_resize(data, whole) : NULL);
}

void free(void *data)
{
    heap_give(data);
}

char *strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

/* What strdup is in objects that were compiled with optimisation. */
char *__strdup(const char *text);
char *__strdup(const char *text)
{
    return strdup(text);
}

/* ---- locales --------------------------------------------------------------------------------- */

locale_t __newlocale(int mask, const char *name, locale_t base);

/* The "C" locale as a whole is built in; one that is "C" in parts would be allocated. */
locale_t newlocale(int mask, const char *name, locale_t base)
{
    (void)mask, (void)name, (void)base;
    return __newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

void freelocale(locale_t locale)
{
    (void)locale;
}

/* ---- sorting --------------------------------------------------------------------------------- */

/* The C library's takes memory for more than a few entries. */
void qsort(void *data, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    sort(data, count, size, compare);
}

/* ---- streams: there are none ----------------------------------------------------------------- */

FILE *stdin, *stdout, *stderr;

FILE *fopen(const char *path, const char *mode)
{
    (void)path, (void)mode;
    errno = EACCES;
    return NULL;
}

int fclose(FILE *file)
{
    (void)file;
    return EOF;
}

size_t fread(void *data, size_t size, size_t count, FILE *file)
{
    (void)data, (void)size, (void)count, (void)file;
    return 0;
}

size_t fwrite(const void *data, size_t size, size_t count, FILE *file)
{
    (void)data, (void)size, (void)count, (void)file;
    return 0;
}

int fputs(const char *text, FILE *file)
{
    (void)text, (void)file;
    return EOF;
}

int fputc(int byte, FILE *file)
{
    (void)byte, (void)file;
    return EOF;
}

int getc(FILE *file)
{
    (void)file;
    return EOF;
}

int _IO_getc(FILE *file);
int _IO_getc(FILE *file)
{
    (void)file;
    return EOF;
}

int fprintf(FILE *file, const char *format, ...)
{
    (void)file, (void)format;
    return EOF;
}

int __fprintf_chk(FILE *file, int flag, const char *format, ...);
int __fprintf_chk(FILE *file, int flag, const char *format, ...)
{
    (void)file, (void)flag, (void)format;
    return EOF;
}

int ferror(FILE *file)
{
    (void)file;
    return 1;
}

void clearerr(FILE *file)
{
    (void)file;
}

int fileno(FILE *file)
{
    (void)file;
    return -1;
}

/* ---- the end --------------------------------------------------------------------------------- */

/*
 * Where memory has run out, libconfig's scanner calls exit, and from 1.8 on the rest of it writes a
 * line to descriptor 2, which is the host's, and calls abort (file.c sees to that it has not). None
 * of the host's handlers run.
 */
void exit(int status)
{
    _exit(status);
}

void abort(void)
{
    _exit(EXIT_FAILURE);
}

ssize_t write(int fd, const void *data, size_t size)
{
    (void)fd, (void)data, (void)size;
    errno = EBADF;
    return -1;
}
