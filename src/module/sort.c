#include "module/sort.h"

/* A heap: no entry is less than the two behind it, 2 i + 1 and 2 i + 2. */
struct entries {
    unsigned char *data;
    size_t size;
    int (*compare)(const void *, const void *);
};

static unsigned char *at(const struct entries *entries, size_t i)
{
    return entries->data + i * entries->size;
}

static int compare(const struct entries *entries, size_t i, size_t j)
{
    return entries->compare(at(entries, i), at(entries, j));
}

static void swap(const struct entries *entries, size_t i, size_t j)
{
    unsigned char *a = at(entries, i), *b = at(entries, j);
    for (size_t left = entries->size; left > 0; left--, a++, b++) {
        unsigned char byte = *a;
        *a = *b;
        *b = byte;
    }
}

static void sink(const struct entries *entries, size_t i, size_t count)
{
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && compare(entries, child, child + 1) < 0)
            child++;
        if (compare(entries, i, child) >= 0)
            return;
        swap(entries, i, child);
    }
}

void sort(void *data, size_t count, size_t size, int (*compare_two)(const void *, const void *))
{
    struct entries entries = {data, size, compare_two};
    for (size_t i = count / 2; i > 0; i--)
        sink(&entries, i - 1, count);
    for (size_t left = count; left > 1; left--) {
        swap(&entries, 0, left - 1);
        sink(&entries, 0, left - 1);
    }
}
