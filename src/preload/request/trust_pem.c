#include "preload/request/trust_pem.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const char begin_line[] = "-----BEGIN CERTIFICATE-----";
static const char end_line[] = "-----END CERTIFICATE-----";

/* Where `what`, which begins with a '-', stands from `text` on, or NULL. Base64 has none. */
static const char *find(const char *text, const char *end, const char *what, size_t length)
{
    while ((text = memchr(text, '-', (size_t)(end - text))) != NULL) {
        if ((size_t)(end - text) >= length && memcmp(text, what, length) == 0)
            return text;
        text++;
    }
    return NULL;
}

const char *pem_next(const char **text, const char *end, size_t *length)
{
    const char *start = find(*text, end, begin_line, sizeof begin_line - 1);
    if (start == NULL)
        return NULL;
    start += sizeof begin_line - 1;
    const char *stop = find(start, end, end_line, sizeof end_line - 1);
    if (stop == NULL)
        return NULL;
    *text = stop + sizeof end_line - 1;
    *length = (size_t)(stop - start);
    return start;
}

/* The value of each base64 digit, from '+' to 'z', and one more; 0 for what is none. */
static const unsigned char digits[] = {
    63, 0,  0,  0,  64, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 0,  0,  0,  0,  0,
    0,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18,
    19, 20, 21, 22, 23, 24, 25, 26, 0,  0,  0,  0,  0,  0,  27, 28, 29, 30, 31, 32,
    33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
};

static bool is_blank(char c)
{
    return c == '\n' || c == '\r' || c == ' ' || c == '\t';
}

/* 0 for what is no digit, else its value and one more. */
static unsigned digit(char c)
{
    unsigned place = (unsigned char)c - (unsigned)'+';
    return place < sizeof digits ? digits[place] : 0;
}

/* Four digits at once, which most of a text is made of. False where one of them is none. */
static bool decode_four(const char *text, unsigned char *to)
{
    unsigned a = digit(text[0]), b = digit(text[1]), c = digit(text[2]), d = digit(text[3]);
    if (a == 0 || b == 0 || c == 0 || d == 0)
        return false;
    uint32_t bits = (a - 1) << 18 | (b - 1) << 12 | (c - 1) << 6 | (d - 1);
    to[0] = (unsigned char)(bits >> 16);
    to[1] = (unsigned char)(bits >> 8);
    to[2] = (unsigned char)bits;
    return true;
}

size_t pem_decode(const char *text, size_t length, unsigned char *to, size_t room)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t used = 0;
    for (size_t i = 0; i < length && used < room; i++) {
        while (count == 0 && length - i > 4 && room - used > 3 &&
               decode_four(text + i, to + used)) {
            i += 4;
            used += 3;
        }
        if (text[i] == '=')
            break;
        unsigned value = digit(text[i]);
        if (value == 0 && !is_blank(text[i]))
            return 0;
        if (value == 0)
            continue;
        bits = bits << 6 | (value - 1);
        count += 6;
        if (count >= 8) {
            count -= 8;
            to[used++] = (unsigned char)(bits >> count);
        }
    }
    return used;
}
