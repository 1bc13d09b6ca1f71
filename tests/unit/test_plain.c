/* plain.c, against what it stands for: decide() on what libcurl reads. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <curl/curl.h>

#include "core/decide.h"
#include "core/plain.h"
#include "support/image_builder.h"
#include "support/suite.h"

#define U COMMISSIONED_ORIGIN

static const struct policy_key keys[] = {
    {.name = "k", .prefix = "csk", .header = "Authorization: Bearer k", .next = POLICY_NONE}};
static const struct policy_rule whole[] = {{.name = "whole"}};
static const struct policy_rule v1[] = {{.name = "v1", .path = "/v1"}};

static struct policy_image *image;
static struct plain plain;

static void use(const struct policy_rule *rules, uint32_t count)
{
    image_drop(image);
    image = image_build(rules, count, keys, 1);
    memset(&plain, 0, sizeof plain);
    plain_set(&plain, image);
}

static void drop(void)
{
    image_drop(image);
    image = NULL;
}

/* ---- what is plain --------------------------------------------------------------------------- */

static const struct {
    const char *url;
    bool inside_whole;
    bool inside_v1;
    bool elsewhere;
} rows[] = {
    {U "/", true, false, false},
    {U "/v1/models", true, true, false},
    {U "/v1/", true, true, false},
    {U "/v1/a?b=c/../%2e#d", true, true, false},
    {U "/v1/a.b/c-d_e~f", true, true, false},
    /* Inside, but for decide() to say so. */
    {U, false, false, false},
    {U "?x", false, false, false},
    {U "/v1", true, false, false},
    {U "/v1?x", true, false, false},
    {U "/v1/.well-known", true, false, false},
    {U ":443/v1/models", false, false, false},
    {"HTTPS://app.commissioned.tech/v1/models", false, false, false},
    {"https://APP.commissioned.tech/v1/models", false, false, false},
    {"https://app.commissioned.tech./v1/models", false, false, false},
    {"app.commissioned.tech/v1/models", false, false, false},
    /* Out of the path, or not beyond doubt in it. */
    {U "/v1evil", true, false, false},
    {U "/v2/models", true, false, false},
    {U "/v1/../v2", true, false, false},
    {U "/v1/a/../../v2", true, false, false},
    {U "/v1/%2e%2e/v2", true, false, false},
    {U "/v1/a%2fb", true, false, false},
    {U "/v1//a", true, false, false},
    {U "/v1/a\\b", true, false, false},
    {U "/v1/a b", true, false, false},
    {U "/v1/a?b c", true, false, false},
    {U "/v1/a\r\nX: y", true, false, false},
    /* Somebody else's. */
    {"https://localhost/v1/models", false, false, true},
    {"https://example.com", false, false, true},
    {"http://example.com?https://app.commissioned.tech/", false, false, true},
    {"https://app.commissioned.tec/", false, false, true},
    {"https://xapp.commissioned.tech/", false, false, true},
    {"https://app-commissioned.tech/#@app.commissioned.tech/", false, false, true},
    /* Perhaps not: for libcurl to read. */
    {"https://app.commissioned.tech.evil.example:443/", false, false, false},
    {"https://evil.example@app.commissioned.tech/", false, false, false},
    {"https://evil.example:x@app.commissioned.tech/", false, false, false},
    {"https://evil.example\\@app.commissioned.tech/", false, false, false},
    {"https://app.commissioned.techno/", false, false, false},
    {"https://app.commissioned.tech.example/", false, false, false},
    {"https://app%2ecommissioned.tech/", false, false, false},
    {"https://EXAMPLE.com/", false, false, false},
    {"https://127.0.0.1/", false, false, false},
    {"https:///app.commissioned.tech/", false, false, false},
    {"https:/app.commissioned.tech/", false, false, false},
    {"https:", false, false, false},
    {"http", false, false, false},
    {"h", false, false, false},
    {"", false, false, false},
    {"ftp://example.com/", false, false, false},
    {"httpx://example.com/", false, false, false},
};
enum { NROWS = sizeof rows / sizeof rows[0] };

START_TEST(what_is_plain)
{
    use(whole, 1);
    ck_assert_msg(plain_is_inside(&plain, rows[_i].url) == rows[_i].inside_whole, "%s",
                  rows[_i].url);
    ck_assert_msg(plain_is_elsewhere(&plain, rows[_i].url) == rows[_i].elsewhere, "%s",
                  rows[_i].url);
    use(v1, 1);
    ck_assert_msg(plain_is_inside(&plain, rows[_i].url) == rows[_i].inside_v1, "%s", rows[_i].url);
}
END_TEST

