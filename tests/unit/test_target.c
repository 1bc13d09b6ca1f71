/* URLs: the canonical spelling at sight, settled paths, and no reading
 * that libcurl does not share. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "../fuzz/url_agree.h"
#include "commissioned/policy_image.h"
#include "core/target.h"
#include "support/suite.h"

#define U COMMISSIONED_ORIGIN
#define H COMMISSIONED_HOST

/* ---- target_scan ----------------------------------------------------------------------------- */

static const struct {
    const char *url;
    const char *host;
    const char *path;
    unsigned port;
    bool tls;
} canonical[] = {
    {U, H, "/", 443, true},
    {U "/", H, "/", 443, true},
    {U "/v1/models", H, "/v1/models", 443, true},
    {U "/v1?a=/b#c", H, "/v1", 443, true},
    {U "/v1#c?d", H, "/v1", 443, true},
    {U "?q", H, "/", 443, true},
    {U "#f", H, "/", 443, true},
    {U ":1", H, "/", 1, true},
    {U ":443/", H, "/", 443, true},
    {U ":65535/x", H, "/x", 65535, true},
    {U "/%2f..", H, "/%2f..", 443, true},
    {"wss://" H "/v1", H, "/v1", 443, true},
    {"http://" H "/v1", H, "/v1", 0, false},
    {"http://" H ":80/v1", H, "/v1", 80, false},
    {"ws://" H, H, "/", 0, false},
    {"https://localhost/", "localhost", "/", 443, true},
    {"https://a-b.1c.d/", "a-b.1c.d", "/", 443, true},
};

START_TEST(a_canonical_url_is_read_at_sight)
{
    struct target target;
    ck_assert_int_eq(target_scan(canonical[_i].url, &target), TARGET_CANONICAL);
    ck_assert_str_eq(target.host, canonical[_i].host);
    ck_assert_uint_eq(target.host_len, strlen(canonical[_i].host));
    ck_assert_uint_eq(target.port, canonical[_i].port);
    ck_assert_int_eq(target.tls, canonical[_i].tls);
    ck_assert(!target.userinfo);
    ck_assert_uint_eq(target.path_len, strlen(canonical[_i].path));
    ck_assert_int_eq(strncmp(target.path, canonical[_i].path, target.path_len), 0);
}
END_TEST

static const char *const odd[] = {
    "",
    "/",
    ":",
    "https",
    "https:",
    "https:/",
    "https://",
    "https:///v1",
    "://" H,
    H,
    H "/v1",
    "//" H "/v1",
    " " U,
    "HTTPS://" H "/",
    "Https://" H "/",
    "https://APP.commissioned.tech/",
    "https:/" H "/",
    "https:" H "/",
    "https:\\\\" H "/",
    "https://user@" H "/",
    "https://user:pw@" H "/",
    "https://@" H "/",
    U "@evil.example/",
    U ":443@evil.example/",
    U ":",
    U ":/",
    U ":0/",
    U ":0443/",
    U ":65536/",
    U ":4294967739/",
    U ":443x/",
    U ":+443/",
    U ":-1/",
    U ": 443/",
    U "./",
    U ".",
    U "%2e/",
    "https://%61pp.commissioned.tech/",
    U "\\/",
    U ";/",
    U "\t/",
    U " /",
    "https://[::1]/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f/",
    "https://0x7f.0.0.0xa/",
    "https://1.2.3.0xab/",
    "https://a.0b/",
    "https://\xc3\xa9.example/",
    "https://app\xe3\x80\x82"
    "commissioned.tech/",
    "ftp://" H "/",
    "file://" H "/v1",
    "mailto://" H "/",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz://" H "/",
    U "/a b",
    U "/a\tb",
    U "/a\nb",
    U "/\x7f",
    U "/?a b",
    U "/#a\rb",
};

START_TEST(an_odd_url_is_left_to_libcurl)
{
    struct target target;
    ck_assert_msg(target_scan(odd[_i], &target) == TARGET_ODD, "%s", odd[_i]);
}
END_TEST

