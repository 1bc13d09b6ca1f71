#include "preload/request/redact.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "preload/loader/slab.h"
#include "preload/request/inject.h"

/* The field name is 14 characters with its colon; what follows up to the
 * key is no secret either. */
static const char pattern[] = "authorization: bearer ";
enum { NAME_LENGTH = 14, PATTERN_LENGTH = sizeof pattern - 1 };

enum phase { PHASE_MATCHING, PHASE_OTHER, PHASE_MASKING };

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void advance(struct redact_state *state, char c)
{
    if (state->phase != PHASE_MATCHING)
        return;
    if (lower(c) == pattern[state->matched])
        state->phase = ++state->matched == PATTERN_LENGTH ? PHASE_MASKING : PHASE_MATCHING;
    else
        state->phase = state->matched >= NAME_LENGTH ? PHASE_MASKING : PHASE_OTHER;
}

void redact_header(struct redact_state *state, char *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '\n') {
            *state = (struct redact_state){0, 0};
            continue;
        }
        bool masking = state->phase == PHASE_MASKING;
        advance(state, data[i]);
        /* A value that is not "Bearer ..." is masked from the character that shows it. */
        bool odd = !masking && state->phase == PHASE_MASKING && state->matched < PATTERN_LENGTH;
        if ((masking || odd) && data[i] != '\r')
            data[i] = '*';
    }
}

/* Where the value that begins at data[i] ends. A ']' may be part of a key: the last one of the line
 * alone closes the field. */
static size_t value_end(const char *data, size_t i, size_t size)
{
    size_t begin = i;
    while (i < size && data[i] != '\r' && data[i] != '\n')
        i++;
    return i > begin && data[i - 1] == ']' ? i - 1 : i;
}

void redact_text(char *data, size_t size)
{
    for (size_t i = 0; i + NAME_LENGTH <= size; i++) {
        bool starts = i == 0 || data[i - 1] == '[' || data[i - 1] == ' ';
        if (!starts || strncasecmp(data + i, pattern, NAME_LENGTH) != 0)
            continue;
        i += NAME_LENGTH;
        if (size - i >= PATTERN_LENGTH - NAME_LENGTH &&
            strncasecmp(data + i, pattern + NAME_LENGTH, PATTERN_LENGTH - NAME_LENGTH) == 0)
            i += PATTERN_LENGTH - NAME_LENGTH;
        size_t end = value_end(data, i, size);
        memset(data + i, '*', end - i);
        i = end;
    }
}

/*
 * "TLSv1.3 (OUT), TLS handshake, Finished (20):". libcurl's code for OpenSSL says such things where
 * there is a debug function; that one is ours, and the application has none.
 */
static bool is_tls_message(const char *data, size_t size)
{
    static const char marks[2][8] = {" (IN), ", " (OUT),"};
    enum { MARK = sizeof marks[0] - 1, MAX_VERSION = 12 }; /* "TLS Unknown" */
    if (size < 3 || (strncmp(data, "TLS", 3) != 0 && strncmp(data, "SSL", 3) != 0))
        return false;
    for (size_t i = 3; i < MAX_VERSION && i + MARK <= size; i++)
        if (memcmp(data + i, marks[0], MARK) == 0 || memcmp(data + i, marks[1], MARK) == 0)
            return true;
    return false;
}

/* What libcurl does without a callback: CURLOPT_VERBOSE(3). */
static void print(FILE *stream, curl_infotype type, const char *data, size_t size)
{
    const char *mark = type == CURLINFO_TEXT ? "* " : type == CURLINFO_HEADER_IN ? "< " : "> ";
    if (type != CURLINFO_TEXT && type != CURLINFO_HEADER_IN && type != CURLINFO_HEADER_OUT)
        return;
    if (type == CURLINFO_TEXT && is_tls_message(data, size))
        return;
    fwrite(mark, 2, 1, stream);
    fwrite(data, size, 1, stream);
}

