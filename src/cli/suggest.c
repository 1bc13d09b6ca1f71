/*
 * The nearest word, by the optimal string alignment distance: insertions, deletions, substitutions
 * and swaps of neighbours each cost one, for these are the slips of a typing hand.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

enum { MAX_WORD = 40 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t distance(const char *a, const char *b)
{
    size_t rows = strlen(a), columns = strlen(b);
    size_t d[MAX_WORD + 1][MAX_WORD + 1];
    if (rows > MAX_WORD || columns > MAX_WORD)
        return MAX_WORD;
    for (size_t i = 0; i <= rows; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= columns; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        for (size_t j = 1; j <= columns; j++) {
            size_t best = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            best = least(best, least(d[i - 1][j], d[i][j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least(best, d[i - 2][j - 2] + 1);
            d[i][j] = best;
        }
    }
    return d[rows][columns];
}

const char *cli_nearest(const char *typed, const char *const *words)
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
    return best <= 3 && 2 * best <= length ? nearest : NULL;
}