START_TEST(a_host_name_is_read_up_to_its_longest_and_no_further)
{
    char url[400];
    struct target target;
    for (int length = TARGET_MAX_HOST - 1; length <= TARGET_MAX_HOST + 1; length++) {
        memcpy(url, "https://", 8);
        memset(url + 8, 'a', (size_t)length);
        memcpy(url + 8 + length, "/", 2);
        ck_assert_int_eq(target_scan(url, &target),
                         length <= TARGET_MAX_HOST ? TARGET_CANONICAL : TARGET_ODD);
        url[8 + length] = '\0';
        ck_assert_int_eq(target_set(&target, "https", url + 8, NULL, "/", false),
                         length <= TARGET_MAX_HOST);
    }
}
END_TEST

/* ---- target_set ------------------------------------------------------------------------------ */

START_TEST(parts_from_libcurl_are_brought_into_one_spelling)
{
    struct target target;
    ck_assert(target_set(&target, "HTTPS", "APP.Commissioned.Tech.", "8443", "/v1?q", true));
    ck_assert(target.tls && target.userinfo);
    ck_assert_str_eq(target.host, H);
    ck_assert_uint_eq(target.port, 8443);
    ck_assert_uint_eq(target.path_len, 3);
    ck_assert(target_set(&target, "wss", "[::1]", NULL, "", false));
    ck_assert(target.tls && !target.userinfo);
    ck_assert_uint_eq(target.port, 443);
    ck_assert_uint_eq(target.path_len, 1);
    ck_assert(target_set(&target, "httpsx", H, NULL, "/", false) && !target.tls);
    ck_assert(target_set(&target, "http", H "..", NULL, "/", false));
    ck_assert_str_eq(target.host, H "."); /* one dot is the absolute form, two are another name */
}
END_TEST

START_TEST(parts_that_name_no_host_or_no_port_are_refused)
{
    struct target target;
    ck_assert(!target_set(&target, NULL, H, NULL, "/", false));
    ck_assert(!target_set(&target, "https", NULL, NULL, "/", false));
    ck_assert(!target_set(&target, "https", "", NULL, "/", false));
    ck_assert(!target_set(&target, "https", H, NULL, NULL, false));
    ck_assert(!target_set(&target, "https", H, "", "/", false));
    ck_assert(!target_set(&target, "https", H, "0", "/", false));
    ck_assert(!target_set(&target, "https", H, "443 ", "/", false));
    ck_assert(!target_set(&target, "https", H, "65536", "/", false));
    ck_assert(!target_set(&target, "https", H, "-1", "/", false));
}
END_TEST

/* ---- paths ----------------------------------------------------------------------------------- */

static const struct {
    const char *path;
    const char *settled; /* NULL: ambiguous */
} paths[] = {
    {"/", "/"},
    {"/a", "/a"},
    {"/a/", "/a/"},
    {"/.", "/"},
    {"/..", "/"},
    {"/../..", "/"},
    {"/../../a", "/a"},
    {"/a/.", "/a/"},
    {"/a/..", "/"},
    {"/a/./b", "/a/b"},
    {"/a/../b", "/b"},
    {"/a/b/../../c", "/c"},
    {"/a/b/..", "/a/"},
    {"/a/...", "/a/..."},
    {"/a/..b", "/a/..b"},
    {"/a/b..", "/a/b.."},
    {"/a//b", "/a//b"},
    {"//", "//"},
    {"/a//b/..", "/a//"},
    {"/%61", "/a"},
    {"/%7e%2D%5f", "/~-_"},
    {"/%2e", "/"},
    {"/a/%2E%2e/b", "/b"},
    {"/a/.%2e", "/"},
    {"/%c3%a9", "/%C3%A9"},
    {"/\xc3\xa9", "/\xc3\xa9"},
    {"/%20", "/%20"},
    {"/%3f%23", "/%3F%23"},
    {"/a;b/..", "/"},
    {"", NULL},
    {"a", NULL},
    {"%2f", NULL},
    {"/%2f", NULL},
    {"/%2F", NULL},
    {"/%5c", NULL},
    {"/%5C", NULL},
    {"/\\", NULL},
    {"/%00", NULL},
    {"/%0a", NULL},
    {"/%1f", NULL},
    {"/%7f", NULL},
    {"/%25", NULL},
    {"/%252e", NULL},
    {"/%", NULL},
    {"/%2", NULL},
    {"/%g0", NULL},
    {"/%0g", NULL},
    {"/%-1", NULL},
    {"/ ", NULL},
    {"/\t", NULL},
    {"/\x7f", NULL},
    {"/..;", NULL},
    {"/.;a", NULL},
    {"/..;a/b", NULL},
    {"/...;a", NULL},
    {"/%2e%2E%3B", NULL},
    {"/a//..", NULL},
    {"/a//../b", NULL},
    {"//..", NULL},
    {"/a/;b/..", NULL},
    {"/a/%2e/..", NULL},
    {"/a/b/%2e%2e/../c", NULL},
    {"/./a/%2e", NULL},
    {"/a/./b%2ec", "/a/b.c"},
    {"/a/%3b/../c", NULL},
};

