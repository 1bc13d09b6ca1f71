/*
 * What each option of the application means to its record. Rows are added in two places: the table,
 * which interpose.c looks at on every setopt, and the switch.
 */
#include <string.h>
#include <strings.h>

#include "core/decide.h"
#include "preload/record/record.h"

/* Numbers are libcurl's ABI (curl.h), so one built against an older curl.h still knows them. */
enum {
    OPT_HEADEROPT = 229,
    OPT_PREREQFUNCTION = 20312,
    OPT_PREREQDATA = 10313,
    OPT_CURLU = 10282,
    OPT_REQUEST_TARGET = 10266,
    OPT_AWS_SIGV4 = 10305,
    SSL_OPTION_EARLYDATA = 1 << 6, /* CURLSSLOPT_EARLYDATA, 8.11 */
};

#define KEEP(option) [(option)&RECORD_KEPT_MASK] = (option)

const uint16_t record_kept[RECORD_KEPT_MASK + 1] = {
    KEEP(CURLOPT_HTTPHEADER),
    KEEP(OPT_PREREQFUNCTION),
    KEEP(OPT_PREREQDATA),
    KEEP(CURLOPT_DEBUGFUNCTION),
    KEEP(CURLOPT_DEBUGDATA),
    KEEP(CURLOPT_STDERR),
    KEEP(CURLOPT_VERBOSE),
    KEEP(CURLOPT_ERRORBUFFER),
    KEEP(OPT_CURLU),
    KEEP(CURLOPT_PORT),
    KEEP(CURLOPT_SSL_VERIFYPEER),
    KEEP(CURLOPT_SSL_VERIFYHOST),
    KEEP(CURLOPT_SSL_CTX_FUNCTION),
    KEEP(CURLOPT_SSL_OPTIONS),
    KEEP(OPT_HEADEROPT),
    KEEP(OPT_REQUEST_TARGET),
    KEEP(CURLOPT_CONNECT_ONLY),
    KEEP(CURLOPT_USERPWD),
    KEEP(CURLOPT_USERNAME),
    KEEP(CURLOPT_PASSWORD),
    KEEP(CURLOPT_XOAUTH2_BEARER),
    KEEP(OPT_AWS_SIGV4),
    KEEP(CURLOPT_HTTPAUTH),
    KEEP(CURLOPT_CUSTOMREQUEST),
    KEEP(CURLOPT_NETRC),
    KEEP(CURLOPT_NETRC_FILE),
    KEEP(CURLOPT_COOKIE),
    KEEP(CURLOPT_TLSAUTH_USERNAME),
    KEEP(CURLOPT_UNRESTRICTED_AUTH),
    KEEP(CURLOPT_URL), /* where record_keeps_of says so */
};

bool record_keeps_of(const struct provider *provider, CURLoption option)
{
    if (option == CURLOPT_URL)
        return provider_is_old(provider) || provider->version >= CURL_HIDES_USERINFO;
    return provider_is_old(provider) &&
           (option == CURLOPT_FOLLOWLOCATION || option == CURLOPT_DEFAULT_PROTOCOL);
}

static void set_state(struct record *record, uint32_t bit, bool on)
{
    record->state = on ? record->state | bit : record->state & ~bit;
}

static void set_fact(struct record *record, unsigned bit, bool on)
{
    record->facts = (uint16_t)(on ? record->facts | bit : record->facts & ~bit);
}

static bool is_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* A user of length 0 and no user at all are two things to libcurl; CURLOPT_USERNAME(3). */
static void note_user(struct record *record, const char *user, size_t length)
{
    set_state(record, RECORD_USER, user != NULL && length > 0);
    set_state(record, RECORD_EMPTY_USER, user != NULL && length == 0);
}

/* Whether an '@' stands in the part with the host. libcurl takes one to three slashes before that,
 * and none with the scheme left out. */
static bool names_a_user(const char *url)
{
    size_t length = strcspn(url, "/?#");
    if (url[length] == '/' && length > 0 && url[length - 1] == ':') {
        url += length;
        while (*url == '/')
            url++;
    }
    return url[strcspn(url, "@/?#")] == '@';
}

/* "user:password"; CURLOPT_USERPWD(3). */
static void note_userpwd(struct record *record, const char *text)
{
    size_t user = text != NULL ? strcspn(text, ":") : 0;
    note_user(record, text, user);
    set_state(record, RECORD_PASSWORD, text != NULL && text[user] == ':' && text[user + 1] != '\0');
}

/* A debug setting, CURLU or the like. Where it cannot be kept the handle gets no key any more. */
static void note_rare(struct record *record, CURLoption option, uintptr_t argument)
{
    if (argument == 0 && record->rare == NULL)
        return; /* the default already */
    struct record_rare *rare = record_rare(record);
    if (rare == NULL) {
        set_fact(record, HOP_NO_URL, true);
        return;
    }
    switch ((int)option) {
    case OPT_PREREQFUNCTION:
        rare->prereq = (curl_prereq_callback)argument;
        break;
    case OPT_PREREQDATA:
        rare->prereq_data = (void *)argument;
        break;
    case CURLOPT_DEBUGFUNCTION:
        rare->debug = (curl_debug_callback)argument;
        break;
    case CURLOPT_DEBUGDATA:
        rare->debug_data = (void *)argument;
        break;
    case CURLOPT_STDERR:
        rare->error_stream = (void *)argument;
        break;
    case OPT_CURLU:
        rare->url = (CURLU *)argument;
        break;
    }
}

