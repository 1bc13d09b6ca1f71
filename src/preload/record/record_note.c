/*
 * What each option of the application means to its record: a row an option, and all else is made of
 * the rows. What one sets is read again in hop.c, which makes a hop's flags of it.
 */
#define CURL_DISABLE_DEPRECATION /* CURLOPT_TLSAUTH_USERNAME, with 8.22 */
#include <string.h>
#include <strings.h>

#include "core/decide.h"
#include "core/names.h"
#include "preload/record/record_method.h"

/* Numbers are libcurl's ABI (curl.h). */
enum {
    SSL_OPTION_EARLYDATA = 1 << 6, /* CURLSSLOPT_EARLYDATA, 8.11 */
    OPT_HTTPPOST = 10024,          /* deprecated, as is the next */
    OPT_PUT = 54,
    ONLY_CONNECT = 1, /* CONNECT_ONLY; 2 is a WebSocket, which libcurl asks for */
    FOLLOW_ALL = 1,   /* FOLLOWLOCATION; from 8.13 on there are other modes */
};

/*
 * The option; of which libcurl it is kept (enum when); what it is about (enum about); and what is
 * noted once libcurl accepted it, of `argument`, which is also `text` and `bits`. An empty bearer
 * counts: it goes out as well where HTTPAUTH is CURLAUTH_BEARER (measured).
 */
