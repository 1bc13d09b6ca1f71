/*
 * target.h - an URL in its canonical spelling, read without a parser and without memory.
 *
 * libcurl's parser is the only judge of what an odd URL means. A canonical one, though, cannot be
 * read two ways (RFC 3986, section 6.2.2): "http", "https", "ws" or "wss", "://" host [":" port]
 * path, all lower case up to the path, no user, nothing percent-encoded before the path, no blank
 * anywhere. target_scan reads just those and says "odd" of everything else; the caller then asks
 * libcurl and fills the same struct with target_set.
 *
 * Ownership: a target points into the strings it was made from.
 * Threads:   pure functions.
 * Errors:    the return value.
 */
#ifndef COMMISSIONED_TARGET_H
#define COMMISSIONED_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The flags with which libcurl itself reads an URL that it is about to use (its
 * parseurlandfillconn); for sources that include libcurl's headers. */
#define TARGET_PARSE_FLAGS (CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME)

enum { TARGET_MAX_HOST = 255 }; /* bytes of a host name, RFC 1035 section 2.3.4 */

struct target {
    bool tls;      /* scheme https or wss */
    bool userinfo; /* the URL brings a user or a password */
    bool usual;    /* https, not wss, and no dot at the host's end: of two such libcurl says what
                      host and port say, whether they are one origin */
    uint16_t port;
    size_t host_len;
    size_t path_len; /* up to the query or fragment */
    const char *path;
    char host[TARGET_MAX_HOST + 1]; /* lower case, no trailing dot */
};

enum target_spelling {
    TARGET_CANONICAL, /* *target is complete but for an odd path: see target_path_is_plain */
    TARGET_ODD,       /* ask libcurl */
};

/* Reads `url`. Of an odd one, nothing in *target may be used. */
enum target_spelling target_scan(const char *url, struct target *target);

/* Pieces of target_scan that plain.c needs too. How many characters in front may stand in a host
 * name in lower case. */
size_t target_host_span(const char *host);

/* True for what ends an authority without a port. */
static inline bool target_ends_authority(char c)
{
    return c == '/' || c == '?' || c == '#' || c == '\0';
}

/* The length of the path up to the query or the fragment. SIZE_MAX where a blank stands in any of
 * them. */
size_t target_path_length(const char *path);

/* From the parts that libcurl's curl_url_get gave. False where the host or the port is none. */
bool target_set(struct target *target, const char *scheme, const char *host, const char *port,
                const char *path, bool userinfo);

/* True where a space or a control character is in it: libcurl refuses such an URL, and in a request
 * line it would end the method or the target (RFC 9112, section 3). */
bool target_has_blank(const char *text);

/* True where the path has no dot segment, no percent-encoding, no
 * backslash and no empty segment. */
bool target_path_is_plain(const char *path, size_t length);

/*
 * Settles dot segments and percent-encoded unreserved characters (RFC 3986, 6.2.2.2 and 6.2.2.3)
 * into `out` of `size` bytes. Returns the length, or 0 where servers would not agree what the path
 * means: an encoded slash, backslash or percent, a control character, encoded or not, a malformed
 * escape, a ".." that would take an empty segment away, dot segments both literal and encoded, or
 * one that does not fit.
 */
size_t target_settle_path(const char *path, size_t length, char *out, size_t size);

#endif