/* Keeps a copy. False where there was something and it cannot be kept. */
static bool note_text(struct record *record, enum record_text which, const char *value)
{
    char *text = is_text(value) ? record_text(record, which) : NULL;
    size_t length = is_text(value) ? strlen(value) : 0;
    bool fits = text != NULL && length < RECORD_TEXT_SIZE;
    if (fits)
        memcpy(text, value, length + 1);
    else if (record->rare != NULL && record->rare->text[which] != NULL)
        record->rare->text[which][0] = '\0';
    return fits || !is_text(value);
}

void record_note(struct record *record, CURLoption option, uintptr_t argument)
{
    const char *text = (const char *)argument;
    unsigned long bits = (unsigned long)argument;
    switch ((int)option) {
    case CURLOPT_HTTPHEADER:
        record->headers = (struct curl_slist *)argument;
        break;
    case CURLOPT_ERRORBUFFER:
        record->error_buffer = (char *)argument;
        break;
    case CURLOPT_VERBOSE:
        set_state(record, RECORD_VERBOSE, bits != 0);
        break;
    case CURLOPT_PORT:
        record->port = (uint16_t)bits;
        break;
    case CURLOPT_SSL_VERIFYPEER:
        set_fact(record, HOP_PEER_UNVERIFIED, bits == 0);
        break;
    case CURLOPT_SSL_VERIFYHOST:
        set_fact(record, HOP_HOST_UNVERIFIED, (bits & 3) == 0);
        break;
    case CURLOPT_SSL_CTX_FUNCTION:
        /* libcurl uses a connection again that was made under it, also after it is taken back and
         * after a reset, and by other handles (measured): so the fact stays, and taints them all.
         */
        if (argument != 0) {
            set_fact(record, HOP_SSL_CTX_FUNCTION, true);
            provider_taint(record->provider);
        }
        break;
    case CURLOPT_SSL_OPTIONS:
        set_fact(record, HOP_EARLY_DATA, (bits & SSL_OPTION_EARLYDATA) != 0);
        break;
    case OPT_HEADEROPT:
        set_fact(record, HOP_HEADER_UNIFIED, (bits & CURLHEADER_SEPARATE) == 0);
        break;
    case CURLOPT_CONNECT_ONLY:
        set_fact(record, HOP_CONNECT_ONLY,
                 bits == 1); /* 2 is a WebSocket, which libcurl asks for */
        break;
    case CURLOPT_HTTPAUTH:
        set_state(record, RECORD_AUTH_CHOOSES, (bits & (bits - 1)) != 0);
        set_state(record, RECORD_NO_BASIC, (bits & CURLAUTH_BASIC) == 0);
        set_state(record, RECORD_NEGOTIATES,
                  (bits & CURLAUTH_BASIC) == 0 && (bits & CURLAUTH_NEGOTIATE) != 0);
        break;
    case CURLOPT_NETRC:
        set_state(record, RECORD_NETRC, bits != CURL_NETRC_IGNORED);
        break;
    case CURLOPT_NETRC_FILE:
        set_state(record, RECORD_NETRC_LOST, !note_text(record, RECORD_NETRC_FILE, text));
        break;
    case CURLOPT_COOKIE:
    case CURLOPT_TLSAUTH_USERNAME:
        if (text != NULL)
            set_state(record, RECORD_RESTRICTED, true);
        break;
    case CURLOPT_UNRESTRICTED_AUTH:
        set_state(record, RECORD_UNRESTRICTED, bits != 0);
        break;
    case CURLOPT_USERPWD:
        note_userpwd(record, text);
        break;
    case CURLOPT_USERNAME:
        note_user(record, text, text != NULL ? strlen(text) : 0);
        break;
    case CURLOPT_PASSWORD:
        set_state(record, RECORD_PASSWORD, is_text(text));
        break;
    case CURLOPT_XOAUTH2_BEARER:
        /* An empty one goes out as well where HTTPAUTH is CURLAUTH_BEARER (measured). */
        set_state(record, RECORD_BEARER, text != NULL);
        break;
    case OPT_AWS_SIGV4:
        set_state(record, RECORD_SIGV4, text != NULL);
        break;
    case OPT_REQUEST_TARGET:
        set_fact(record, HOP_UNKNOWN_TARGET, !note_text(record, RECORD_TARGET, text));
        break;
    case CURLOPT_URL:
        if (provider_is_old(record->provider))
            note_text(record, RECORD_LOCATION, text);
        set_state(record, RECORD_URL_USER,
                  record->provider->version >= CURL_HIDES_USERINFO && is_text(text) &&
                      names_a_user(text));
        break;
    case CURLOPT_FOLLOWLOCATION:
        set_fact(record, HOP_FOLLOWS, bits != 0);
        break;
    case CURLOPT_DEFAULT_PROTOCOL:
        set_state(record, RECORD_PROTOCOL, text != NULL);
        break;
    case CURLOPT_CUSTOMREQUEST:
        set_state(record, RECORD_CUSTOM, text != NULL);
        set_fact(record, HOP_TRACE,
                 provider_is_old(record->provider) && text != NULL &&
                     (strncasecmp(text, "TRACE", 5) == 0 || target_has_blank(text)));
        break;
    default:
        note_rare(record, option, argument);
    }
}
