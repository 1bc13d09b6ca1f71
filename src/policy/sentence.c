#include "sentence.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { PATH_LEAST = 24 }; /* bytes that a path keeps, however long the rest */

void complain(struct complaint *why, const char *remedy, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(why->fact, sizeof why->fact, format, args);
    va_end(args);
    snprintf(why->remedy, sizeof why->remedy, "%s", remedy);
    why->target = NULL;
}

/* Copies `path` into out[0..room], its middle left out where it is longer than `room` bytes. */
static void shorten(char *out, size_t room, const char *path)
{
    size_t length = strlen(path);
    if (length <= room) {
        memcpy(out, path, length + 1);
        return;
    }
    size_t kept = room - 3;
    size_t head = kept / 3;
    memcpy(out, path, head);
    memcpy(out + head, "...", 3);
    memcpy(out + head + 3, path + length - (kept - head), kept - head + 1);
}

static bool shell_safe(const char *path)
{
    static const char safe[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "/._-+,:@%=";
    return *path != '\0' && *path != '-' && path[strspn(path, safe)] == '\0';
}

/* Writes `path` as one word of a shell command: 'it'\''s'. What does not fit is cut. */
static void quote(char *out, size_t size, const char *path)
{
    if (shell_safe(path)) {
        snprintf(out, size, "%s", path);
        return;
    }
    size_t used = 0;
    out[used++] = '\'';
    for (; *path != '\0' && used + 6 < size; path++) {
        const char *piece = *path == '\'' ? "'\\''" : (char[]){*path, '\0'};
        used += (size_t)snprintf(out + used, size - used, "%s", piece);
    }
    out[used++] = '\'';
    out[used] = '\0';
}

static void append(char out[POLICY_MAX_SENTENCE], const char *text)
{
    size_t used = strlen(out);
    size_t length = strlen(text);
    size_t room = POLICY_MAX_SENTENCE - 1 - used;
    memcpy(out + used, text, length < room ? length : room);
    out[used + (length < room ? length : room)] = '\0';
}

static void hide_controls(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

void sentence_write(char out[POLICY_MAX_SENTENCE], const char *file, uint32_t line,
                    const struct complaint *why)
{
    char number[16] = "";
    if (line > 0)
        snprintf(number, sizeof number, ":%u", line);
    char target[POLICY_MAX_SENTENCE] = "";
    if (why->target != NULL)
        quote(target, sizeof target, why->target);

    size_t words = strlen(number) + strlen(": : ") + strlen(why->fact) + strlen(why->remedy) +
                   (target[0] != '\0');
    size_t room = words + 2 * PATH_LEAST < POLICY_MAX_SENTENCE ? POLICY_MAX_SENTENCE - 1 - words
                                                               : 2 * PATH_LEAST;
    char short_file[POLICY_MAX_SENTENCE];
    char short_target[POLICY_MAX_SENTENCE];
    size_t file_len = strlen(file);
    size_t target_len = strlen(target);
    size_t target_room = target_len < room / 2        ? target_len
                         : file_len < room - room / 2 ? room - file_len
                                                      : room / 2;
    shorten(short_target, target_room, target);
    shorten(short_file, room - (target_len < target_room ? target_len : target_room), file);
    out[0] = '\0';
    append(out, short_file);
    append(out, number);
    append(out, ": ");
    append(out, why->fact);
    append(out, why->remedy[0] != '\0' ? ": " : "");
    append(out, why->remedy);
    append(out, target[0] != '\0' ? " " : "");
    append(out, short_target);
    hide_controls(out);
}
