/* Not one byte of the key in a trace, and not one byte of anything else changed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "../support/fake_curl.h"
#include "../support/mmap_fails.h"
#include "../support/tmpdir.h"
#include "preload/request/inject.h"
#include "preload/request/redact.h"
#include "support/suite.h"

enum { ROOM = 65536 };

static char key[TEST_KEY_LENGTH + 1];

/* ---- the header block of a request ----------------------------------------------------------- */

static const char *const heads[] = {"Authorization: Bearer ", "authorization: bearer ",
                                    "AUTHORIZATION: BEARER ", "authorization: Bearer "};
/* Their values are masked too, from wherever they leave the pattern. */
static const char *const odd_heads[] = {
    "Authorization:",        "Authorization: ",         "Authorization:Bearer ",
    "Authorization: Basic ", "Authorization:  Bearer ", "Authorization:\tBearer "};

static size_t write_request(char *text, const char *head)
{
    return (size_t)snprintf(text, ROOM,
                            "GET /authorization:%%20bearer%%20x HTTP/1.1\r\n"
                            "Proxy-Authorization: Basic proxy\r\n"
                            "X-Authorization: Bearer other\r\n"
                            "Authorizationx: Bearer other\r\n"
                            "Autho\r\n"
                            "%s%s\r\n"
                            "Authorization-Info: other\r\n"
                            "X: authorization: bearer inside\r\n"
                            "\r\n",
                            head, key);
}

/* The same with stars where the key stood, and nothing else changed. */
static size_t write_masked(char *text, const char *head)
{
    size_t length = write_request(text, head);
    char *place = strstr(text, key);
    memset(place, '*', TEST_KEY_LENGTH);
    return length;
}

static void feed(char *text, size_t length, const size_t *cuts, size_t ncuts)
{
    struct redact_state state = {0, 0};
    size_t from = 0;
    for (size_t i = 0; i <= ncuts; i++) {
        size_t to = i < ncuts ? cuts[i] : length;
        redact_header(&state, text + from, to - from);
        from = to;
    }
}

START_TEST(a_request_is_masked_however_it_is_cut_in_three)
{
    static char text[ROOM], wanted[ROOM], fed[ROOM];
    size_t length = write_request(text, heads[_i]);
    write_masked(wanted, heads[_i]);
    for (size_t a = 0; a <= length; a++) {
        for (size_t b = a; b <= length; b++) {
            memcpy(fed, text, length + 1);
            feed(fed, length, (size_t[]){a, b}, 2);
            ck_assert_msg(memcmp(fed, wanted, length + 1) == 0, "cut at %zu and %zu: %s", a, b,
                          fed);
        }
    }
}
END_TEST

START_TEST(a_request_is_masked_in_pieces_of_any_size)
{
    static char text[ROOM], wanted[ROOM];
    size_t length = write_masked(wanted, heads[_i]);
    for (size_t piece = 1; piece <= length; piece++) {
        struct redact_state state = {0, 0};
        write_request(text, heads[_i]);
        for (size_t at = 0; at < length; at += piece)
            redact_header(&state, text + at, length - at < piece ? length - at : piece);
        ck_assert_msg(memcmp(text, wanted, length + 1) == 0, "pieces of %zu: %s", piece, text);
    }
}
END_TEST

/* No byte of the key at its place; the lines before and after are unchanged. */
START_TEST(a_value_that_is_not_a_plain_bearer_is_masked_too)
{
    static char text[ROOM], whole[ROOM];
    size_t length = write_request(whole, odd_heads[_i]);
    size_t place = (size_t)(strstr(whole, key) - whole);
    size_t line = place - strlen(odd_heads[_i]);
    for (size_t cut = 0; cut <= length; cut++) {
        memcpy(text, whole, length + 1);
        feed(text, length, &cut, 1);
        for (size_t i = 0; i < TEST_KEY_LENGTH; i++)
            ck_assert_int_eq(text[place + i], '*');
        ck_assert_int_eq(memcmp(text, whole, line + strlen("Authorization:")), 0);
        ck_assert_str_eq(text + place + TEST_KEY_LENGTH, whole + place + TEST_KEY_LENGTH);
    }
}
END_TEST

START_TEST(a_line_ended_by_a_line_feed_alone_ends_the_mask)
{
    char text[] = "Authorization: Bearer abc\nX: def\n";
    struct redact_state state = {0, 0};
    redact_header(&state, text, strlen(text));
    ck_assert_str_eq(text, "Authorization: Bearer ***\nX: def\n");
}
END_TEST

