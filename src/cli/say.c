#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "core/cleanup.h"

enum { BUFFERS = 8, LONGEST = 8192 };

static char last_error[LONGEST];

/* What would move the cursor, colour the screen or turn the text about: C0, DEL, C1, and the
 * characters of Unicode that set the direction. */
static bool acts(const char *at, size_t length)
{
    const unsigned char *byte = (const unsigned char *)at;
    if (length == 1)
        return byte[0] < 0x20 || byte[0] == 0x7f;
    if (length == 2)
        return byte[0] == 0xc2 && byte[1] < 0xa0;
    return length == 3 && byte[0] == 0xe2 &&
           ((byte[1] == 0x80 && byte[2] >= 0xaa && byte[2] <= 0xae) ||
            (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9));
}

const char *cli_shown(const char *text)
{
    static char buffers[BUFFERS][LONGEST];
    static unsigned turn;
    char *out = buffers[turn++ % BUFFERS];
    size_t used = 0;
    while (*text != '\0' && used + 5 < LONGEST) {
        size_t length = utf8_length(text);
        if (length == 0 || acts(text, length)) {
            out[used++] = '?';
            text += length > 0 ? length : 1;
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
    char sentence[LONGEST];
    va_list arguments;
    va_start(arguments, format);
    say(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
}

const char *cli_last_error(void)
{
    return last_error[0] != '\0' ? last_error : NULL;
}
