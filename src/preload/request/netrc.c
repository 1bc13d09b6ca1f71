#include "preload/request/netrc.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "preload/loader/slab.h"

enum {
    CHUNK_SIZE = 1024,
    TOKEN_SIZE = TARGET_MAX_HOST + 2, /* no longer one is a host */
    HOME_SIZE = 1024,
    NAME_SIZE = HOME_SIZE + sizeof "/.netrc",
    FILE_MAX = 1 << 20,
};

/* ---- a file, piece by piece ------------------------------------------------------------------ */

enum reading { READ_ALL, READ_NO_FILE, READ_FAILED };

/* Takes each piece; false where it needs no more. */
typedef bool take_piece(void *taker, const char *piece, size_t size);

static enum reading read_pieces(int fd, take_piece *take, void *taker)
{
    char piece[CHUNK_SIZE];
    for (ssize_t all = 0; all < FILE_MAX;) {
        ssize_t size = read(fd, piece, sizeof piece);
        if (size < 0)
            return READ_FAILED;
        if (size == 0 || !take(taker, piece, (size_t)size))
            return READ_ALL;
        all += size;
    }
    return READ_FAILED;
}

/* libcurl, which comes first, finds no more than we do. */
static enum reading failed_to_open(void)
{
    return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? READ_NO_FILE : READ_FAILED;
}

/* makedev(3) of 1 and 3 (Linux's devices.txt), which is a call of the C library's where the
 * compiler does not inline. */
static const dev_t null_device = 1 << 8 | 3;

static bool is_null_device(const struct stat *status)
{
    return S_ISCHR(status->st_mode) && status->st_rdev == null_device;
}

/* A pipe or a terminal is not touched: libcurl has read what it gave. */
static enum reading read_file(const char *path, take_piece *take, void *taker)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return failed_to_open();
    if (!S_ISREG(status.st_mode))
        return is_null_device(&status) ? READ_ALL : READ_FAILED;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return failed_to_open();
    enum reading reading = read_pieces(fd, take, taker);
    close(fd);
    return reading;
}

/* ---- what it says ---------------------------------------------------------------------------- */

struct scan {
    const char *host;
    bool found;
    bool has_default;
    enum { BLANK, BARE, QUOTED, ESCAPED, COMMENT } place;
    enum { ANY, BEHIND_MACHINE, IN_MACRO } state;
    bool line_is_empty; /* so far */
    bool is_first;      /* no token stands before this one in its line */
    size_t length;      /* of the token; more than fits where it was cut */
    char token[TOKEN_SIZE];
};

static bool is_token(const struct scan *scan, const char *word)
{
    return scan->length == strlen(word) && strncasecmp(scan->token, word, scan->length) == 0;
}

static bool is_host(const struct scan *scan)
{
    size_t length = scan->length;
    if (length > TOKEN_SIZE)
        return false;
    if (length > 1 && scan->token[length - 1] == '.')
        length--;
    return length == strlen(scan->host) && strncasecmp(scan->token, scan->host, length) == 0;
}

/*
 * Versions of libcurl skip a password that reads "machine" or take it for the word, so the word
 * behind the word may be it again. A macro counts only where its name begins a line.
 */
static void end_token(struct scan *scan)
{
    if (scan->state == BEHIND_MACHINE && is_host(scan))
        scan->found = true;
    if (is_token(scan, "machine"))
        scan->state = BEHIND_MACHINE;
    else if (is_token(scan, "macdef") && scan->is_first && !scan->has_default)
        scan->state = IN_MACRO;
    else
        scan->state = ANY;
    if (is_token(scan, "default"))
        scan->has_default = true;
    scan->place = BLANK;
    scan->length = 0;
    scan->is_first = false;
}