START_TEST(a_path_is_settled_or_refused)
{
    char out[64];
    const char *path = paths[_i].path, *settled = paths[_i].settled;
    size_t length = target_settle_path(path, strlen(path), out, sizeof out);
    ck_assert_msg(length == (settled != NULL ? strlen(settled) : 0) &&
                      (settled == NULL || strcmp(out, settled) == 0),
                  "%s gave %s", path, length > 0 ? out : "(ambiguous)");
}
END_TEST

START_TEST(a_settled_path_never_leaves_its_room)
{
    char room[40];
    for (size_t size = 0; size <= 32; size++) {
        memset(room, '#', sizeof room);
        size_t length = target_settle_path("/abcdef/%20/../ghi", 18, room, size);
        ck_assert(length < size || length == 0);
        for (size_t i = size; i < sizeof room; i++)
            ck_assert_int_eq(room[i], '#');
    }
}
END_TEST

START_TEST(a_settled_path_settles_to_itself)
{
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char out[64];
        const char *settled = paths[i].settled;
        if (settled == NULL)
            continue;
        ck_assert_uint_eq(target_settle_path(settled, strlen(settled), out, sizeof out),
                          strlen(settled));
        ck_assert_str_eq(out, settled);
    }
}
END_TEST

START_TEST(a_plain_path_settles_to_itself)
{
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        char out[64];
        const char *path = paths[i].path;
        size_t length = strlen(path);
        if (length == 0 || path[0] != '/' || !target_path_is_plain(path, length))
            continue;
        ck_assert_uint_eq(target_settle_path(path, length, out, sizeof out), length);
        ck_assert_str_eq(out, path);
    }
}
END_TEST

/* ---- against libcurl ------------------------------------------------------------------------- */