START_TEST(an_empty_piece_changes_nothing)
{
    struct redact_state state = {0, 0};
    char text[] = "Authorization: Bearer ";
    redact_header(&state, text, strlen(text));
    struct redact_state before = state;
    redact_header(&state, NULL, 0);
    ck_assert_int_eq(memcmp(&state, &before, sizeof state), 0);
}
END_TEST

/* ---- libcurl's own words --------------------------------------------------------------------- */

static const struct {
    const char *before;
    const char *after;
} texts[] = {
    {"h2h3 [authorization: Bearer ", "]\n"},
    {"[HTTP/2] [1] [authorization: Bearer ", "]\n"},
    {"[HTTP/3] [0] [Authorization: Bearer ", "]\r\n"},
    {"Using Stream ID: 1 [authorization: bearer ", "]"},
    {"h2 [authorization: Basic ", "]\n"},
    {"authorization: Bearer ", "\n"},
    {"h2h3 [authorization: Bearer ", ""},
};

START_TEST(a_line_of_http2_or_3_is_masked_wherever_it_is_cut)
{
    char whole[256], text[256];
    const char *before = texts[_i].before;
    snprintf(whole, sizeof whole, "%s%s%s", before, key, texts[_i].after);
    size_t length = strlen(whole), start = strlen(before);
    for (size_t cut = 0; cut <= length; cut++) {
        memcpy(text, whole, length + 1);
        redact_text(text, cut);
        for (size_t i = start; i < cut && i < start + TEST_KEY_LENGTH; i++)
            ck_assert_int_eq(text[i], '*');
        ck_assert_str_eq(text + cut, whole + cut); /* nothing behind the cut is touched */
    }
    ck_assert_str_eq(text + start + TEST_KEY_LENGTH, texts[_i].after);
    ck_assert_int_eq(strncmp(text, before, (size_t)(strchr(before, ':') - before)), 0);
}
END_TEST

START_TEST(a_key_with_a_bracket_in_it_is_masked_to_its_end)
{
    char text[] = "h2h3 [authorization: Bearer abc]def[ghi]jkl]\n";
    redact_text(text, strlen(text));
    ck_assert_str_eq(text, "h2h3 [authorization: Bearer ***************]\n");
}
END_TEST

static const char *const harmless[] = {
    "h2h3 [proxy-authorization: Basic x]\n",
    "h2h3 [x-authorization: Bearer x]\n",
    "h2h3 [authorizationx: Bearer x]\n",
    "Server auth using Bearer with user ''\n",
    "h2h3 [authorization]\n",
    "Connected to authorization.example port 443\n",
    "authorization",
    "",
};

START_TEST(other_lines_stay_as_they_are)
{
    char text[128];
    strcpy(text, harmless[_i]);
    redact_text(text, strlen(text));
    ck_assert_str_eq(text, harmless[_i]);
}
END_TEST

/* ---- in front of the application's callback -------------------------------------------------- */

static char handle;
static struct record *record;
static char shown[4 * ROOM];
static size_t nshown;
static unsigned shows;

static int show(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    ck_assert_ptr_eq(easy, &handle);
    ck_assert_ptr_eq(user, &shows);
    (void)type;
    ck_assert_uint_lt(nshown + size, sizeof shown);
    memcpy(shown + nshown, data, size);
    nshown += size;
    shown[nshown] = '\0';
    shows++;
    return 7;
}

static void setup(void)
{
    test_key_make(key);
    fake_reset();
    nshown = shows = 0;
    record = record_make(&handle, &fake_provider);
    record_note(record, CURLOPT_VERBOSE, 1);
    record_note(record, CURLOPT_DEBUGFUNCTION, (uintptr_t)show);
    record_note(record, CURLOPT_DEBUGDATA, (uintptr_t)&shows);
}

static void teardown(void)
{
    record_remove(record);
    record_free(record);
}

static int debug(curl_infotype type, char *data, size_t size)
{
    curl_debug_callback ours = (curl_debug_callback)fake_value(CURLOPT_DEBUGFUNCTION);
    return ours(&handle, type, data, size, (void *)fake_value(CURLOPT_DEBUGDATA));
}

START_TEST(the_application_sees_masked_headers_and_libcurls_text_is_not_written_to)
{
    static char text[ROOM], wanted[ROOM], before[ROOM];
    size_t length = write_request(text, heads[0]);
    memcpy(before, text, length + 1);
    write_masked(wanted, heads[0]);
    ck_assert(redact_begin(record));
    ck_assert_int_eq(debug(CURLINFO_HEADER_OUT, text, 180), 7);
    ck_assert_int_eq(debug(CURLINFO_HEADER_OUT, text + 180, length - 180), 7);
    ck_assert_str_eq(shown, wanted);
    ck_assert_str_eq(text, before);
    ck_assert_uint_eq(shows, 2);
}
END_TEST

