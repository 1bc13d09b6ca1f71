#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/cli.h"

static void say(const char *format, va_list arguments)
{
    int saved = errno;
    fflush(stdout); /* a log that holds both streams keeps their order */
    fputs(CLI_NAME ": ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    errno = saved;
}

int cli_fail(int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return code;
}

void cli_warn(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}
