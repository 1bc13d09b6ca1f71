#include "policy/id_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/passing.h"
#include "policy/store.h"

enum { MAX_ID_FILE = 16 * 1024 * 1024 };

static bool parse_number(const char *text, size_t length, uint32_t *number)
{
    uint64_t value = 0;
    if (length == 0 || length > 10)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *number = (uint32_t)value;
    return value < POLICY_ID_UNKNOWN; /* (uid_t)-1 is nobody's, and -2 what NFS calls nobody */
}

bool policy_id_find(const char *text, const char *name, uint32_t *id)
{
    size_t length = strlen(name);
    for (const char *line = text; *line != '\0'; line += *line == '\n') {
        const char *end = line + strcspn(line, "\n");
        if (strncmp(line, name, length) == 0 && line[length] == ':') {
            const char *field = memchr(line + length + 1, ':', (size_t)(end - line) - length - 1);
            return field != NULL && parse_number(field + 1, strcspn(field + 1, ":\n"), id);
        }
        line = end;
    }
    return false;
}

/* The text of a file, "" where it cannot be read, NULL where memory ran out. */
static char *read_plain(const char *path, struct stat *st, bool *read_it, bool *passing)
{
    auto_close int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    *passing |= fd < 0 && error_is_passing(errno);
    *read_it = fd >= 0 && fstat(fd, st) == 0 && S_ISREG(st->st_mode) && st->st_size < MAX_ID_FILE;
    size_t size = *read_it ? (size_t)st->st_size : 0;
    char *text = calloc(1, size + 1);
    for (size_t done = 0; text != NULL && done < size;) {
        ssize_t n = read(fd, text + done, size - done);
        *passing |= n < 0 && errno != EINTR && error_is_passing(errno);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        done += n > 0 ? (size_t)n : 0;
    }
    return text;
}

static const char *id_text(struct id_file *file, struct policy_config *config)
{
    struct stat st = {0};
    bool read_it = false;
    if (file->text != NULL)
        return file->text;
    file->text = read_plain(file->path, &st, &read_it, &config->passing);
    policy_watch(config, file->path, read_it ? &st : NULL);
    if (file->text == NULL)
        config->arena.failed = true;
    return file->text != NULL ? file->text : "";
}

bool id_file_find(struct id_file *file, struct policy_config *config, const char *name,
                  struct policy_place place, uint32_t *id)
{
    if (parse_number(name, strlen(name), id))
        return true;
    *id = strmap_get(&file->known, name);
    if (*id != UINT32_MAX)
        return *id != POLICY_ID_UNKNOWN;
    bool found = policy_id_find(id_text(file, config), name, id);
    if (!strmap_put(&file->known, name, found ? *id : POLICY_ID_UNKNOWN))
        config->arena.failed = true;
    if (found)
        return true;
    struct complaint why = {0};
    complain(&why, "correct it, or give its number", "a %s that is not in %s", file->kind,
             file->path);
    policy_find(config, POLICY_WARNING, place, &why);
    return false;
}

bool id_file_has(struct id_file *file, struct policy_config *config, uint32_t id)
{
    uint32_t found;
    for (const char *line = id_text(file, config); *line != '\0'; line += *line == '\n') {
        const char *end = line + strcspn(line, "\n");
        const char *name = memchr(line, ':', (size_t)(end - line));
        const char *field = name != NULL ? memchr(name + 1, ':', (size_t)(end - name) - 1) : NULL;
        if (field != NULL && parse_number(field + 1, strcspn(field + 1, ":\n"), &found) &&
            found == id)
            return true;
        line = end;
    }
    return false;
}

void id_file_free(struct id_file *file)
{
    free(file->text);
    strmap_free(&file->known);
}