START_TEST(a_header_block_larger_than_the_stack_buffer_is_masked)
{
    static char text[ROOM];
    memset(text, 'x', ROOM);
    memcpy(text + ROOM - 200, "\r\nAuthorization: Bearer ", 24);
    memcpy(text + ROOM - 176, key, TEST_KEY_LENGTH);
    ck_assert(redact_begin(record));
    debug(CURLINFO_HEADER_OUT, text, ROOM);
    ck_assert_uint_eq(nshown, ROOM);
    ck_assert_ptr_null(memmem(shown, nshown, key, TEST_KEY_LENGTH));
    ck_assert_int_eq(memcmp(shown, text, ROOM - 176), 0);
}
END_TEST

START_TEST(what_there_is_no_memory_to_mask_is_not_shown_and_the_next_piece_is_masked)
{
    static char text[ROOM];
    memset(text, 'x', ROOM);
    memcpy(text + ROOM - 30, "\r\nAuthorization: Bearer ", 24);
    memcpy(text + ROOM - 6, key, 6);
    ck_assert(redact_begin(record));
    mmap_fails = true;
    ck_assert_int_eq(debug(CURLINFO_HEADER_OUT, text, ROOM), 0);
    mmap_fails = false;
    ck_assert_uint_eq(nshown, 0);
    debug(CURLINFO_HEADER_OUT, key + 6, TEST_KEY_LENGTH - 6);
    ck_assert_uint_eq(nshown, TEST_KEY_LENGTH - 6);
    ck_assert_uint_eq(strspn(shown, "*"), nshown);
}
END_TEST

START_TEST(the_rest_of_a_cut_header_is_masked_even_if_it_comes_as_data)
{
    static char text[ROOM];
    size_t length = write_request(text, heads[0]);
    size_t cut = (size_t)(strstr(text, key) - text) + 3;
    ck_assert(redact_begin(record));
    debug(CURLINFO_HEADER_OUT, text, cut);
    debug(CURLINFO_DATA_OUT, text + cut, length - cut);
    ck_assert_uint_eq(nshown, length);
    ck_assert_ptr_null(strstr(shown, key + 3));
    ck_assert_ptr_null(strstr(shown, key + TEST_KEY_LENGTH - 4));
}
END_TEST

START_TEST(a_body_is_shown_as_it_is)
{
    char body[] = "Authorization: Bearer of the body\n";
    char end[] = "X: y\r\n\r\n";
    ck_assert(redact_begin(record));
    debug(CURLINFO_HEADER_OUT, end, strlen(end));
    nshown = 0;
    debug(CURLINFO_DATA_OUT, body, strlen(body));
    debug(CURLINFO_DATA_IN, body, strlen(body));
    debug(CURLINFO_HEADER_IN, body, strlen(body));
    debug(CURLINFO_SSL_DATA_OUT, body, 0);
    ck_assert_uint_eq(nshown, 3 * strlen(body));
    ck_assert_ptr_null(strchr(shown, '*'));
}
END_TEST

START_TEST(a_new_request_begins_with_a_new_line)
{
    char half[] = "Authorization: Bearer ab", next[] = "GET / HTTP/1.1\r\n";
    ck_assert(redact_begin(record));
    debug(CURLINFO_HEADER_OUT, half, strlen(half));
    redact_restart(record);
    nshown = 0;
    debug(CURLINFO_HEADER_OUT, next, strlen(next));
    ck_assert_str_eq(shown, next);
}
END_TEST

START_TEST(behind_a_redirect_no_header_of_ours_is_in_place_before_the_next_hop)
{
    char text[] = "Issue another request to this URL: 'https://own:password@example.com/'\n";
    struct curl_slist own = {(char *)"X: y", NULL};
    record_note(record, CURLOPT_HTTPHEADER, (uintptr_t)&own);
    ck_assert(redact_begin(record) && inject_key(record, "Authorization: Bearer key"));
    ck_assert_ptr_ne((void *)fake_value(CURLOPT_HTTPHEADER), &own);
    debug(CURLINFO_DATA_IN, text, strlen(text));
    ck_assert_ptr_ne((void *)fake_value(CURLOPT_HTTPHEADER), &own);
    debug(CURLINFO_TEXT, text, strlen(text));
    ck_assert_ptr_eq((void *)fake_value(CURLOPT_HTTPHEADER), &own);
    ck_assert_str_eq(shown + strlen(shown) - strlen(text), text);
}
END_TEST

