#include "core/text.h"

#include <stdio.h>
#include <string.h>

#include "core/names.h"

/* ---- the nearest word ------------------------------------------------------------------------ */

enum { MAX_WORD = 40, MAX_SLIPS = 3, MAX_DIGITS = 9 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The optimal string alignment distance: insertions, deletions, substitutions and swaps of
 * neighbours cost one each, for these are the slips of a typing hand. Three rows of the table are
 * enough for it. */
static size_t distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    size_t d[3][MAX_WORD + 1];
    if (rows > MAX_WORD || columns > MAX_WORD)
        return MAX_WORD;
    for (size_t j = 0; j <= columns; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        size_t *now = d[i % 3], *above = d[(i - 1) % 3], *higher = d[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            now[j] = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = least(now[j], least(above[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], higher[j - 2] + 1);
        }
    }
    return d[rows % 3][columns];
}

const char *text_nearest(const char *typed, const char *const *words)
{
    const char *nearest = NULL;
    size_t best = MAX_WORD;
    size_t length = strlen(typed);
    for (; *words != NULL; words++) {
        size_t d = distance(typed, *words);
        /* A word that was only begun counts as close, however much of it is missing. */
        if (length >= 2 && strncmp(typed, *words, length) == 0)
            d = 1;
        if (d < best) {
            best = d;
            nearest = *words;
        }
    }
    /* Further off than half of the word is another word, not a slip. */
    return best <= MAX_SLIPS && 2 * best <= length ? nearest : NULL;
}

/* ---- a span of time -------------------------------------------------------------------------- */

static const struct {
    int64_t seconds;
    char letter;
} units[] = {{7 * 86400, 'w'}, {86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};

enum { COUNT = sizeof units / sizeof units[0] };

static int64_t unit_seconds(char letter)
{
    for (size_t i = 0; i < COUNT; i++)
        if (units[i].letter == letter)
            return units[i].seconds;
    return 0;
}

int64_t text_span_read(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    int64_t unit = text[digits] != '\0' ? unit_seconds(text[digits]) : 0;
    int64_t value = 0;
    if (digits == 0 || digits > MAX_DIGITS || unit == 0 || text[digits + 1] != '\0')
        return -1;
    for (size_t i = 0; i < digits; i++)
        value = value * 10 + (text[i] - '0');
    return value * unit;
}

void text_span_write(int64_t seconds, char text[TEXT_MAX_SPAN])
{
    size_t i = 0;
    while (seconds % units[i].seconds != 0)
        i++;
    snprintf(text, TEXT_MAX_SPAN, "%lld%c", (long long)(seconds / units[i].seconds),
             units[i].letter);
}

/* ---- a number -------------------------------------------------------------------------------- */

bool text_number_read(const char *text, uint32_t most, uint32_t *number)
{
    uint64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value <= most; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (at == text || *at != '\0' || value > most)
        return false;
    *number = (uint32_t)value;
    return true;
}

/* ---- a port ---------------------------------------------------------------------------------- */

void text_port_write(uint16_t port, char text[TEXT_MAX_PORT])
{
    text[0] = '\0';
    if (port != HTTPS_PORT)
        snprintf(text, TEXT_MAX_PORT, ":%u", (unsigned)port);
}