static int pass_on(const struct record *record, CURL *easy, curl_infotype type, char *data,
                   size_t size)
{
    const struct record_rare *rare = record->rare;
    if (rare->debug != NULL)
        return rare->debug(easy, type, data, size, rare->debug_data);
    print(rare->error_stream != NULL ? rare->error_stream : stderr, type, data, size);
    return 0;
}

static bool needs_mask(const struct record *record, curl_infotype type)
{
    switch (type) {
    case CURLINFO_TEXT:
    case CURLINFO_HEADER_OUT:
        return true;
    case CURLINFO_DATA_OUT: /* the rest of a header block that was cut within a line */
        return record->rare->redact.phase != PHASE_MATCHING || record->rare->redact.matched > 0;
    default:
        return false;
    }
}

/* What is not shown still decides where in a line the next piece begins. */
static void skip(const struct record *record, curl_infotype type, const char *data, size_t size)
{
    char piece[64];
    for (size_t length; type != CURLINFO_TEXT && size > 0; data += length, size -= length) {
        length = size < sizeof piece ? size : sizeof piece;
        memcpy(piece, data, length);
        redact_header(&record->rare->redact, piece, length);
    }
}

/*
 * libcurl says so where it follows or tries again: what it shows until the next hop has no key.
 *   - With a header of ours in place, what it tells of the next hop's own credentials to a proxy's
 *     tunnel is not what it would tell.
 *   - A connection that is made meanwhile is not to have our function in its TLS library, which
 *     would show the end of it to a function that the application sets later (7.88.1, OpenSSL).
 */
static void step_aside(struct record *record, curl_infotype type, const char *data, size_t size)
{
    static const char begin[] = "Issue another request to this URL";
    if (type != CURLINFO_TEXT || size < sizeof begin || memcmp(data, begin, sizeof begin - 1) != 0)
        return;
    inject_nothing(record);
    if (record->rare->debug != NULL)
        return;
    record->rare->unmasked = true;
    redact_end(record);
}

/* Our CURLOPT_DEBUGFUNCTION; the application's text is not ours to write to, so it is copied. */
static int redact_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    enum { ON_STACK = 1024 };
    struct record *record = user;
    char near[ON_STACK];
    char *copy = near;
    if (!needs_mask(record, type) || size == 0)
        return pass_on(record, easy, type, data, size);
    if (size > ON_STACK && (copy = slab_map(size)) == NULL) {
        skip(record, type, data, size);
        return 0;
    }
    memcpy(copy, data, size);
    if (type == CURLINFO_TEXT)
        redact_text(copy, size);
    else
        redact_header(&record->rare->redact, copy, size);
    step_aside(record, type, copy, size);
    int answer = pass_on(record, easy, type, copy, size);
    if (copy != near)
        slab_unmap(copy, size);
    return answer;
}

static bool set_debug(const struct record *record, curl_debug_callback function, void *data)
{
    const struct real *real = &record->provider->real;
    return real->easy_setopt(record->handle, CURLOPT_DEBUGDATA, (uintptr_t)data) == CURLE_OK &&
           real->easy_setopt(record->handle, CURLOPT_DEBUGFUNCTION, (uintptr_t)function) ==
               CURLE_OK;
}

bool redact_begin(struct record *record)
{
    const struct record_rare *rare = record->rare;
    if (!(record->state & RECORD_VERBOSE) ||
        (rare != NULL && rare->unmasked && rare->debug == NULL))
        return true;
    if (record_rare(record) == NULL || !set_debug(record, redact_debug, record))
        return false;
    record->state |= RECORD_REDACTS;
    return true;
}

void redact_restart(struct record *record)
{
    if (record->rare == NULL)
        return;
    record->rare->redact = (struct redact_state){0, 0};
    record->rare->unmasked = false;
}

void redact_end(struct record *record)
{
    if (!(record->state & RECORD_REDACTS))
        return;
    set_debug(record, record->rare->debug, record->rare->debug_data);
    record->state &= ~(uint32_t)RECORD_REDACTS;
}
