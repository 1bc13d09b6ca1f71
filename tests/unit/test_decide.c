/* decide() as a table: a policy, the facts of a hop, and what must come of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <curl/curl.h>

#include "../support/image_builder.h"
#include "core/decide.h"
#include "support/suite.h"

#define U COMMISSIONED_ORIGIN
#define H COMMISSIONED_HOST

/* ---- policies -------------------------------------------------------------------------------- */

enum key_number { KEY_GOOD, KEY_NONE, KEY_OLD, KEY_NEW, KEY_LOOP_A, KEY_LOOP_B, KEY_COUNT };

static const struct policy_key keys[KEY_COUNT] = {
    [KEY_GOOD] = {.name = "good", .header = "Authorization: Bearer one", .next = POLICY_NONE},
    [KEY_NONE] = {.name = "none", .error = "it is not there", .next = POLICY_NONE},
    [KEY_OLD] = {.name = "old", .header = "Authorization: Bearer old", .next = KEY_NEW},
    [KEY_NEW] = {.name = "new", .header = "Authorization: Bearer new", .next = POLICY_NONE},
    [KEY_LOOP_A] = {.name = "a", .header = "Authorization: Bearer a", .next = KEY_LOOP_B},
    [KEY_LOOP_B] = {.name = "b", .header = "Authorization: Bearer b", .next = KEY_LOOP_A},
};

static const char *const reading[] = {"GET", "HEAD", NULL};
static const char *const posting[] = {"POST", NULL};
static const char *const nothing[] = {NULL};

static const struct policy_rule whole[] = {{.name = "whole"}};
static const struct policy_rule v1[] = {{.name = "v1", .path = "/v1"}};
static const struct policy_rule deep[] = {{.name = "deep", .path = "/v1/a/b"}};
static const struct policy_rule narrow_first[] = {
    {.name = "chat", .path = "/v1/chat"}, {.name = "v1", .path = "/v1"}, {.name = "whole"}};
static const struct policy_rule wide_first[] = {{.name = "v1", .path = "/v1"},
                                                {.name = "chat", .path = "/v1/chat"}};
static const struct policy_rule twice[] = {{.name = "first", .path = "/v1"},
                                           {.name = "second", .path = "/v1"}};
static const struct policy_rule by_method[] = {
    {.name = "post", .path = "/v1/files", .methods = posting},
    {.name = "read", .path = "/v1", .methods = reading},
    {.name = "files", .path = "/v1/files", .methods = reading}};
static const struct policy_rule same_path[] = {{.name = "post", .path = "/v1", .methods = posting},
                                               {.name = "any", .path = "/v1"}};
static const struct policy_rule no_method[] = {{.name = "none", .methods = nothing}};
static const struct policy_rule ports[] = {{.name = "dev", .port = 8443, .path = "/v1"},
                                           {.name = "main", .path = "/v1"}};
static const struct policy_rule high_port[] = {{.name = "high", .port = 65535}};
static const struct policy_rule hosts[] = {
    {.name = "z", .host = "zz.example"}, {.name = "a", .host = "aa.example"}, {.name = "app"}};
static const struct policy_rule escaped[] = {{.name = "space", .path = "/a%20b"}};
static const struct policy_rule keep[] = {{.name = "keep", .existing = POLICY_EXISTING_KEEP}};
static const struct policy_rule replace[] = {
    {.name = "replace", .existing = POLICY_EXISTING_REPLACE}};
static const struct policy_rule unused[] = {
    {.name = "unused", .existing = POLICY_EXISTING_PLACEHOLDER, .placeholder = "Bearer unused"}};
static const struct policy_rule empty[] = {
    {.name = "empty", .existing = POLICY_EXISTING_PLACEHOLDER, .placeholder = "Bearer"}};
static const struct policy_rule unnamed[] = {
    {.name = "unnamed", .existing = POLICY_EXISTING_PLACEHOLDER}};
static const struct policy_rule fails[] = {
    {.name = "fails", .key = KEY_NONE, .missing = POLICY_MISSING_FAIL}};
static const struct policy_rule passes[] = {
    {.name = "passes", .key = KEY_NONE, .missing = POLICY_MISSING_PASS}};
static const struct policy_rule always[] = {{.name = "always", .verify = POLICY_VERIFY_ALWAYS}};
static const struct policy_rule never[] = {{.name = "never", .verify = POLICY_VERIFY_NEVER}};
static const struct policy_rule broken_first[] = {
    {.name = "broken", .key = KEY_NONE, .path = "/v1/x"}, {.name = "whole"}};

/* ---- the table ------------------------------------------------------------------------------- */

struct row {
    const struct policy_rule *rules;
    uint32_t nrules;
    const char *url;
    enum verdict verdict;
    enum reason reason;
    const char *rule; /* that must have matched; NULL for none */
    const char *method;
    unsigned flags;
    uint16_t port;
    const char *other_url;
    const char *request_target;
    const char *host_header;
    const char *authorization;
    enum peer peer;
};

#define ROW(policy, of, v, r)                                                                      \
    .rules = policy, .nrules = sizeof(policy) / sizeof((policy)[0]), .url = of,                    \
    .verdict = VERDICT_##v, .reason = REASON_##r
#define KEY(policy, of)     ROW(policy, of, KEY, KEY)
#define PASS(policy, of, r) ROW(policy, of, PASS, r)
#define VERIFY(policy, of)  ROW(policy, of, VERIFY, PEER_UNKNOWN)