START_TEST(without_a_callback_the_stream_of_the_application_gets_what_libcurl_would_write)
{
    char *written = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&written, &size);
    char line[128], wanted[256];
    record_note(record, CURLOPT_DEBUGFUNCTION, 0);
    record_note(record, CURLOPT_DEBUGDATA, 0);
    record_note(record, CURLOPT_STDERR, (uintptr_t)stream);
    ck_assert(redact_begin(record));
    int length = snprintf(line, sizeof line, "Authorization: Bearer %s\r\n", key);
    debug(CURLINFO_HEADER_OUT, line, (size_t)length);
    debug(CURLINFO_HEADER_IN, (char[]){"A: b\r\n"}, 6);
    debug(CURLINFO_TEXT, (char[]){"word\n"}, 5);
    debug(CURLINFO_DATA_OUT, (char[]){"body"}, 4);
    debug(CURLINFO_DATA_IN, (char[]){"body"}, 4);
    debug(CURLINFO_SSL_DATA_IN, (char[]){"body"}, 4);
    fclose(stream);
    memset(line + 22, '*', TEST_KEY_LENGTH);
    snprintf(wanted, sizeof wanted, "> %s< A: b\r\n* word\n", line);
    ck_assert_str_eq(written, wanted);
    free(written);
}
END_TEST

START_TEST(the_end_puts_the_callback_of_the_application_back)
{
    ck_assert(redact_begin(record));
    ck_assert_uint_ne(fake_value(CURLOPT_DEBUGFUNCTION), (uintptr_t)show);
    redact_end(record);
    ck_assert_uint_eq(fake_value(CURLOPT_DEBUGFUNCTION), (uintptr_t)show);
    ck_assert_uint_eq(fake_value(CURLOPT_DEBUGDATA), (uintptr_t)&shows);
    unsigned calls = fake_calls;
    redact_end(record);
    ck_assert_uint_eq(fake_calls, calls);
}
END_TEST

START_TEST(a_silent_handle_needs_no_mask)
{
    record_note(record, CURLOPT_VERBOSE, 0);
    ck_assert(redact_begin(record));
    ck_assert_uint_eq(fake_calls, 0);
}
END_TEST

START_TEST(where_the_mask_cannot_be_put_there_may_be_no_key)
{
    fake_answer = CURLE_UNKNOWN_OPTION;
    ck_assert(!redact_begin(record));
}
END_TEST

#define COUNT_OF(array) (int)(sizeof(array) / sizeof((array)[0]))

int main(void)
{
    Suite *suite = suite_create("redact");
    TCase *tests = tcase_create("redact");
    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, a_request_is_masked_however_it_is_cut_in_three, 0, COUNT_OF(heads));
    tcase_add_loop_test(tests, a_request_is_masked_in_pieces_of_any_size, 0, COUNT_OF(heads));
    tcase_add_loop_test(tests, a_value_that_is_not_a_plain_bearer_is_masked_too, 0,
                        COUNT_OF(odd_heads));
    tcase_add_test(tests, a_line_ended_by_a_line_feed_alone_ends_the_mask);
    tcase_add_test(tests, an_empty_piece_changes_nothing);
    tcase_add_loop_test(tests, a_line_of_http2_or_3_is_masked_wherever_it_is_cut, 0,
                        COUNT_OF(texts));
    tcase_add_test(tests, a_key_with_a_bracket_in_it_is_masked_to_its_end);
    tcase_add_loop_test(tests, other_lines_stay_as_they_are, 0, COUNT_OF(harmless));
    tcase_add_test(tests, the_application_sees_masked_headers_and_libcurls_text_is_not_written_to);
    tcase_add_test(tests, a_header_block_larger_than_the_stack_buffer_is_masked);
    tcase_add_test(tests,
                   what_there_is_no_memory_to_mask_is_not_shown_and_the_next_piece_is_masked);
    tcase_add_test(tests, the_rest_of_a_cut_header_is_masked_even_if_it_comes_as_data);
    tcase_add_test(tests, a_body_is_shown_as_it_is);
    tcase_add_test(tests, a_new_request_begins_with_a_new_line);
    tcase_add_test(tests, behind_a_redirect_no_header_of_ours_is_in_place_before_the_next_hop);
    tcase_add_test(tests,
                   without_a_callback_the_stream_of_the_application_gets_what_libcurl_would_write);
    tcase_add_test(tests, the_end_puts_the_callback_of_the_application_back);
    tcase_add_test(tests, a_silent_handle_needs_no_mask);
    tcase_add_test(tests, where_the_mask_cannot_be_put_there_may_be_no_key);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
