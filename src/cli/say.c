#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/cleanup.h"
#include "core/utf8.h"

enum { BUFFERS = 8, MAX_MESSAGE = 8192 };

static char last_error[MAX_MESSAGE];

const char *cli_shown(const char *text)
{
    static char buffers[BUFFERS][MAX_MESSAGE];
    static unsigned turn;
    char *out = buffers[turn++ % BUFFERS];
    size_t used = 0;
    while (*text != '\0' && used + 5 < MAX_MESSAGE) {
        size_t length = utf8_shown(text);
        if (length == 0) {
            size_t hidden = utf8_length(text);
            out[used++] = '?';
            text += hidden > 0 ? hidden : 1;
            continue;
        }
        memcpy(out + used, text, length);
        used += length;
        text += length;
    }
    out[used] = '\0';
    return out;
}

static void say(char *sentence, size_t room, const char *format, va_list arguments)
{
    auto_errno int saved = errno;
    fflush(stdout); /* a log that holds both streams keeps their order */
    vsnprintf(sentence, room, format, arguments);
    fprintf(stderr, CLI_NAME ": %s\n", cli_shown(sentence));
}

int cli_fail(int code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(last_error, sizeof last_error, format, arguments);
    va_end(arguments);
    return code;
}

void cli_warn(const char *format, ...)
{
    char sentence[MAX_MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    say(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
}

const char *cli_last_error(void)
{
    return last_error[0] != '\0' ? last_error : NULL;
}
