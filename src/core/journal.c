#include "core/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/spare.h"
#include "core/utf8.h"

#define NATIVE_SOCKET "/run/systemd/journal/socket"
#define SYSLOG_SOCKET "/dev/log"
#define IDENTIFIER    "commissioned-auth"

enum { DATAGRAM_SIZE = 4096, MESSAGE_SIZE = 2048, FACILITY_AUTHPRIV = 10 };

struct datagram {
    size_t used;
    char text[DATAGRAM_SIZE];
};

/* Arrays rather than pointers: each pointer would be a relocation at the start of every process. */
static const struct {
    char id[33];
    unsigned char priority;
} kinds[JOURNAL_KIND_COUNT] = {
#define KIND(name, priority, id) [JOURNAL_##name] = {id, priority},
    JOURNAL_KINDS(KIND)
#undef KIND
};

enum journal_priority journal_priority(enum journal_kind kind)
{
    return (enum journal_priority)kinds[kind].priority;
}

const char *journal_id(enum journal_kind kind)
{
    return kinds[kind].id;
}

static void add(struct datagram *datagram, const char *text)
{
    for (; *text != '\0' && datagram->used < DATAGRAM_SIZE - 1; text++)
        datagram->text[datagram->used++] = *text;
}

/*
 * At most `limit` bytes of it. A line break in a value would begin another field, and one byte that
 * cannot be shown would have journalctl(1) show none of it.
 */
static void add_value(struct datagram *datagram, const char *value, size_t limit)
{
    while (*value != '\0') {
        size_t shown = utf8_shown(value);
        size_t size = shown > 0 ? shown : 1;
        if (size > limit || datagram->used + size >= DATAGRAM_SIZE)
            return;
        for (size_t i = 0; i < size; i++)
            datagram->text[datagram->used++] = shown > 0 ? value[i] : '?';
        value += size;
        limit -= size;
    }
}

static void add_field(struct datagram *datagram, const char *name, const char *value)
{
    /* A field that does not fit whole is left out: a cut one would be a wrong one. */
    if (value == NULL || datagram->used + strlen(name) + strlen(value) + 2 >= DATAGRAM_SIZE)
        return;
    add(datagram, name);
    add(datagram, "=");
    add_value(datagram, value, DATAGRAM_SIZE);
    add(datagram, "\n");
}

/* In a line that is split at blanks a value with one would begin another field: it is quoted. */
static void add_word(struct datagram *datagram, const char *value)
{
    bool quoted = *value == '\0' || value[strcspn(value, " \"=")] != '\0';
    add(datagram, quoted ? "\"" : "");
    for (size_t size; *value != '\0'; value += size) {
        size_t shown = utf8_shown(value);
        size = shown > 0 ? shown : 1;
        add_value(datagram, *value == '"' ? "'" : value, size);
    }
    add(datagram, quoted ? "\"" : "");
}

static bool send_to(const char *path, const struct datagram *datagram)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = path != NULL ? strlen(path) : 0;
    if (length == 0 || length >= sizeof address.sun_path)
        return false;
    memcpy(address.sun_path, path, length + 1);
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    ssize_t sent = sendto(fd, datagram->text, datagram->used, MSG_DONTWAIT | MSG_NOSIGNAL,
                          (const struct sockaddr *)&address, sizeof address);
    close(fd);
    return sent == (ssize_t)datagram->used;
}

static void make_native(struct datagram *datagram, enum journal_kind kind, const char *message,
                        const struct journal_field *fields, size_t nfields)
{
    char digit[] = {(char)('0' + kinds[kind].priority), '\0'};
    datagram->used = 0;
    add(datagram, "MESSAGE=");
    add_value(datagram, message, MESSAGE_SIZE); /* a cut one still says what it is about */
    add(datagram, "\n");
    add_field(datagram, "MESSAGE_ID", kinds[kind].id);
    add_field(datagram, "PRIORITY", digit);
    add_field(datagram, "SYSLOG_FACILITY", "10");
    add_field(datagram, "SYSLOG_IDENTIFIER", IDENTIFIER);
    for (size_t i = 0; i < nfields; i++)
        add_field(datagram, fields[i].name, fields[i].value);
}

static void make_syslog(struct datagram *datagram, enum journal_kind kind, const char *message,
                        const struct journal_field *fields, size_t nfields)
{
    char head[64];
    snprintf(head, sizeof head,
             "<%d>" IDENTIFIER "[%d]: ", FACILITY_AUTHPRIV * 8 + kinds[kind].priority,
             (int)getpid());
    datagram->used = 0;
    add(datagram, head);
    add_value(datagram, message, MESSAGE_SIZE);
    for (size_t i = 0; i < nfields; i++) {
        if (fields[i].value == NULL)
            continue;
        add(datagram, " ");
        add(datagram, fields[i].name);
        add(datagram, "=");
        add_word(datagram, fields[i].value);
    }
}

static struct datagram spare;
static bool spare_is_taken;

bool journal_send_to(const char *native_socket, const char *syslog_socket, enum journal_kind kind,
                     const char *message, const struct journal_field *fields, size_t nfields)
{
    auto_errno int saved = errno;
    struct datagram *datagram = spare_take(&spare_is_taken, &spare, sizeof spare);
    if (datagram == NULL)
        return false;
    make_native(datagram, kind, message, fields, nfields);
    bool sent = send_to(native_socket, datagram);
    if (!sent) {
        make_syslog(datagram, kind, message, fields, nfields);
        sent = send_to(syslog_socket, datagram);
    }
    spare_give(&spare_is_taken, &spare, datagram, sizeof spare);
    return sent;
}

bool journal_send(enum journal_kind kind, const char *message, const struct journal_field *fields,
                  size_t nfields)
{
    return journal_send_to(NATIVE_SOCKET, SYSLOG_SOCKET, kind, message, fields, nfields);
}