#define KEPT_OPTIONS(X)                                                                            \
    X(CURLOPT_HTTPHEADER, ALWAYS, DECIDES, record->headers = (struct curl_slist *)argument)        \
    X(CURLOPT_ERRORBUFFER, ALWAYS, SHOWS, record->error_buffer = (char *)argument)                 \
    X(CURLOPT_VERBOSE, ALWAYS, SHOWS, set_state(record, RECORD_VERBOSE, bits != 0))                \
    X(CURLOPT_STDERR, ALWAYS, SHOWS, RARE(error_stream, void *))                                   \
    X(CURLOPT_DEBUGFUNCTION, ALWAYS, SHOWS, RARE(debug, curl_debug_callback))                      \
    X(CURLOPT_DEBUGDATA, ALWAYS, SHOWS, RARE(debug_data, void *))                                  \
    X(CURLOPT_PREREQFUNCTION, ALWAYS, SHOWS, RARE(prereq, curl_prereq_callback))                   \
    X(CURLOPT_PREREQDATA, ALWAYS, SHOWS, RARE(prereq_data, void *))                                \
    X(CURLOPT_URL, WHERE_HIDDEN, LEADS, note_url(record, text))                                    \
    X(CURLOPT_CURLU, ALWAYS, LEADS, RARE(url, CURLU *))                                            \
    X(CURLOPT_PORT, ALWAYS, LEADS, record->port = (uint16_t)bits)                                  \
    X(CURLOPT_REQUEST_TARGET, ALWAYS, DECIDES,                                                     \
      set_fact(record, HOP_UNKNOWN_TARGET, !note_text(record, RECORD_TARGET, text)))               \
    X(CURLOPT_CUSTOMREQUEST, ALWAYS, DECIDES, note_method(record, text))                           \
    X(CURLOPT_CONNECT_ONLY, ALWAYS, DECIDES,                                                       \
      set_fact(record, HOP_CONNECT_ONLY, leaves_the_request(record, bits)))                        \
    X(CURLOPT_NOBODY, ALWAYS, MAKES_METHOD, note_made(record, CURLOPT_NOBODY, bits))               \
    X(CURLOPT_UPLOAD, ALWAYS, MAKES_METHOD, note_made(record, CURLOPT_UPLOAD, bits))               \
    X(OPT_PUT, ALWAYS, MAKES_METHOD, note_made(record, OPT_PUT, bits))                             \
    X(CURLOPT_POST, ALWAYS, MAKES_METHOD, note_made(record, CURLOPT_POST, bits))                   \
    X(CURLOPT_HTTPGET, ALWAYS, MAKES_METHOD, note_made(record, CURLOPT_HTTPGET, bits))             \
    X(OPT_HTTPPOST, ALWAYS, MAKES_METHOD, note_made(record, OPT_HTTPPOST, bits))                   \
    X(CURLOPT_MIMEPOST, ALWAYS, MAKES_METHOD, note_made(record, CURLOPT_MIMEPOST, bits))           \
    X(CURLOPT_POSTFIELDS, ALWAYS, MAKES_METHOD, note_made(record, CURLOPT_POSTFIELDS, bits))       \
    X(CURLOPT_COPYPOSTFIELDS, ALWAYS, MAKES_METHOD,                                                \
      note_made(record, CURLOPT_COPYPOSTFIELDS, bits))                                             \
    X(CURLOPT_FOLLOWLOCATION, ALWAYS, DECIDES, note_follow(record, bits))                          \
    X(CURLOPT_DEFAULT_PROTOCOL, OLD, DECIDES, set_state(record, RECORD_PROTOCOL, text != NULL))    \
    X(CURLOPT_SSL_VERIFYPEER, ALWAYS, DECIDES, set_fact(record, HOP_PEER_UNVERIFIED, bits == 0))   \
    X(CURLOPT_SSL_VERIFYHOST, ALWAYS, DECIDES,                                                     \
      set_fact(record, HOP_HOST_UNVERIFIED, (bits & 3) == 0))                                      \
    X(CURLOPT_SSL_CTX_FUNCTION, ALWAYS, DECIDES, note_ssl_ctx(record, argument))                   \
    X(CURLOPT_SSL_OPTIONS, ALWAYS, DECIDES,                                                        \
      set_fact(record, HOP_EARLY_DATA, (bits & SSL_OPTION_EARLYDATA) != 0))                        \
    X(CURLOPT_HEADEROPT, ALWAYS, DECIDES,                                                          \
      set_fact(record, HOP_HEADER_UNIFIED, (bits & CURLHEADER_SEPARATE) == 0))                     \
    X(CURLOPT_USERPWD, ALWAYS, DECIDES, note_userpwd(record, text))                                \
    X(CURLOPT_USERNAME, ALWAYS, DECIDES, note_user(record, text, text != NULL ? strlen(text) : 0)) \
    X(CURLOPT_PASSWORD, ALWAYS, DECIDES, note_password(record, text))                              \
    X(CURLOPT_XOAUTH2_BEARER, ALWAYS, DECIDES, set_state(record, RECORD_BEARER, text != NULL))     \
    X(CURLOPT_AWS_SIGV4, ALWAYS, DECIDES, set_state(record, RECORD_SIGV4, text != NULL))           \
    X(CURLOPT_HTTPAUTH, ALWAYS, DECIDES, note_auth(record, bits))                                  \
    X(CURLOPT_NETRC, ALWAYS, DECIDES, set_state(record, RECORD_NETRC, bits != CURL_NETRC_IGNORED)) \
    X(CURLOPT_NETRC_FILE, ALWAYS, DECIDES,                                                         \
      set_state(record, RECORD_NETRC_LOST, !note_text(record, RECORD_NETRC_FILE, text)))           \
    X(CURLOPT_COOKIE, ALWAYS, DECIDES, note_cookie(record, text))                                  \
    X(CURLOPT_USERAGENT, ALWAYS, DECIDES, note_lines(record, text))                                \
    X(CURLOPT_REFERER, ALWAYS, DECIDES, note_lines(record, text))                                  \
    X(CURLOPT_RANGE, ALWAYS, DECIDES, note_lines(record, text))                                    \
    X(CURLOPT_ACCEPT_ENCODING, ALWAYS, DECIDES, note_lines(record, text))                          \
    X(CURLOPT_TLSAUTH_USERNAME, ALWAYS, DECIDES, note_restricted(record, text))                    \
    X(CURLOPT_UNRESTRICTED_AUTH, ALWAYS, DECIDES, set_state(record, RECORD_UNRESTRICTED, bits != 0))

enum when {
    ALWAYS,
    OLD,          /* of a libcurl without a hop: what is decided is decided on what was set */
    WHERE_HIDDEN, /* ... and of one that does not show an URL's user */
};

enum about {
    DECIDES,      /* whether a key may go */
    LEADS,        /* to the peer: it decides too */
    MAKES_METHOD, /* of the next transfer: it decides too */
    SHOWS,        /* how things are shown and who is called: it decides nothing */
};

/* ---- which are kept -------------------------------------------------------------------------- */

/* Those of an old libcurl alone are told by record_keeps_of. */
#define KEEP(option, when, about, note)                                                            \
    [(option)&RECORD_KEPT_MASK] = (when) == OLD ? 0 : (uint16_t)(option),