static const char *const tricky[] = {
    U "/v1/../v2",
    U "/v1/./a/",
    U "//v1",
    U "/v1//",
    U "/v1/..",
    U "/a/b/../../../c",
    U "/..",
    U "/.",
    U "/...",
    U "/..a",
    U "/a..",
    U "/%2e%2e/a",
    U "/%2E./a",
    U "/a/%2e",
    U "/a;b",
    U "/;/../a",
    U "/a/..;/b",
    U "/%",
    U "/%2",
    U "/%zz",
    U "/%00",
    U "/%0a",
    U "/%0d%0a",
    U "/\\..\\a",
    U "/\xc3\xa9",
    U "/\xff",
    U "/[",
    U "/]",
    U "/{}",
    U "/|",
    U "/^",
    U "/`",
    U "/\"",
    U "/<>",
    U "/'",
    U "/*",
    U "/!",
    U "/$&+,=",
    U "/~",
    U "/:@",
    U "/@" H,
    U "/:443",
    U "?",
    U "#",
    U "?#",
    U "#?",
    U "?@evil.example",
    U "#@evil.example",
    U "?/../x",
    U "/?a?b",
    U "/a#b#c",
    U "/a?b#c/d",
    U "/a#b?c/d",
    U "/a%3fb",
    U "/a%23b",
    U ":443",
    U ":443?",
    U ":443#",
    U ":443?a",
    U ":80",
    U ":080",
    U ":1",
    U ":65535",
    U ":65536",
    U ":99999",
    U ":443:443",
    U ":443/:80",
    U ":4 43",
    U ":\x34\x34\x33",
    U "@",
    U "@/",
    U "@evil.example",
    U "&@evil.example",
    U ":pw@evil.example",
    U "\\@evil.example",
    U "%40evil.example",
    U "%00.evil.example",
    U "%2eevil.example",
    U ".evil.example",
    U "..",
    U ".:443",
    U "%2e",
    U "%20",
    U "_",
    U "-",
    U "!",
    U "'",
    U "(",
    U "$",
    U "*",
    U ",",
    U ";",
    U "=",
    U "|",
    U "~",
    U "^",
    U "`",
    U "{",
    U "}",
    U "\"",
    U "<",
    U ">",
    U "[",
    U "]",
    U "\x01",
    U "\x1f",
    U "\x7f",
    U "\x80",
    U "\t",
    U "\r\n",
    U " ",
    "https://user@" H,
    "https://user:pw@" H,
    "https://:@" H,
    "https://@" H,
    "https://:pw@" H,
    "https://a@b@" H,
    "https://" H "@" H,
    "https://%61pp.commissioned.tech",
    "https://APP.commissioned.tech",
    "https://app.commissioned.tech.",
    "https://app..commissioned.tech",
    "https://.app.commissioned.tech",
    "https://-app.commissioned.tech",
    "https://app.commissioned.-tech",
    "https://app.commissioned.t-",
    "https://app.commissioned.1tech",
    "https://app.commissioned.0x1f",
    "https://app.commissioned.0",
    "https://0x7f",
    "https://0x7f.1",
    "https://0x7f.0x1",
    "https://017700000001",
    "https://0xdeadbeef",
    "https://1.2.3.4",
    "https://1.2.3.0xff",
    "https://1.2.3.4.5",
    "https://1.2.3.0xg",
    "https://1e1",
    "https://0xa",
    "https://0xab.cd",
    "https://4294967295",
    "https://4294967296",
    "https://256.0.0.1",
    "https://[::1]",
    "https://[::1]:443",
    "https://[::ffff:1.2.3.4]",
    "https://[fe80::1%25eth0]",
    "https://[",
    "https://[]",
    "https://localhost",
    "https://a",
    "https://a.b.c.d.e.f",
    "https://xn--e1afmkfd.xn--p1ai",
    "https://\xc3\xa9.example",
    "https://a_b.example",
    "http://" H,
    "http://" H ":443",
    "HTTPS://" H,
    "hTTps://" H,
    "wss://" H,
    "ws://" H,
    "WSS://" H,
    "httpss://" H,
    "https:/" H,
    "https:" H,
    "https:///" H,
    "https:////" H,
    "https:\\\\" H,
    "https//" H,
    "https:// " H,
    " https://" H,
    "\thttps://" H,
    "https ://" H,
    "https:// ",
    "https://",
    "https:",
    "://" H,
    "//" H,
    H,
    H ":443",
    H "/v1",
    "www." H,
    "ftp." H,
    "ftp://" H,
    "file://" H,
    "file:///etc",
    "file://localhost/etc",
    "file:/" H,
    "gopher://" H,
    "imap://" H "/INBOX",
    "ldap://" H,
    "dict://" H,
    "telnet://" H,
    "mailto:a@" H,
    "javascript:https://" H,
    "data:,https://" H,
    "a://" H,
    "z://a.b",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmno://" H "/v1",
    "http.s://" H,
    "https+x://" H,
    "h://" H,
    "https://" H "/" U,
    "https://evil.example/" U,
    "https://evil.example?" U,
    "https://evil.example#" U,
    "https://evil.example\\@" H,
    "https://evil.example:443@" H,
    "https://evil.example;@" H,
    "https://evil.example%2f@" H,
    "https://evil.example%23@" H,
    "https://evil.example " H,
    "",
    "/",
    "?",
    "#",
    ":",
    "@",
    "..",
    "%",
    "\\",
    "[",
    "a",
    "0",
};
enum { NTRICKY = sizeof tricky / sizeof tricky[0] };
_Static_assert(NTRICKY >= 150, "a list worth its name");

