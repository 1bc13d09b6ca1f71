#include "core/utf8.h"

#include <stdbool.h>

size_t utf8_length(const char *text)
{
    static const struct {
        unsigned char first, last, low, high; /* of the first byte, and of the second */
        unsigned char length;
    } forms[] = {
        {0x01, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    const unsigned char *at = (const unsigned char *)text;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last)
            continue;
        if (forms[i].length == 1)
            return 1;
        if (at[1] < forms[i].low || at[1] > forms[i].high)
            return 0;
        for (size_t n = 2; n < forms[i].length; n++)
            if (at[n] < 0x80 || at[n] > 0xbf)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* What would move the cursor, colour the screen or turn the text about: C0, DEL, C1, and the
 * characters of Unicode that end a line or set the direction. */
static bool acts(const char *at, size_t length)
{
    const unsigned char *byte = (const unsigned char *)at;
    if (length == 1)
        return byte[0] < 0x20 || byte[0] == 0x7f;
    if (length == 2)
        return byte[0] == 0xc2 && byte[1] < 0xa0;
    return length == 3 && byte[0] == 0xe2 &&
           ((byte[1] == 0x80 && byte[2] >= 0xa8 && byte[2] <= 0xae) ||
            (byte[1] == 0x81 && byte[2] >= 0xa6 && byte[2] <= 0xa9));
}

size_t utf8_shown(const char *text)
{
    size_t length = utf8_length(text);
    return length > 0 && !acts(text, length) ? length : 0;
}