static const struct {
    const char *url;
    bool no_http;
    bool file;
} schemes[] = {
    {"file:///etc/hosts", true, true},
    {"file://localhost/etc/hosts", true, true},
    {"ftp://app.commissioned.tech/v1", true, false},
    {"gopher://app.commissioned.tech", true, false},
    {"x://", true, false},
    /* Not beyond doubt, or what may lead to the host. */
    {"FILE:///etc/hosts", false, false},
    {"file:/etc/hosts", false, false},
    {"file", false, false},
    {"f", false, false},
    {"", false, false},
    {"://x", false, false},
    {"/etc/hosts", false, false},
    {"app.commissioned.tech/v1", false, false},
    {"app.commissioned.tech:443//v1", false, false},
    {"file.example://x", false, false},
    {"ftp://user@app.commissioned.tech/v1", false, false},
    {"ftp://a\\@app.commissioned.tech/v1", false, false},
    {U "/v1", false, false},
    {"http://app.commissioned.tech/v1", false, false},
    {"wss://app.commissioned.tech/v1", false, false},
    {"ws://app.commissioned.tech/v1", false, false},
};
enum { NSCHEMES = sizeof schemes / sizeof schemes[0] };

START_TEST(what_is_no_http)
{
    ck_assert_msg(plain_is_no_http(schemes[_i].url) == schemes[_i].no_http, "%s", schemes[_i].url);
    ck_assert_msg(plain_is_file(schemes[_i].url) == schemes[_i].file, "%s", schemes[_i].url);
}
END_TEST

START_TEST(plain_http_to_the_host_is_neither)
{
    use(whole, 1);
    ck_assert(!plain_is_inside(&plain, "http://app.commissioned.tech/v1"));
    ck_assert(!plain_is_elsewhere(&plain, "http://app.commissioned.tech/v1"));
}
END_TEST

/* ---- under which policy ---------------------------------------------------------------------- */

static const char *const methods[] = {"GET", NULL};
static const struct policy_rule others[] = {
    {.name = "methods", .methods = methods},
    {.name = "port", .port = 8443},
    {.name = "reports", .report = POLICY_REPORT_ALL},
    {.name = "host", .host = "other.example"},
};
enum { NOTHERS = sizeof others / sizeof others[0] };

START_TEST(a_rule_that_asks_for_more_is_never_plain)
{
    use(&others[_i], 1);
    ck_assert_ptr_null(plain.rule);
    ck_assert(!plain_is_inside(&plain, U "/v1/models"));
}
END_TEST

START_TEST(two_rules_are_never_plain)
{
    const struct policy_rule two[] = {whole[0], v1[0]};
    use(two, 2);
    ck_assert(!plain_is_inside(&plain, U "/v1/models"));
    ck_assert(plain_is_elsewhere(&plain, "https://example.com/"));
}
END_TEST

START_TEST(with_another_origin_nothing_is_elsewhere_at_sight)
{
    const struct policy_rule two[] = {whole[0], others[3]};
    use(two, 2);
    ck_assert(!plain_is_elsewhere(&plain, "https://example.com/"));
    use(&others[3], 1);
    ck_assert(!plain_is_elsewhere(&plain, "https://example.com/"));
}
END_TEST

START_TEST(without_rules_nothing_is_plain)
{
    const struct policy_image empty = {.nrules = 0};
    memset(&plain, 0xff, sizeof plain);
    plain_set(&plain, &empty);
    ck_assert(!plain_is_inside(&plain, U "/"));
    ck_assert(!plain_is_elsewhere(&plain, "https://example.com/"));
}
END_TEST

START_TEST(a_scope_that_does_not_fit_is_never_plain)
{
    char path[PLAIN_MAX_SCOPE], url[2 * PLAIN_MAX_SCOPE];
    for (size_t length = PLAIN_MAX_SCOPE - 40; length < PLAIN_MAX_SCOPE; length++) {
        memset(path, 'p', length);
        path[0] = '/';
        path[length] = '\0';
        const struct policy_rule rule = {.name = "long", .path = path};
        use(&rule, 1);
        snprintf(url, sizeof url, U "%s/x", path);
        ck_assert_int_eq(plain_is_inside(&plain, url), sizeof U - 1 + length + 1 < PLAIN_MAX_SCOPE);
    }
}
END_TEST

/* ---- against decide() ------------------------------------------------------------------------ */