START_TEST(a_tricky_url_is_read_as_libcurl_reads_it)
{
    const char *what = url_disagreement(tricky[_i]);
    ck_assert_msg(what == NULL, "%s: %s", what, tricky[_i]);
}
END_TEST

static uint32_t seed = 7;

static unsigned dice(unsigned sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % sides;
}

static const char *const pieces[] = {
    "https",
    "HTTPS",
    "http",
    "wss",
    "://",
    ":/",
    ":",
    "//",
    "/",
    "app",
    ".commissioned.tech",
    H,
    "APP.COMMISSIONED.TECH",
    "evil.example",
    "@",
    ":443",
    ":0443",
    ":65536",
    ":8",
    ".",
    "..",
    "/../",
    "/./",
    "\\",
    "?",
    "#",
    "%2e",
    "%2F",
    "%00",
    "%61",
    "%",
    "[::1]",
    "[",
    "]",
    "0x7f",
    "127.0.0.1",
    "1",
    "0",
    " ",
    "\t",
    "\n",
    "\x7f",
    "\x80",
    "\xc3\xa9",
    "v1",
    "a",
    "f",
    "x",
    ";",
    "&",
    "=",
    "-",
    "_",
    "*",
    "user:pw@",
    "/v1/models",
    "//..",
    "/;",
    "$",
    "'",
};

static void compose(char *url, size_t size)
{
    size_t used = 0;
    url[0] = '\0';
    if (dice(4) != 0)
        used = (size_t)snprintf(url, size, "%s", dice(2) ? U : "https://");
    for (unsigned left = 1 + dice(9); left > 0 && used + 32 < size; left--)
        used += (size_t)snprintf(url + used, size - used, "%s",
                                 pieces[dice(sizeof pieces / sizeof pieces[0])]);
}

START_TEST(two_hundred_thousand_urls_by_chance_are_read_as_libcurl_reads_them)
{
    char url[512];
    for (int i = 0; i < 200000; i++) {
        compose(url, sizeof url);
        const char *what = url_disagreement(url);
        ck_assert_msg(what == NULL, "%s: %s", what, url);
    }
}
END_TEST

#define COUNT_OF(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
    Suite *suite = suite_create("target");
    TCase *tests = tcase_create("target");
    TCase *chance = tcase_create("chance");
    tcase_add_loop_test(tests, a_canonical_url_is_read_at_sight, 0, COUNT_OF(canonical));
    tcase_add_loop_test(tests, an_odd_url_is_left_to_libcurl, 0, COUNT_OF(odd));
    tcase_add_test(tests, a_host_name_is_read_up_to_its_longest_and_no_further);
    tcase_add_test(tests, parts_from_libcurl_are_brought_into_one_spelling);
    tcase_add_test(tests, parts_that_name_no_host_or_no_port_are_refused);
    tcase_add_loop_test(tests, a_path_is_settled_or_refused, 0, COUNT_OF(paths));
    tcase_add_test(tests, a_settled_path_never_leaves_its_room);
    tcase_add_test(tests, a_settled_path_settles_to_itself);
    tcase_add_test(tests, a_plain_path_settles_to_itself);
    tcase_add_loop_test(tests, a_tricky_url_is_read_as_libcurl_reads_it, 0, NTRICKY);
    tcase_set_timeout(chance, 300);
    tcase_add_test(chance, two_hundred_thousand_urls_by_chance_are_read_as_libcurl_reads_them);
    suite_add_tcase(suite, tests);
    suite_add_tcase(suite, chance);
    return suite_run(suite);
}
