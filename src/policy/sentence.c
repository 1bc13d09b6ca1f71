#include "policy/sentence.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MIN_PATH = 24 }; /* bytes that a path keeps, however long the rest */

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

/* How many bytes longer `path` is as one word of a shell command. */
static size_t quoting(const char *path)
{
    size_t more = 2;
    if (shell_safe(path))
        return 0;
    for (; *path != '\0'; path++)
        more += *path == '\'' ? 3 : 0;
    return more < MIN_PATH ? more : MIN_PATH;
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

/* Appends `path` as one word of a shell command: 'it'\''s'. */
static void append_quoted(char out[POLICY_MAX_SENTENCE], const char *path)
{
    if (shell_safe(path)) {
        append(out, path);
        return;
    }
    append(out, "'");
    for (; *path != '\0'; path++)
        append(out, *path == '\'' ? "'\\''" : (char[]){*path, '\0'});
    append(out, "'");
}

/* How many times the remedy names its target. */
static size_t mentions(const struct complaint *why)
{
    size_t count = 0;
    for (const char *at = why->remedy; (at = strstr(at, "{}")) != NULL; at += 2)
        count++;
    return why->target == NULL ? 0 : count > 0 ? count : 1;
}

static void append_remedy(char out[POLICY_MAX_SENTENCE], const char *remedy, const char *target)
{
    const char *at = remedy;
    const char *gap;
    while (target != NULL && (gap = strstr(at, "{}")) != NULL) {
        char text[COMPLAINT_TEXT];
        snprintf(text, sizeof text, "%.*s", (int)(gap - at), at);
        append(out, text);
        append_quoted(out, target);
        at = gap + 2;
    }
    append(out, at);
    if (target != NULL && at == remedy) {
        append(out, " ");
        append_quoted(out, target);
    }
}

/* The room of the remedy's path in what all may take: half of it, or what the first leaves. */
static size_t target_share(size_t room, size_t file_len, size_t target_len)
{
    if (target_len <= room / 2)
        return target_len;
    return file_len < room - room / 2 ? room - file_len : room / 2;
}

void sentence_write(char out[POLICY_MAX_SENTENCE], const char *file, uint32_t line,
                    const struct complaint *why)
{
    char number[16] = "";
    if (line > 0)
        snprintf(number, sizeof number, ":%u", line);
    const char *target = why->target != NULL ? why->target : "";
    size_t times = mentions(why);
    size_t words = strlen(number) + strlen(": : ") + strlen(why->fact) + strlen(why->remedy) +
                   times * (1 + quoting(target));
    size_t room = 2 * MIN_PATH;
    if (words + room < POLICY_MAX_SENTENCE)
        room = POLICY_MAX_SENTENCE - 1 - words;
    size_t share = target_share(room, strlen(file), times * strlen(target));
    char short_file[POLICY_MAX_SENTENCE];
    char short_target[POLICY_MAX_SENTENCE];
    shorten(short_target, times > 1 ? share / times : share, target);
    shorten(short_file, room - share, file);

    out[0] = '\0';
    append(out, short_file);
    append(out, number);
    append(out, ": ");
    append(out, why->fact);
    append(out, why->remedy[0] != '\0' ? ": " : "");
    append_remedy(out, why->remedy, why->target != NULL ? short_target : NULL);
    hide_controls(out);
}