static const struct row rows[] = {
    /* The origin. */
    {KEY(whole, U), "whole"},
    {KEY(whole, U "/"), "whole"},
    {KEY(whole, U "/v1/models"), "whole"},
    {KEY(whole, U "?q=1"), "whole"},
    {KEY(whole, U "#part"), "whole"},
    {KEY(whole, U ":443/v1"), "whole"},
    {KEY(whole, "HTTPS://APP.Commissioned.TECH/v1"), "whole"},
    {KEY(whole, U "./v1"), "whole"},
    {KEY(whole, U ":0443/v1"), "whole"},
    {KEY(whole, "wss://" H "/v1/realtime"), "whole"},
    {KEY(whole, "https:/" H "/v1"), "whole"},
    {PASS(whole, "http://" H "/v1", SCHEME)},
    {PASS(whole, "http://" H ":443/v1", SCHEME)},
    {PASS(whole, "ws://" H "/v1", SCHEME)},
    {PASS(whole, H "/v1", SCHEME)}, /* guessed to be http */
    {PASS(whole, "ftp://" H "/v1", SCHEME)},
    {PASS(whole, U ":444/v1", PORT)},
    {PASS(whole, U ":80/v1", PORT)},
    {PASS(whole, U ":44300/v1", PORT)},
    {PASS(whole, "https://commissioned.tech/v1", HOST)},
    {PASS(whole, "https://xapp.commissioned.tech/v1", HOST)},
    {PASS(whole, "https://app.commissioned.techx/v1", HOST)},
    {PASS(whole, "https://app.commissioned.tech.evil.example/v1", HOST)},
    {PASS(whole, "https://a.app.commissioned.tech/v1", HOST)},
    {PASS(whole, "https://app.commissioned.tec/v1", HOST)},
    {PASS(whole, "https://appxcommissioned.tech/v1", HOST)},
    {PASS(whole, "https://evil.example/" H, HOST)},
    {PASS(whole, "https://evil.example?" U, HOST)},
    {PASS(whole, "https://evil.example#@" H, HOST)},
    {PASS(whole, "https://" H "@evil.example/v1", HOST)},
    {PASS(whole, "https://" H ":443@evil.example/v1", HOST)},
    {PASS(whole, "https://127.0.0.1/v1", HOST)},
    {PASS(whole, "https://[::1]/v1", HOST)},
    {PASS(whole, "https://0x7f/v1", HOST)},
    {PASS(whole, "https://user@" H "/v1", URL_CREDENTIALS), "whole"},
    {PASS(whole, "https://user:secret@" H "/v1", URL_CREDENTIALS), "whole"},
    {PASS(whole, "https://:secret@" H "/v1", URL_CREDENTIALS), "whole"},
    {KEY(ports, U ":8443/v1"), "dev"},
    {KEY(ports, U "/v1"), "main"},
    {PASS(ports, U ":8444/v1", PORT)},
    {PASS(ports, U ":1/v1", PORT)},
    {KEY(high_port, U ":65535/"), "high"},
    {PASS(high_port, U "/", PORT)},
    {KEY(hosts, "https://aa.example/"), "a"},
    {KEY(hosts, "https://zz.example/"), "z"},
    {KEY(hosts, U "/"), "app"},
    {PASS(hosts, "https://a.example/", HOST)},
    {PASS(hosts, "https://zzz.example/", HOST)},
    {PASS(hosts, "http://zz.example/", SCHEME)},

    /* The path, by whole segments. */
    {KEY(v1, U "/v1"), "v1"},
    {KEY(v1, U "/v1/"), "v1"},
    {KEY(v1, U "/v1?x=/../.."), "v1"},
    {KEY(v1, U "/v1#/../.."), "v1"},
    {KEY(v1, U "/v1/models"), "v1"},
    {KEY(v1, U "/v1//x"), "v1"},
    {KEY(v1, U "/v1/v2/v3"), "v1"},
    {KEY(v1, U "/v1/./x"), "v1"},
    {KEY(v1, U "/./v1/x"), "v1"},
    {KEY(v1, U "/v2/../v1/x"), "v1"},
    {KEY(v1, U "/../v1"), "v1"},
    {KEY(v1, U "/v1/x/.."), "v1"},
    {KEY(v1, U "/v1/..."), "v1"},
    {KEY(v1, U "/v1/.well-known"), "v1"},
    {KEY(v1, U "/v1/%2e/x"), "v1"},
    {KEY(v1, U "/v1/x/%2E%2e"), "v1"},
    {KEY(v1, U "/%76%31/x"), "v1"},
    {KEY(v1, U "/v1/%7Euser"), "v1"},
    {KEY(v1, U "/v1/a%20b"), "v1"},
    {KEY(v1, U "/v1;x/y/../../v1"), "v1"},
    {PASS(v1, U, PATH)},
    {PASS(v1, U "/", PATH)},
    {PASS(v1, U "/v", PATH)},
    {PASS(v1, U "/v1evil", PATH)},
    {PASS(v1, U "/v1.0", PATH)},
    {PASS(v1, U "/v1;x", PATH)},
    {PASS(v1, U "/V1/models", PATH)},
    {PASS(v1, U "/v2", PATH)},
    {PASS(v1, U "//v1/x", PATH)},
    {PASS(v1, U "/x/v1", PATH)},
    {PASS(v1, U "/?/v1", PATH)},
    {PASS(v1, U "#/v1", PATH)},
    {PASS(v1, U "/v1/..", PATH)},
    {PASS(v1, U "/v1/../", PATH)},
    {PASS(v1, U "/v1/../v2", PATH)},
    {PASS(v1, U "/v1/x/../../v2", PATH)},
    {PASS(v1, U "/v1/%2e%2e/v2", PATH)},
    {PASS(v1, U "/v1/.%2E/v2", PATH)},
    {PASS(v1, U "/v1%65vil", PATH)},
    {PASS(v1, U "/v1%3Fx", PATH)},
    {PASS(v1, U "/v1/%2f", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1%2Fx", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%5c..", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/..%5cx", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1\\..\\x", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%00", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%252e%252e", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%2", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%zz", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%?2e", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/..;x", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/..;/x", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/.;x/y", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%2e%2e;x", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/..%3bx", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/%0d%0aX", PATH_AMBIGUOUS)},
    /* A server that folds "//" steps out of /v1 here; one that does not stays in. */
    {PASS(v1, U "/v1/x//%2e%2e/%2e%2e/v2", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/x//../../v2", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/x/;p/%2e%2e/%2e%2e/v2", PATH_AMBIGUOUS)},
    {PASS(v1, U "/v1/x/%3bp/%2e%2e/%2e%2e/v2", PATH_AMBIGUOUS)},
    /* libcurl sends /admin/v1/v1/y of this, for it settles the literal dots alone. */
    {PASS(v1, U "/admin/v1/%2e%2e/../v1/y", PATH_AMBIGUOUS)},
    {KEY(whole, U "/v1/%2f..;x/%00"), "whole"}, /* a whole origin: the path says nothing */
    {KEY(deep, U "/v1/a/b"), "deep"},
    {KEY(deep, U "/v1/a/b/c"), "deep"},
    {PASS(deep, U "/v1/a", PATH)},
    {PASS(deep, U "/v1/a/bc", PATH)},
    {KEY(escaped, U "/a%20b/c"), "space"},
    {PASS(escaped, U "/a+b/c", PATH)},

    /* First match wins. */
    {KEY(narrow_first, U "/v1/chat/x"), "chat"},
    {KEY(narrow_first, U "/v1/chats"), "v1"},
    {KEY(narrow_first, U "/v2"), "whole"},
    {KEY(wide_first, U "/v1/chat/x"), "v1"},
    {KEY(twice, U "/v1"), "first"},
    {ROW(broken_first, U "/v1/x", FAIL, KEY_MISSING), "broken"},
    {KEY(broken_first, U "/v1/y"), "whole"},

    /* The method. */
    {KEY(by_method, U "/v1/files"), "read", "GET"},
    {KEY(by_method, U "/v1/files"), "post", "POST"},
    {KEY(by_method, U "/v1/x"), "read", "HEAD"},
    {PASS(by_method, U "/v1/x", METHOD), NULL, "POST"},
    {PASS(by_method, U "/v1/files", METHOD), NULL, "DELETE"},
    {PASS(by_method, U "/v1/files", METHOD), NULL, "get"},
    {PASS(by_method, U "/v1/files", METHOD), NULL, NULL},
    {PASS(same_path, U "/v1", METHOD), NULL, NULL}, /* it may be the first rule's */
    {PASS(by_method, U "/v1/files", METHOD), NULL, ""},
    {PASS(by_method, U "/v2", PATH), NULL, "DELETE"},
    {KEY(same_path, U "/v1"), "post", "POST"},
    {KEY(same_path, U "/v1"), "any", "PUT"},
    {PASS(no_method, U "/v1", METHOD), NULL, "GET"},
    {PASS(whole, U "/v1", TRACE), "whole", "TRACE"},
    {PASS(whole, U "/v1", TRACE), "whole", "trace"},
    {PASS(whole, U "/v1", TRACE), "whole", "TrAcE"},
    {KEY(whole, U "/v1"), "whole", "TRACER"},
    {KEY(whole, U "/v1"), "whole", "PROPFIND"},
    {KEY(whole, U "/v1"), "whole", "M-SEARCH"},
    /* One with a blank or a line end in it writes the request line anew. */
    {PASS(v1, U "/v1", METHOD), "v1", "GET /v2 HTTP/1.1\r\nX:"},
    {PASS(v1, U "/v1", METHOD), "v1", "TRACE "},
    {PASS(v1, U "/v1", METHOD), "v1", " TRACE"},
    {PASS(v1, U "/v1", METHOD), "v1", "GET\t/v2"},

    /* What the application set. */
    {PASS(whole, U, AMBIGUOUS), .flags = HOP_AMBIGUOUS},
    {PASS(whole, U, OLD_LIBCURL), .flags = HOP_OLD_LIBCURL},
    {PASS(whole, U, URL), .flags = HOP_NO_URL},
    {PASS(whole, NULL, URL)},
    {PASS(whole, U, OWN_CREDENTIALS), "whole", .flags = HOP_OWN_CREDENTIALS},
    {PASS(whole, U, OWN_CREDENTIALS), "whole", .flags = HOP_OWN_LINE},
    {PASS(whole, U, EARLY_DATA), "whole", .flags = HOP_EARLY_DATA},
    {PASS(whole, U, HEADER_UNIFIED), "whole", .flags = HOP_HEADER_UNIFIED},
    {PASS(whole, U, REQUEST_TARGET), "whole", .flags = HOP_UNKNOWN_TARGET},
    {PASS(whole, U, CONNECT_ONLY), "whole", .flags = HOP_CONNECT_ONLY},
    {PASS(whole, U, FOLLOWS), "whole", .flags = HOP_FOLLOWS},
    {PASS(whole, U, FOLDED_HEADER), "whole", .flags = HOP_FOLDED},
    {PASS(whole, U, NO_MEMORY), "whole", .flags = HOP_NO_MEMORY},
    {PASS(whole, U, NO_MEMORY), "whole", .flags = HOP_NO_MEMORY | HOP_TAINTED, .peer = PEER_GOOD},
    {PASS(whole, U, REDIRECT), "whole", .flags = HOP_REDIRECTED},
    {PASS(whole, U, OWN_CREDENTIALS), "whole", .flags = HOP_REDIRECTED | HOP_OWN_CREDENTIALS},
    {PASS(whole, U, MOVED), "whole", .flags = HOP_MOVED},
    {PASS(fails, U, MOVED), "fails", .flags = HOP_MOVED},
    {PASS(fails, "https://evil.example/", HOST)},

    /* The peer: what libcurl did not verify, or may not have, is
     * verified by us, or gets nothing. */
    {VERIFY(whole, U), "whole", .flags = HOP_PEER_UNVERIFIED},
    {VERIFY(whole, U), "whole", .flags = HOP_HOST_UNVERIFIED},
    {VERIFY(whole, U), "whole", .flags = HOP_SSL_CTX_FUNCTION},
    {VERIFY(whole, U), "whole", .flags = HOP_TAINTED},
    {VERIFY(whole, U), "whole", .flags = HOP_PEER_UNVERIFIED | HOP_HOST_UNVERIFIED | HOP_TAINTED},
    {VERIFY(always, U), "always"},
    {VERIFY(always, U), "always", .flags = HOP_PEER_UNVERIFIED},
    {KEY(whole, U), "whole", .flags = HOP_PEER_UNVERIFIED, .peer = PEER_GOOD},
    {KEY(whole, U), "whole", .flags = HOP_HOST_UNVERIFIED, .peer = PEER_GOOD},
    {KEY(whole, U), "whole", .flags = HOP_SSL_CTX_FUNCTION, .peer = PEER_GOOD},
    {KEY(whole, U), "whole", .flags = HOP_TAINTED, .peer = PEER_GOOD},
    {KEY(always, U), "always", .peer = PEER_GOOD},
    {PASS(whole, U, PEER_REFUSED), "whole", .flags = HOP_PEER_UNVERIFIED, .peer = PEER_REFUSED},
    {PASS(whole, U, PEER_REFUSED), "whole", .flags = HOP_TAINTED, .peer = PEER_REFUSED},
    {PASS(always, U, PEER_REFUSED), "always", .peer = PEER_REFUSED},
    {PASS(whole, U, PEER_UNKNOWN), "whole", .flags = HOP_PEER_UNVERIFIED, .peer = PEER_UNKNOWN},
    {PASS(whole, U, PEER_UNKNOWN), "whole", .flags = HOP_TAINTED, .peer = PEER_UNKNOWN},
    {PASS(always, U, PEER_UNKNOWN), "always", .peer = PEER_UNKNOWN},
    {PASS(never, U, PEER_UNVERIFIED), "never", .flags = HOP_PEER_UNVERIFIED},
    {PASS(never, U, HOST_UNVERIFIED), "never", .flags = HOP_HOST_UNVERIFIED},
    {PASS(never, U, SSL_CTX_FUNCTION), "never", .flags = HOP_SSL_CTX_FUNCTION},
    {PASS(never, U, SSL_CTX_FUNCTION), "never", .flags = HOP_TAINTED},
    {KEY(never, U), "never"},
    /* Before there is a peer none can be verified. */
    {PASS(whole, U, PEER_UNVERIFIED), "whole", .flags = HOP_PEER_UNVERIFIED | HOP_UNCONNECTED},
    {PASS(whole, U, HOST_UNVERIFIED), "whole", .flags = HOP_HOST_UNVERIFIED | HOP_UNCONNECTED},
    {PASS(whole, U, SSL_CTX_FUNCTION), "whole", .flags = HOP_TAINTED | HOP_UNCONNECTED},
    {PASS(always, U, PEER_UNKNOWN), "always", .flags = HOP_UNCONNECTED},
    {KEY(whole, U), "whole", .flags = HOP_UNCONNECTED},
    /* What else speaks against the key is not asked a certificate. */
    {PASS(whole, U, EARLY_DATA), "whole", .flags = HOP_EARLY_DATA | HOP_PEER_UNVERIFIED},
    {PASS(whole, U, EARLY_DATA), "whole", .flags = HOP_EARLY_DATA | HOP_TAINTED, .peer = PEER_GOOD},
    {PASS(whole, U, OWN_HEADER), "whole", .flags = HOP_PEER_UNVERIFIED, .authorization = "x"},
    {PASS(whole, U, HOST_HEADER), "whole", .flags = HOP_PEER_UNVERIFIED, .host_header = "x"},
    {PASS(whole, "http://" H "/", SCHEME), .flags = HOP_PEER_UNVERIFIED, .peer = PEER_GOOD},
    {PASS(whole, "https://evil.example/", HOST), .flags = HOP_TAINTED, .peer = PEER_GOOD},
    {VERIFY(fails, U), "fails", .flags = HOP_PEER_UNVERIFIED},
    {PASS(fails, U, PEER_REFUSED), "fails", .flags = HOP_PEER_UNVERIFIED, .peer = PEER_REFUSED},
    {ROW(fails, U, FAIL, KEY_MISSING), "fails", .flags = HOP_TAINTED, .peer = PEER_GOOD},

    /* CURLOPT_PORT, and a CURLU beside the URL. */
    {KEY(whole, U), "whole", .port = 443},
    {PASS(whole, U, PORT), .port = 444},
    {PASS(whole, U ":444", PORT), .port = 443},
    {PASS(ports, U "/v1", PORT), .port = 8443},
    {KEY(ports, U ":8443/v1"), "dev", .port = 8443},
    {KEY(v1, U "/v1/a"), "v1", .other_url = U "/v1/b"},
    {PASS(v1, U "/v1/a", PATH), .other_url = U "/v2"},
    {PASS(v1, U "/v2", PATH), .other_url = U "/v1"},
    {PASS(v1, U "/v1/a", HOST), .other_url = "https://evil.example/v1"},
    {PASS(v1, U "/v1/a", SCHEME), .other_url = "http://" H "/v1"},
    {PASS(v1, U "/v1/a", PORT), .other_url = U ":444/v1"},
    {PASS(narrow_first, U "/v1/chat", URL), .other_url = U "/v1/files"},

    /* CURLOPT_REQUEST_TARGET. */
    {KEY(whole, U), "whole", .request_target = "/anything"},
    {KEY(v1, U "/v1/x"), "v1", .request_target = "/v1"},
    {KEY(v1, U "/v1/x"), "v1", .request_target = "/v1/y?z#/../.."},
    {KEY(v1, U "/v1/x"), "v1", .request_target = "/v2/../v1/y"},
    {PASS(whole, U, REQUEST_TARGET), "whole", .request_target = "*"},
    {PASS(whole, U, REQUEST_TARGET), "whole", .request_target = "http://evil.example/"},
    {PASS(whole, U, REQUEST_TARGET), "whole", .request_target = ""},
    {PASS(v1, U "/v1/x", REQUEST_TARGET), "v1", .request_target = "/v2"},
    {PASS(v1, U "/v1/x", REQUEST_TARGET), "v1", .request_target = "/v1evil"},
    {PASS(v1, U "/v1/x", REQUEST_TARGET), "v1", .request_target = "/v1/../v2"},
    {PASS(v1, U "/v1/x", REQUEST_TARGET), "v1", .request_target = "/v1/%2e%2e/v2"},
    {PASS(v1, U "/v1/x", REQUEST_TARGET), "v1", .request_target = "/v1/%2f"},
    {PASS(v1, U "/v1/x", REQUEST_TARGET), "v1", .request_target = "/v1 HTTP/1.1\r\nX: y"},
    {PASS(whole, U, REQUEST_TARGET), "whole", .request_target = "/ HTTP/1.1\r\nX: y"},
    {PASS(whole, U, REQUEST_TARGET), "whole", .request_target = "/?x HTTP/1.1\r\nHost: y"},

    /* The application's own Host header. */
    {KEY(whole, U), "whole", .host_header = H},
    {KEY(whole, U), "whole", .host_header = "APP.commissioned.TECH"},
    {KEY(whole, U), "whole", .host_header = H ":443"},
    {KEY(ports, U ":8443/v1"), "dev", .host_header = H ":8443"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = ""},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H ":"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H ":444"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H ":65979"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H ":4294967739"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H ":443x"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H "."},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H " "},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H ".evil.example"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = "app.commissioned.tec"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = H "\r\nX: y"},
    {PASS(whole, U, HOST_HEADER), "whole", .host_header = "evil.example"},

    /* The application's own Authorization header. */
    {KEY(keep, U), "keep"},
    {PASS(keep, U, OWN_HEADER), "keep", .authorization = "Bearer own"},
    {PASS(keep, U, OWN_HEADER), "keep", .authorization = ""},
    {KEY(replace, U), "replace", .authorization = "Bearer own"},
    {KEY(replace, U), "replace", .authorization = ""},
    {KEY(unused, U), "unused"},
    {KEY(unused, U), "unused", .authorization = "Bearer unused"},
    {PASS(unused, U, OWN_HEADER), "unused", .authorization = "Bearer Unused"},
    {PASS(unused, U, OWN_HEADER), "unused", .authorization = "Bearer unused2"},
    {PASS(unused, U, OWN_HEADER), "unused", .authorization = "Bearer"},
    {KEY(unused, U), "unused", .authorization = "Bearer unused \t"},
    {KEY(empty, U), "empty", .authorization = "Bearer"},
    {KEY(empty, U), "empty", .authorization = "Bearer "},
    {PASS(empty, U, OWN_HEADER), "empty", .authorization = "Bearer own"},
    {PASS(empty, U, OWN_HEADER), "empty", .authorization = "Bearer2"},
    {PASS(empty, U, OWN_HEADER), "empty", .authorization = ""},
    {PASS(unnamed, U, OWN_HEADER), "unnamed", .authorization = ""},
    {PASS(replace, U, OWN_CREDENTIALS), "replace", .authorization = "Bearer own",
     .flags = HOP_OWN_CREDENTIALS},

    /* No key to give. */
    {ROW(fails, U, FAIL, KEY_MISSING), "fails"},
    {PASS(passes, U, KEY_MISSING), "passes"},
    {PASS(fails, U, OWN_HEADER), "fails", .authorization = "Bearer own"},
    {PASS(fails, U, TRACE), "fails", "TRACE"},
    {.rules = whole, .nrules = 0, .url = U, .verdict = VERDICT_PASS, .reason = REASON_NO_POLICY},
};
enum { NROWS = sizeof rows / sizeof rows[0] };

/* ---- from a row to a decision ---------------------------------------------------------------- */

struct place {
    struct target target;
    char *parts[6];
};

/* As the hop does it: the canonical spelling at sight, the rest by libcurl's parser. */
static bool find_place(struct place *place, const char *url)
{
    static const CURLUPart wanted[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT,
                                       CURLUPART_PATH,   CURLUPART_USER, CURLUPART_PASSWORD};
    char **parts = place->parts;
    memset(place, 0, sizeof *place);
    if (target_scan(url, &place->target) == TARGET_CANONICAL)
        return true;
    CURLU *parsed = curl_url();
    bool good = curl_url_set(parsed, CURLUPART_URL, url,
                             CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    for (int i = 0; good && i < 6; i++)
        curl_url_get(parsed, wanted[i], &parts[i], 0);
    curl_url_cleanup(parsed);
    return good && target_set(&place->target, parts[0], parts[1], parts[2], parts[3],
                              parts[4] != NULL || parts[5] != NULL);
}

static void leave_place(struct place *place)
{
    for (int i = 0; i < 6; i++)
        curl_free(place->parts[i]);
}

static const char *name_of(const struct policy_rule *rule)
{
    return rule != NULL ? rule->name : "(none)";
}

START_TEST(a_row_of_the_table)
{
    const struct row *row = &rows[_i];
    struct policy_image *image = image_build(row->rules, row->nrules, keys, KEY_COUNT);
    struct place place, other;
    struct hop hop = {.method = row->method,
                      .request_target = row->request_target,
                      .host_header = row->host_header,
                      .authorization = row->authorization,
                      .peer = row->peer,
                      .flags = row->flags,
                      .port = row->port};
    if (row->url != NULL) {
        ck_assert_msg(find_place(&place, row->url), "row %d: %s", _i, row->url);
        hop.target = &place.target;
    }
    if (row->other_url != NULL) {
        ck_assert(find_place(&other, row->other_url));
        hop.other_target = &other.target;
    }
    struct decision decision = decide(image, &hop);
    ck_assert_msg(decision.verdict == row->verdict && decision.reason == row->reason,
                  "row %d, %s: verdict %d, reason %s; wanted %d, %s", _i, row->url,
                  decision.verdict, reason_code(decision.reason), row->verdict,
                  reason_code(row->reason));
    hop.peer = PEER_UNASKED;
    struct decision again = decide(image, &hop);
    hop.peer = row->peer;
    if (again.verdict == VERDICT_VERIFY)
        decide_verified(&again, &hop);
    ck_assert_msg(again.verdict == decision.verdict && again.reason == decision.reason,
                  "row %d: in two steps %s", _i, reason_code(again.reason));
    ck_assert_str_eq(name_of(decision.rule), row->rule != NULL ? row->rule : "(none)");
    ck_assert_int_eq(decision.key != NULL, decision.rule != NULL);
    if (row->url != NULL)
        leave_place(&place);
    if (row->other_url != NULL)
        leave_place(&other);
    image_drop(image);
}
END_TEST

START_TEST(the_table_shows_every_reason)
{
    for (int reason = 0; reason < REASON_COUNT; reason++) {
        bool shown = false;
        for (int i = 0; i < NROWS; i++)
            shown = shown || (int)rows[i].reason == reason;
        ck_assert_msg(shown, "%s", reason_code((enum reason)reason));
    }
}
END_TEST

/* ---- origins --------------------------------------------------------------------------------- */

START_TEST(an_origin_is_one_to_us_where_it_is_one_to_libcurl)
{
    static const struct {
        const char *url;
        int origin; /* its place among the policy's, or -1 */
    } urls[] = {
        {U, 0},
        {U ":443/v1", 0},
        {"HTTPS://APP.Commissioned.TECH/v2?x", 0},
        {U ":8443/any", 1},
        {U ":8444", -1},
        {"https://app.commissioned.tech./", -1}, /* libcurl may tell it from the first */
        {"wss://app.commissioned.tech/v1", -1},
        {"http://app.commissioned.tech/v1", -1},
        {"http://app.commissioned.tech:443/v1", -1},
        {"https://evil.example/", -1},
        {"https://zzz.example/", -1},
    };
    struct policy_image *image =
        image_build(ports, sizeof ports / sizeof ports[0], keys, KEY_COUNT);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        struct place place;
        ck_assert(find_place(&place, urls[i].url));
        const struct policy_origin *origin = decide_origin(image, &place.target);
        ck_assert_msg(origin == (urls[i].origin < 0 ? NULL : &image->origins[urls[i].origin]), "%s",
                      urls[i].url);
        leave_place(&place);
    }
    image_drop(image);
}
END_TEST

/* ---- what holds for all ---------------------------------------------------------------------- */

static struct target target_of(const char *url)
{
    struct target target;
    ck_assert_int_eq(target_scan(url, &target), TARGET_CANONICAL);
    return target;
}

/* What must come of flags where the rule's key is at hand: `given`, or less. */
static enum verdict verdict_of(unsigned flags, enum peer peer, enum verdict given)
{
    const unsigned unverified = HOP_PEER_UNVERIFIED | HOP_HOST_UNVERIFIED | HOP_SSL_CTX_FUNCTION;
    if (flags & ~unverified)
        return VERDICT_PASS;
    if (flags == 0 || peer == PEER_GOOD)
        return given;
    return peer == PEER_UNASKED ? VERDICT_VERIFY : VERDICT_PASS;
}

START_TEST(no_combination_of_unsafe_flags_gets_a_key_or_fails_a_request)
{
    struct policy_image *good = image_build(replace, 1, keys, KEY_COUNT);
    struct policy_image *bad = image_build(fails, 1, keys, KEY_COUNT);
    struct target target = target_of(U "/v1");
    enum peer peer = (enum peer)_i;
    for (unsigned flags = 0; flags < 1u << 15; flags++) {
        struct hop hop = {.target = &target, .method = "GET", .flags = flags, .peer = peer};
        ck_assert_int_eq(decide(good, &hop).verdict, verdict_of(flags, peer, VERDICT_KEY));
        ck_assert_int_eq(decide(bad, &hop).verdict, verdict_of(flags, peer, VERDICT_FAIL));
    }
    image_drop(good);
    image_drop(bad);
}
END_TEST

START_TEST(a_long_path_is_decided_by_its_beginning)
{
    enum { LENGTH = 200000 };
    struct policy_image *image = image_build(v1, 1, keys, KEY_COUNT);
    char *url = malloc(LENGTH + 1);
    memset(url, 'x', LENGTH);
    url[LENGTH] = '\0';
    memcpy(url, U "/v1/", strlen(U "/v1/"));
    struct target target = target_of(url);
    struct hop hop = {.target = &target, .method = "GET"};
    ck_assert_int_eq(decide(image, &hop).reason, REASON_KEY);
    url[LENGTH - 1] = '%'; /* now it is odd, and too long to settle */
    ck_assert_int_eq(decide(image, &hop).reason, REASON_PATH_AMBIGUOUS);
    image_drop(image);
    free(url);
}
END_TEST

START_TEST(without_an_image_there_is_no_policy)
{
    struct target target = target_of(U);
    struct hop hop = {.target = &target, .method = "GET"};
    struct decision decision = decide(NULL, &hop);
    ck_assert_int_eq(decision.verdict, VERDICT_PASS);
    ck_assert_int_eq(decision.reason, REASON_NO_POLICY);
}
END_TEST

START_TEST(an_error_image_fails_the_whole_origin_and_nothing_else)
{
    struct policy_image *image = policy_image_error("/etc/x.conf", "it cannot be read");
    struct target inside = target_of(U "/any/path"), outside = target_of("https://x.example/");
    struct hop hop = {.target = &inside, .method = "GET"};
    struct decision decision = decide(image, &hop);
    ck_assert_int_eq(decision.verdict, VERDICT_FAIL);
    ck_assert_int_eq(decision.reason, REASON_KEY_MISSING);
    ck_assert_str_eq(decision.key->error, "it cannot be read");
    hop.target = &outside;
    ck_assert_int_eq(decide(image, &hop).reason, REASON_HOST);
    hop.target = &inside;
    hop.authorization = "Bearer own";
    ck_assert_int_eq(decide(image, &hop).verdict, VERDICT_PASS);
    policy_image_free(image);
}
END_TEST

START_TEST(a_promoted_key_takes_over)
{
    const struct policy_rule rule = {.name = "old", .key = KEY_OLD};
    struct policy_image *image = image_build(&rule, 1, keys, KEY_COUNT);
    struct target target = target_of(U);
    bool promoted[KEY_COUNT] = {false};
    struct hop hop = {.target = &target, .method = "GET", .promoted = promoted};
    ck_assert_str_eq(decide(image, &hop).key->name, "old");
    promoted[KEY_OLD] = true;
    ck_assert_str_eq(decide(image, &hop).key->name, "new");
    promoted[KEY_NEW] = true; /* which has no next */
    ck_assert_str_eq(decide(image, &hop).key->name, "new");
    hop.promoted = NULL;
    ck_assert_str_eq(decide(image, &hop).key->name, "old");
    image_drop(image);
}
END_TEST

START_TEST(a_key_is_in_the_chain_of_those_that_it_takes_over_from)
{
    const struct policy_rule rule = {.name = "old", .key = KEY_OLD};
    struct policy_image *image = image_build(&rule, 1, keys, KEY_COUNT);
    const struct policy_key *of = image->keys;
    ck_assert(decide_is_in_chain(image, KEY_OLD, &of[KEY_OLD]));
    ck_assert(decide_is_in_chain(image, KEY_OLD, &of[KEY_NEW]));
    ck_assert(!decide_is_in_chain(image, KEY_NEW, &of[KEY_OLD]));
    ck_assert(!decide_is_in_chain(image, KEY_LOOP_A, &of[KEY_OLD])); /* a circle */
    ck_assert(!decide_is_in_chain(image, POLICY_NONE, &of[KEY_OLD]));
    image_drop(image);
}
END_TEST

START_TEST(a_circle_of_promoted_keys_ends)
{
    const struct policy_rule rule = {.name = "loop", .key = KEY_LOOP_A};
    struct policy_image *image = image_build(&rule, 1, keys, KEY_COUNT);
    struct target target = target_of(U);
    bool promoted[KEY_COUNT];
    memset(promoted, true, sizeof promoted);
    struct hop hop = {.target = &target, .method = "GET", .promoted = promoted};
    struct decision decision = decide(image, &hop);
    ck_assert_int_eq(decision.verdict, VERDICT_KEY);
    ck_assert_ptr_nonnull(strstr("a b", decision.key->name));
    image_drop(image);
}
END_TEST

START_TEST(each_of_ten_thousand_rules_is_found_and_the_last_takes_the_rest)
{
    enum { COUNT = 10000 };
    struct policy_rule *rules = calloc(COUNT, sizeof *rules);
    static char paths[COUNT][24];
    for (int i = 0; i < COUNT - 1; i++) {
        snprintf(paths[i], sizeof paths[i], "/v1/%d", i / 2); /* each scope twice */
        rules[i] = (struct policy_rule){.name = "numbered", .path = paths[i]};
    }
    rules[COUNT - 1] = (struct policy_rule){.name = "rest"};
    struct policy_image *image = image_build(rules, COUNT, keys, KEY_COUNT);
    for (int i = 0; i < COUNT - 1; i += 2) {
        char url[80];
        snprintf(url, sizeof url, U "/v1/%d/x", i / 2);
        struct target target = target_of(url);
        struct hop hop = {.target = &target, .method = "GET"};
        ck_assert_int_eq(decide(image, &hop).rule - image->rules, i);
    }
    struct target target = target_of(U "/v1/10000");
    struct hop hop = {.target = &target, .method = "GET"};
    ck_assert_int_eq(decide(image, &hop).rule - image->rules, COUNT - 1);
    image_drop(image);
    free(rules);
}
END_TEST

/* ---- against the plainest way to say the same ------------------------------------------------ */

static uint32_t seed = 20251122;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

static const char *const some_paths[] = {"/",    "/a",      "/a/b", "/a/b/c", "/ab",
                                         "/b/a", "/a/bb/c", "/b",   "/c/c/c", "/a/b/c/d"};
static const char *const some_hosts[] = {"a.example", "b.example", "c.example"};
static const char *const some_methods[] = {"GET", "HEAD", "POST", "PUT"};
static const uint16_t some_ports[] = {443, 8443, 1};

static bool covers(const struct policy_rule *rule, const struct hop *hop)
{
    const struct target *target = hop->target;
    size_t length = strlen(rule->path);
    bool method = rule->methods == NULL;
    for (const char *const *m = rule->methods; m != NULL && *m != NULL; m++)
        method = method || strcmp(*m, hop->method) == 0;
    bool path = length == 1 || (strncmp(rule->path, target->path, length) == 0 &&
                                (target->path[length] == '/' || target->path[length] == '\0'));
    return method && path && strcmp(rule->host, target->host) == 0 && rule->port == target->port;
}

START_TEST(the_index_finds_what_reading_rule_after_rule_finds)
{
    const char *const *const lists[] = {NULL, reading, posting};
    for (int round = 0; round < 20000; round++) {
        struct policy_rule rules[12];
        uint32_t nrules = 1 + dice(12);
        for (uint32_t i = 0; i < nrules; i++)
            rules[i] = (struct policy_rule){.host = some_hosts[dice(3)],
                                            .port = some_ports[dice(3)],
                                            .path = some_paths[dice(10)],
                                            .methods = lists[dice(3)]};
        struct policy_image *image = image_build(rules, nrules, keys, KEY_COUNT);
        char url[80];
        snprintf(url, sizeof url, "https://%s:%u%s", some_hosts[dice(3)], some_ports[dice(3)],
                 some_paths[dice(10)]);
        struct target target = target_of(url);
        struct hop hop = {.target = &target, .method = some_methods[dice(4)]};
        uint32_t wanted = 0;
        while (wanted < nrules && !covers(&image->rules[wanted], &hop))
            wanted++;
        const struct policy_rule *found = decide(image, &hop).rule;
        ck_assert_ptr_eq(found, wanted < nrules ? &image->rules[wanted] : NULL);
        image_drop(image);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decide");
    TCase *table = tcase_create("table");
    TCase *tests = tcase_create("properties");
    tcase_add_loop_test(table, a_row_of_the_table, 0, NROWS);
    tcase_add_test(tests, the_table_shows_every_reason);
    tcase_add_test(tests, an_origin_is_one_to_us_where_it_is_one_to_libcurl);
    tcase_add_loop_test(tests, no_combination_of_unsafe_flags_gets_a_key_or_fails_a_request,
                        PEER_UNASKED, PEER_UNKNOWN + 1);
    tcase_add_test(tests, a_long_path_is_decided_by_its_beginning);
    tcase_add_test(tests, without_an_image_there_is_no_policy);
    tcase_add_test(tests, an_error_image_fails_the_whole_origin_and_nothing_else);
    tcase_add_test(tests, a_promoted_key_takes_over);
    tcase_add_test(tests, a_key_is_in_the_chain_of_those_that_it_takes_over_from);
    tcase_add_test(tests, a_circle_of_promoted_keys_ends);
    tcase_add_test(tests, each_of_ten_thousand_rules_is_found_and_the_last_takes_the_rest);
    tcase_add_test(tests, the_index_finds_what_reading_rule_after_rule_finds);
    suite_add_tcase(suite, table);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