const uint16_t record_kept[RECORD_KEPT_MASK + 1] = {KEPT_OPTIONS(KEEP)};
#undef KEEP

static enum when when_kept(CURLoption option)
{
    switch ((int)option) {
#define WHEN(option, when, about, note)                                                            \
    case option:                                                                                   \
        return when;
        KEPT_OPTIONS(WHEN)
#undef WHEN
    }
    return ALWAYS;
}

bool record_keeps_of(const struct provider *provider, CURLoption option)
{
    enum when when = when_kept(option);
    return when != ALWAYS && (provider_is_old(provider) ||
                              (when == WHERE_HIDDEN && provider->version >= CURL_HIDES_USERINFO));
}

static enum about about_of(CURLoption option)
{
    switch ((int)option) {
#define ABOUT(option, when, about, note)                                                           \
    case option:                                                                                   \
        return about;
        KEPT_OPTIONS(ABOUT)
#undef ABOUT
    }
    return DECIDES;
}

bool record_option_leads(CURLoption option)
{
    return about_of(option) == LEADS;
}

bool record_option_makes_method(CURLoption option)
{
    return about_of(option) == MAKES_METHOD;
}

bool record_option_decides(CURLoption option)
{
    return about_of(option) != SHOWS;
}

/* ---- what is noted --------------------------------------------------------------------------- */

static void set_state(struct record *record, uint32_t bit, bool on)
{
    record->state = on ? record->state | bit : record->state & ~bit;
}

static void set_fact(struct record *record, unsigned bit, bool on)
{
    record->facts = (uint16_t)(on ? record->facts | bit : record->facts & ~bit);
}

static bool leaves_the_request(const struct record *record, unsigned long mode)
{
    return record->provider->version >= CURL_HAS_WEBSOCKETS ? mode == ONLY_CONNECT : mode != 0;
}

static bool is_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* The rare part for a debug setting, CURLU or the like; NULL where there is nothing to keep. Where
 * there is and it cannot be kept, the handle gets no key any more. */
static struct record_rare *rare_for(struct record *record, uintptr_t argument)
{
    if (argument == 0 && record->rare == NULL)
        return NULL; /* the default already */
    struct record_rare *rare = record_rare(record);
    if (rare == NULL)
        set_fact(record, HOP_NO_URL, true);
    return rare;
}

static bool made_a_transfer(const struct record *record)
{
    return record->state & (RECORD_ACTIVE | RECORD_HOOKED);
}

/*
 * Until it is reset libcurl keeps to the methods that a transfer with a user had and HTTPAUTH still
 * names (measured, 7.88.1, 8.19.0). `narrows`: of a list it may have one left by that.
 */
static void note_method_kept(struct record *record, bool narrows)
{
    const uint32_t user = RECORD_USER | RECORD_EMPTY_USER | RECORD_PASSWORD;
    if (!made_a_transfer(record) || !(record->state & user) ||
        (record->state & RECORD_AUTH_CHOOSES && !narrows))
        return;
    struct record_rare *rare = rare_for(record, true);
    if (rare != NULL)
        rare->keeps_method = true;
}

/* One that needs no user: what it used is remembered too. */
static void note_settled(struct record *record)
{
    if (record->state & RECORD_NEGOTIATES && made_a_transfer(record))
        record->state |= RECORD_SETTLED;
}

void record_note_unhook(struct record *record)
{
    note_method_kept(record, false);
    note_settled(record);
}