/* False where libcurl refuses the URL, which then comes to no hop. */
static bool judge(const char *url, struct decision *decision)
{
    static const CURLUPart wanted[] = {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT,
                                       CURLUPART_PATH,   CURLUPART_USER, CURLUPART_PASSWORD};
    char *parts[6] = {NULL};
    struct target target;
    struct hop hop = {.target = &target};
    CURLU *parsed = curl_url();
    bool good = curl_url_set(parsed, CURLUPART_URL, url,
                             CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    for (int i = 0; good && i < 6; i++)
        curl_url_get(parsed, wanted[i], &parts[i], 0);
    good = good && target_set(&target, parts[0], parts[1], parts[2], parts[3],
                              parts[4] != NULL || parts[5] != NULL);
    if (good)
        *decision = decide(image, &hop);
    for (int i = 0; i < 6; i++)
        curl_free(parts[i]);
    curl_url_cleanup(parsed);
    return good;
}

static void hold_against_decide(const char *url, unsigned *inside, unsigned *elsewhere)
{
    struct decision decision;
    if (!judge(url, &decision))
        return;
    if (plain_is_inside(&plain, url)) {
        ++*inside;
        ck_assert_msg(decision.verdict == VERDICT_KEY && decision.rule == plain.rule, "%s: %s", url,
                      reason_code(decision.reason));
    }
    if (plain_is_elsewhere(&plain, url)) {
        ++*elsewhere;
        ck_assert_msg(decision.rule == NULL && decision.reason == REASON_HOST, "%s: %s", url,
                      reason_code(decision.reason));
    }
}

static uint32_t draw(uint32_t *state, uint32_t below)
{
    *state = *state * 1664525u + 1013904223u; /* Numerical Recipes, 7.1 */
    return (*state >> 8) % below;
}

/* Pieces that an URL is made of, and those that have fooled readers of URLs. */
static void make_url(uint32_t *state, char *url, size_t size)
{
    static const char *const pieces[] = {"https://",  "http://",   COMMISSIONED_HOST,
                                         "localhost", "/",         "/v1",
                                         "/v1/",      "/models",   ".",
                                         "..",        "/../",      "/./",
                                         "%2e",       "%2f",       "%40",
                                         "@",         ":",         ":443",
                                         ":80",       "?",         "#",
                                         "\\",        " ",         "a",
                                         "A",         "1",         "-",
                                         "_",         "\xc3\xa9",  "\t",
                                         "[::1]",     "127.0.0.1", "0x7f",
                                         ";",         "=",         "&",
                                         "//"};
    static const char *const heads[] = {U "/v1/", U "/", U, "https://", "http://", ""};
    size_t used = (size_t)snprintf(url, size, "%s", heads[draw(state, 6)]);
    for (uint32_t n = draw(state, 7); n > 0; n--)
        used += (size_t)snprintf(url + used, size - used, "%s",
                                 pieces[draw(state, sizeof pieces / sizeof pieces[0])]);
}

START_TEST(decide_says_the_same)
{
    enum { URLS = 100000 };
    char url[512];
    uint32_t state = 1;
    unsigned inside = 0, elsewhere = 0;
    use(_i == 0 ? whole : v1, 1);
    for (size_t i = 0; i < NROWS; i++)
        hold_against_decide(rows[i].url, &inside, &elsewhere);
    for (int i = 0; i < URLS; i++) {
        make_url(&state, url, sizeof url);
        hold_against_decide(url, &inside, &elsewhere);
    }
    ck_assert_uint_gt(inside, URLS / 100);
    ck_assert_uint_gt(elsewhere, URLS / 100);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plain");
    TCase *tests = tcase_create("plain");
    tcase_add_checked_fixture(tests, NULL, drop);
    tcase_add_loop_test(tests, what_is_plain, 0, NROWS);
    tcase_add_loop_test(tests, what_is_no_http, 0, NSCHEMES);
    tcase_add_test(tests, plain_http_to_the_host_is_neither);
    tcase_add_loop_test(tests, a_rule_that_asks_for_more_is_never_plain, 0, NOTHERS);
    tcase_add_test(tests, two_rules_are_never_plain);
    tcase_add_test(tests, with_another_origin_nothing_is_elsewhere_at_sight);
    tcase_add_test(tests, without_rules_nothing_is_plain);
    tcase_add_test(tests, a_scope_that_does_not_fit_is_never_plain);
    tcase_add_loop_test(tests, decide_says_the_same, 0, 2);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
