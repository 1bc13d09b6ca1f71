#include "policy/suggest.h"

#include <stddef.h>
#include <string.h>

enum { MAX_LENGTH = 24, FAR = 3 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Levenshtein's distance with two rows; FAR where a word is too long to be one of ours. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[2][MAX_LENGTH + 1];
    size_t la = strlen(a);
    size_t lb = strlen(b);
    if (la > MAX_LENGTH || lb > MAX_LENGTH)
        return FAR;
    for (size_t j = 0; j <= lb; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t *now = rows[i % 2];
        const size_t *before = rows[(i - 1) % 2];
        now[0] = i;
        for (size_t j = 1; j <= lb; j++)
            now[j] =
                least(least(before[j], now[j - 1]) + 1, before[j - 1] + (a[i - 1] != b[j - 1]));
    }
    return rows[la % 2][lb];
}

const char *suggest(const char *typed, const char *const *words)
{
    const char *best = NULL;
    size_t nearest = FAR;
    for (; *words != NULL; words++) {
        size_t far = distance(typed, *words);
        if (far < nearest && far < strlen(*words)) {
            nearest = far;
            best = *words;
        }
    }
    return best;
}