/* A user of length 0 and no user at all are two things to libcurl; CURLOPT_USERNAME(3). */
static void note_user(struct record *record, const char *user, size_t length)
{
    if (user == NULL || length == 0)
        note_method_kept(record, false);
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

static void note_password(struct record *record, const char *text)
{
    bool empty_too = provider_sends_password(record->provider);
    set_state(record, RECORD_PASSWORD, empty_too ? text != NULL : is_text(text));
}

/* "user:password"; CURLOPT_USERPWD(3). */
static void note_userpwd(struct record *record, const char *text)
{
    size_t user = text != NULL ? strcspn(text, ":") : 0;
    note_user(record, text, user);
    set_state(record, RECORD_PASSWORD, text != NULL && text[user] == ':' && text[user + 1] != '\0');
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

static void note_url(struct record *record, const char *url)
{
    if (provider_is_old(record->provider))
        note_text(record, RECORD_LOCATION, url);
    set_state(record, RECORD_URL_USER,
              record->provider->version >= CURL_HIDES_USERINFO && is_text(url) &&
                  names_a_user(url));
}

/* Beginning with GET, which needs no place to be kept in. */
static void note_made(struct record *record, int option, unsigned long bits)
{
    if (!provider_is_old(record->provider))
        return;
    enum record_method before = record->rare != NULL ? record->rare->method : METHOD_GET;
    enum record_method now = record_method_behind(before, (CURLoption)option, bits != 0);
    struct record_rare *rare = rare_for(record, now);
    if (rare != NULL)
        rare->method = (uint8_t)now;
}

static void note_method(struct record *record, const char *method)
{
    set_state(record, RECORD_CUSTOM, method != NULL);
    set_fact(record, HOP_TRACE,
             provider_is_old(record->provider) && method != NULL &&
                 (strncasecmp(method, "TRACE", 5) == 0 || target_has_blank(method)));
}

/* What was in force when a redirect came stays so to the transfer's end. */
static void note_follow(struct record *record, unsigned long mode)
{
    const struct provider *provider = record->provider;
    if (provider_is_old(provider))
        set_fact(record, HOP_FOLLOWS, mode != 0);
    else if (provider->version >= CURL_DROPS_CUSTOM &&
             (mode > FOLLOW_ALL || !(record->state & RECORD_ACTIVE)))
        set_state(record, RECORD_DROPS_CUSTOM, mode > FOLLOW_ALL);
}

/* libcurl uses a connection again that was made under it, also after it is taken back and after a
 * reset, and by other handles (measured): so the fact stays, and taints them all. */
static void note_ssl_ctx(struct record *record, uintptr_t callback)
{
    if (callback == 0)
        return;
    set_fact(record, HOP_SSL_CTX_FUNCTION, true);
    provider_taint(record->provider);
}

/*
 * NTLM goes out without a user where a proxy has one, and beside another header (measured). Of
 * several methods none does before a 401 is answered, which follow.c sees: a program that has a
 * list by habit, as one of PHP's extensions, has no credentials of its own by it. But a libcurl
 * without NTLM or Negotiate leaves that one out, and the other is then alone: so only a list with
 * one that no libcurl leaves out has several.
 */
static void note_auth(struct record *record, unsigned long methods)
{
    enum { MAX_LISTED = 8 };
    const unsigned long needs_no_user = CURLAUTH_NEGOTIATE | CURLAUTH_NTLM | CURLAUTH_NTLM_WB;
    const unsigned long stays = CURLAUTH_BASIC | CURLAUTH_DIGEST;
    bool basic = (methods & CURLAUTH_BASIC) != 0, several = (methods & (methods - 1)) != 0;
    /* CURLAUTH_ANY is no list, but all methods with a few taken out. */
    if (several)
        note_method_kept(record, __builtin_popcountl(methods) <= MAX_LISTED);
    note_settled(record);
    set_state(record, RECORD_AUTH_CHOOSES, several);
    set_state(record, RECORD_NO_BASIC, !basic);
    set_state(record, RECORD_NEGOTIATES, !(methods & stays) && (methods & needs_no_user) != 0);
}

static void note_restricted(struct record *record, const char *text)
{
    if (text != NULL)
        set_state(record, RECORD_RESTRICTED, true);
}

/* libcurl sends the text as it is, its line breaks too (measured); what is one: inject.c. It is
 * remembered until the handle's reset. */
static void note_lines(struct record *record, const char *text)
{
    static const char name[] = AUTHORIZATION;
    if (text == NULL)
        return;
    while (*(text += strcspn(text, "\r\n")) != '\0')
        if (strncasecmp(++text, name, sizeof name - 1) == 0)
            set_fact(record, HOP_OWN_LINE, true);
}

static void note_cookie(struct record *record, const char *text)
{
    note_restricted(record, text);
    note_lines(record, text);
}

void record_note(struct record *record, CURLoption option, uintptr_t argument)
{
    const char *text = (const char *)argument;
    unsigned long bits = (unsigned long)argument;
    struct record_rare *rare;
#define RARE(member, type)                                                                         \
    if ((rare = rare_for(record, argument)) != NULL)                                               \
    rare->member = (type)argument
#define NOTE(option, when, about, note)                                                            \
    case option:                                                                                   \
        note;                                                                                      \
        break;
    switch ((int)option) {
        KEPT_OPTIONS(NOTE)
    }
#undef NOTE
#undef RARE
}
