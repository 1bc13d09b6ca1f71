#include "cli/preload_file.h"

#include <string.h>

#include "cli/library.h"
#include "core/cleanup.h"

static const char separators[] = " \t\n:";

bool preload_next(const char **at, unsigned *line, struct preload_entry *entry)
{
    const char *p = *at;
    while (*p) {
        if (*p == '#') {
            p += strcspn(p, "\n");
        } else if (strchr(separators, *p) != NULL) {
            *line += *p == '\n';
            p++;
        } else {
            *entry = (struct preload_entry){p, strcspn(p, " \t\n:#"), *line};
            *at = p + entry->length;
            return true;
        }
    }
    *at = p;
    return false;
}

bool preload_is_ours(const struct preload_entry *entry)
{
    size_t length = strlen(LIBRARY_NAME);
    if (entry->length < length ||
        memcmp(entry->start + entry->length - length, LIBRARY_NAME, length))
        return false;
    return entry->length == length || entry->start[entry->length - length - 1] == '/';
}

static const char *line_start(const char *text, const char *at)
{
    while (at > text && at[-1] != '\n')
        at--;
    return at;
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

char *preload_without(const char *text)
{
    char *result = strdup(text);
    const char *at = result;
    unsigned line = 1;
    struct preload_entry entry;
    while (result != NULL && preload_next(&at, &line, &entry)) {
        const char *from, *to;
        if (!preload_is_ours(&entry))
            continue;
        extent(result, &entry, &from, &to);
        memmove(result + (from - result), to, strlen(to) + 1);
        at = line_start(result, from); /* lines have moved: read on from the start of this one */
    }
    return result;
}

static bool stands_alone(const char *text, const char *path)
{
    struct preload_entry entry;
    unsigned line = 1, ours = 0, same = 0;
    while (preload_next(&text, &line, &entry)) {
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
    if (stands_alone(text, path))
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
