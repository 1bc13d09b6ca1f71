#include "cli/preload_file.h"

#include <stdlib.h>
#include <string.h>

#include "cli/library.h"
#include "core/cleanup.h"

static const char separators[] = " \t\n:";

/* As the loader does it: it looks for each comment from the start of the text, in as many bytes as
 * are left behind the one before. */
char *preload_seen(const char *text)
{
    char *seen = strdup(text), *comment;
    size_t left = seen != NULL ? strlen(seen) : 0;
    while (left > 0 && (comment = memchr(seen, '#', left)) != NULL) {
        size_t length = strcspn(comment, "\n");
        left -= (size_t)(comment - seen);
        if (length > left)
            length = left;
        memset(comment, ' ', length);
        left -= length;
    }
    return seen;
}

bool preload_next(const char **at, unsigned *line, struct preload_entry *entry)
{
    const char *p = *at;
    for (; *p != '\0' && strchr(separators, *p) != NULL; p++)
        *line += *p == '\n';
    *entry = (struct preload_entry){p, strcspn(p, separators), *line};
    *at = p + entry->length;
    return entry->length > 0;
}

bool preload_is_ours(const struct preload_entry *entry)
{
    size_t length = strlen(LIBRARY_NAME), whole = entry->length;
    if (whole > 0 && entry->start[whole - 1] == '\r')
        whole--;
    if (whole < length || memcmp(entry->start + whole - length, LIBRARY_NAME, length) != 0)
        return false;
    return whole == length || entry->start[whole - length - 1] == '/';
}

static const char *line_start(const char *text, const char *at)
{
    while (at > text && at[-1] != '\n')
        at--;
    return at;
}

bool preload_in_comment(const char *text, size_t offset)
{
    const char *first = line_start(text, text + offset);
    return memchr(first, '#', (size_t)(text + offset - first)) != NULL;
}

static bool blank(const char *from, const char *to)
{
    while (from < to && strchr(" \t:", *from) != NULL)
        from++;
    return from == to;
}

/* What goes with an entry: its line where it stood alone, else the
 * separators before or after it. */
static void extent(const char *text, const struct preload_entry *entry, const char **from,
                   const char **to)
{
    const char *first = line_start(text, entry->start);
    const char *behind = entry->start + entry->length;
    const char *last = behind + strcspn(behind, "\n");
    if (blank(first, entry->start) && blank(behind, last)) {
        *from = *last == '\0' && first > text ? first - 1 : first;
        *to = *last == '\0' ? last : last + 1;
        return;
    }
    *from = entry->start;
    *to = behind + strspn(behind, " \t:");
    /* The last word of its line: the separator before it goes instead. */
    if (*to == last)
        while (*from > first && strchr(" \t:", (*from)[-1]) != NULL)
            (*from)--;
}

bool preload_find_ours(const char *seen, struct preload_entry *entry)
{
    unsigned line = 1;
    while (preload_next(&seen, &line, entry))
        if (preload_is_ours(entry))
            return true;
    return false;
}

/* Of a word in a comment the loader may see the end alone: it goes whole. */
static void blank_word(char *text, char *start, size_t length)
{
    while (start > text && strchr(" \t\n:#", start[-1]) == NULL) {
        start--;
        length++;
    }
    memset(start, ' ', length);
}

static void take_one(char *text, const struct preload_entry *entry)
{
    const char *from, *to;
    if (preload_in_comment(text, (size_t)(entry->start - text))) {
        blank_word(text, text + (entry->start - text), entry->length);
        return;
    }
    extent(text, entry, &from, &to);
    memmove(text + (from - text), to, strlen(to) + 1);
}

/* What the loader takes for a comment depends on the length of the whole: it is looked at anew
 * after each. */
char *preload_without(const char *text)
{
    char *result = strdup(text);
    struct preload_entry entry;
    while (result != NULL) {
        auto_free char *seen = preload_seen(result);
        if (seen == NULL)
            break;
        if (!preload_find_ours(seen, &entry))
            return result;
        entry.start = result + (entry.start - seen);
        take_one(result, &entry);
    }
    free(result);
    return NULL;
}

bool preload_stands_alone(const char *text, const char *path)
{
    struct preload_entry entry;
    unsigned line = 1, ours = 0, same = 0;
    auto_free char *seen = preload_seen(text);
    for (const char *at = seen; at != NULL && preload_next(&at, &line, &entry);) {
        ours += preload_is_ours(&entry);
        same += entry.length == strlen(path) && memcmp(entry.start, path, entry.length) == 0;
    }
    return ours == 1 && same == 1;
}

char *preload_with(const char *text, const char *path)
{
    auto_free char *rest = NULL;
    char *result, *end;
    size_t length;
    if (preload_stands_alone(text, path))
        return strdup(text);
    rest = preload_without(text);
    result = rest != NULL ? malloc(strlen(rest) + strlen(path) + 2) : NULL;
    if (result == NULL)
        return NULL;
    end = stpcpy(result, rest);
    length = strlen(rest);
    /* A last line that does not end stays one that does not end, so that removing undoes this. */
    if (length && rest[length - 1] != '\n')
        end = stpcpy(stpcpy(end, "\n"), path);
    else
        end = stpcpy(stpcpy(end, path), "\n");
    return result;
}