static void add(struct scan *scan, char c)
{
    if (scan->length < TOKEN_SIZE)
        scan->token[scan->length] = c;
    scan->length += scan->length <= TOKEN_SIZE;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static void begin_token(struct scan *scan, char c)
{
    if (c == '#' && scan->is_first) {
        scan->place = COMMENT;
    } else if (c == '"') {
        scan->place = QUOTED;
    } else if (!is_space(c)) {
        scan->place = BARE;
        add(scan, c);
    }
}

static void take_in_token(struct scan *scan, char c)
{
    if (scan->place == ESCAPED) {
        scan->place = QUOTED;
        add(scan, c);
    } else if (scan->place == QUOTED && c == '\\') {
        scan->place = ESCAPED;
    } else if (scan->place == QUOTED ? c == '"' : is_space(c)) {
        end_token(scan);
    } else {
        add(scan, c);
    }
}

static void end_line(struct scan *scan)
{
    if (scan->place == QUOTED || scan->place == ESCAPED)
        scan->found = true; /* libcurl calls it an error, or takes the quote for a letter */
    if (scan->place == BARE)
        end_token(scan);
    if (scan->state == IN_MACRO && scan->line_is_empty)
        scan->state = ANY;
    scan->place = BLANK;
    scan->line_is_empty = true;
    scan->is_first = true;
}

static void take_character(struct scan *scan, char c)
{
    if (c == '\n') {
        end_line(scan);
        return;
    }
    scan->line_is_empty = scan->line_is_empty && c == '\r';
    if (scan->state == IN_MACRO || scan->place == COMMENT)
        return;
    if (scan->place == BLANK)
        begin_token(scan, c);
    else
        take_in_token(scan, c);
}

static bool scan_piece(void *taker, const char *piece, size_t size)
{
    struct scan *scan = taker;
    for (size_t i = 0; i < size && !scan->found; i++)
        take_character(scan, piece[i]);
    return !scan->found;
}

/* ---- where it is ----------------------------------------------------------------------------- */

/* A line of /etc/passwd, passwd(5): the third field is looked for, the sixth is wanted. */
struct account_line {
    char uid[16];
    unsigned field;
    size_t length; /* in the field */
    bool is_user;
    bool found; /* `home` is complete */
    char home[HOME_SIZE];
};

static void end_field(struct account_line *line, bool line_ends)
{
    if (line->field == 2)
        line->is_user = line->is_user && line->uid[line->length] == '\0';
    if (line->field == 5 && line->is_user && line->length > 0 && line->length < HOME_SIZE) {
        line->home[line->length] = '\0';
        line->found = true;
    }
    line->field = line_ends ? 0 : line->field + 1;
    line->length = 0;
    if (line_ends)
        line->is_user = true;
}

static void take_in_field(struct account_line *line, char c)
{
    if (line->field == 2 && (line->length >= sizeof line->uid || line->uid[line->length] != c))
        line->is_user = false;
    if (line->field == 5 && line->length < HOME_SIZE)
        line->home[line->length] = c;
    line->length++;
}

static bool scan_accounts(void *taker, const char *piece, size_t size)
{
    struct account_line *line = taker;
    for (size_t i = 0; i < size && !line->found; i++) {
        if (piece[i] == ':' || piece[i] == '\n')
            end_field(line, piece[i] == '\n');
        else
            take_in_field(line, piece[i]);
    }
    return !line->found;
}

/* The user's home, of whom the C library says that he is it, as libcurl asks: see its lib/netrc.c.
 * False where it is in no file of accounts. */
static bool find_home(char *home)
{
    struct account_line line = {.is_user = true};
    snprintf(line.uid, sizeof line.uid, "%u", (unsigned)geteuid());
    if (read_file("/etc/passwd", scan_accounts, &line) != READ_ALL || !line.found)
        return false;
    memcpy(home, line.home, HOME_SIZE);
    return true;
}

/* Not secure_getenv: what matters is which file libcurl reads. `path` is room for its name. */
static enum reading read_home(struct scan *scan, char path[NAME_SIZE])
{
    const char *home = getenv("HOME");
    if (home == NULL || home[0] == '\0') {
        if (!find_home(path))
            return READ_FAILED;
        home = path;
    }
    size_t length = strlen(home);
    if (length >= HOME_SIZE)
        return READ_FAILED;
    if (home != path)
        memcpy(path, home, length);
    memcpy(path + length, "/.netrc", sizeof "/.netrc");
    return read_file(path, scan_piece, scan);
}

static enum reading read_users(struct scan *scan)
{
    char *path = slab_map(NAME_SIZE); /* the stack may be a short one */
    enum reading reading = path != NULL ? read_home(scan, path) : READ_FAILED;
    if (path != NULL)
        slab_unmap(path, NAME_SIZE);
    return reading;
}

enum netrc_entry netrc_find(const char *path, const char *host)
{
    struct scan scan = {.host = host, .line_is_empty = true, .is_first = true};
    auto_errno int saved = errno;
    enum reading reading = path != NULL ? read_file(path, scan_piece, &scan) : read_users(&scan);
    if (reading == READ_ALL)
        end_line(&scan);
    if (reading == READ_NO_FILE)
        return NETRC_NO_FILE;
    if (reading == READ_FAILED || scan.found)
        return NETRC_HOST;
    return scan.has_default ? NETRC_DEFAULT : NETRC_OTHERS;
}

enum netrc_entry netrc_look(const struct record *record, const char *host)
{
    const struct record_rare *rare = record->rare;
    const char *path = rare != NULL ? rare->text[RECORD_NETRC_FILE] : NULL;
    if (record->state & RECORD_NETRC_LOST)
        return NETRC_HOST;
    return netrc_find(path != NULL && path[0] != '\0' ? path : NULL, host);
}
