/* The key's header in front of the application's list, and the list put back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "../support/fake_curl.h"
#include "preload/request/inject.h"
#include "support/suite.h"

static char handle;
static struct record *record;
static struct curl_slist *list;

static void append(const char *line)
{
    list = curl_slist_append(list, line);
    ck_assert_ptr_nonnull(list);
}

static void setup(void)
{
    fake_reset();
    list = NULL;
    record = record_make(&handle, &fake_provider);
    ck_assert_ptr_nonnull(record);
}

static void teardown(void)
{
    record_remove(record);
    record_free(record);
    curl_slist_free_all(list);
}

static const struct curl_slist *sent(void)
{
    return (const struct curl_slist *)fake_value(CURLOPT_HTTPHEADER);
}

/* The list that libcurl has, its lines joined by '|'. */
static const char *sent_text(void)
{
    static char text[512];
    text[0] = '\0';
    for (const struct curl_slist *node = sent(); node != NULL; node = node->next) {
        ck_assert_uint_lt(strlen(text) + strlen(node->data) + 2, sizeof text);
        strcat(text, node->data);
        strcat(text, node->next != NULL ? "|" : "");
    }
    return text;
}

START_TEST(the_key_stands_before_the_headers_of_the_application_in_their_order)
{
    append("X-A: 1");
    append("X-B: 2");
    append("X-A: 3");
    record->headers = list;
    ck_assert(inject_key(record, "Authorization: Bearer k"));
    ck_assert_str_eq(sent_text(), "Authorization: Bearer k|X-A: 1|X-B: 2|X-A: 3");
    ck_assert_ptr_eq(sent()->next, list);
}
END_TEST

START_TEST(without_a_list_the_key_stands_alone)
{
    ck_assert(inject_key_alone(record, "Authorization: Bearer k"));
    ck_assert_str_eq(sent_text(), "Authorization: Bearer k");
}
END_TEST

START_TEST(what_the_application_appends_later_is_seen)
{
    append("X-A: 1");
    record->headers = list;
    ck_assert(inject_key(record, "Authorization: Bearer k"));
    append("X-B: 2");
    ck_assert_str_eq(sent_text(), "Authorization: Bearer k|X-A: 1|X-B: 2");
}
END_TEST

START_TEST(headers_in_front_that_are_to_be_replaced_are_left_out)
{
    append("Authorization: Bearer unused");
    append("AUTHORIZATION;");
    append("X-A: 1");
    record->headers = list;
    ck_assert(inject_key_alone(record, "Authorization: Bearer k"));
    ck_assert_str_eq(sent_text(), "Authorization: Bearer k|X-A: 1");
    ck_assert_str_eq(list->data, "Authorization: Bearer unused");
    ck_assert_ptr_nonnull(list->next->next);
}
END_TEST

static const struct {
    const char *lines[5];
    const char *sent;
} replaced[] = {
    {{"Authorization: Bearer a", "X-A: 1", "X-B: 2"}, "X-A: 1|X-B: 2"},
    {{"X-A: 1", "Authorization: Bearer a", "X-B: 2"}, "X-A: 1|X-B: 2"},
    {{"X-A: 1", "X-B: 2", "authorization:Bearer a"}, "X-A: 1|X-B: 2"},
    {{"Authorization: a", "X-A: 1", "Authorization: b", "X-B: 2", "Authorization;"},
     "X-A: 1|X-B: 2"},
    {{"X-A: 1", "Authorization: a", "Authorization: b", "X-A: 2", "X-A: 1"},
     "X-A: 1|X-A: 2|X-A: 1"},
};

START_TEST(a_header_that_is_to_be_replaced_is_left_out_wherever_it_stands)
{
    struct curl_slist *nodes[5];
    char wanted[128];
    int count = 0;
    for (; count < 5 && replaced[_i].lines[count] != NULL; count++)
        append(replaced[_i].lines[count]);
    struct curl_slist *node = list;
    for (int i = 0; i < count; i++, node = node->next)
        nodes[i] = node;
    record->headers = list;
    ck_assert(inject_key_alone(record, "Authorization: Bearer k"));
    snprintf(wanted, sizeof wanted, "Authorization: Bearer k|%s", replaced[_i].sent);
    ck_assert_str_eq(sent_text(), wanted);
    node = list; /* the application's own list, node for node and line for line */
    for (int i = 0; i < count; i++, node = node->next) {
        ck_assert_ptr_eq(node, nodes[i]);
        ck_assert_str_eq(node->data, replaced[_i].lines[i]);
    }
    ck_assert_ptr_null(node);
    inject_nothing(record);
    ck_assert_ptr_eq(sent(), list);
}
END_TEST

START_TEST(nothing_puts_the_list_of_the_application_back)
{
    append("X-A: 1");
    record->headers = list;
    ck_assert(inject_key(record, "Authorization: Bearer k"));
    ck_assert(record->state & RECORD_ARMED);
    inject_nothing(record);
    ck_assert_ptr_eq(sent(), list);
    ck_assert(!(record->state & RECORD_ARMED));
    ck_assert(record->state & RECORD_KEYED); /* of this transfer it stays true */
    ck_assert_ptr_null(record->node.data);
    unsigned calls = fake_calls;
    inject_nothing(record);
    ck_assert_uint_eq(fake_calls, calls);
}
END_TEST

START_TEST(a_second_hop_changes_the_key_without_another_setopt)
{
    append("X-A: 1");
    record->headers = list;
    ck_assert(inject_key(record, "Authorization: Bearer one"));
    unsigned calls = fake_calls;
    ck_assert(inject_key(record, "Authorization: Bearer two"));
    ck_assert_uint_eq(fake_calls, calls);
    ck_assert_str_eq(sent_text(), "Authorization: Bearer two|X-A: 1");
}
END_TEST

START_TEST(where_libcurl_refuses_no_key_is_installed)
{
    fake_answer = CURLE_OUT_OF_MEMORY;
    ck_assert(!inject_key(record, "Authorization: Bearer k"));
    ck_assert(!(record->state & (RECORD_ARMED | RECORD_KEYED)));
}
END_TEST

static const struct {
    const char *line;
    const char *value; /* of Host; NULL: it is another header */
} lines[] = {
    {"Host: a", "a"},
    {"host:a", "a"},
    {"HOST: \t a b", "a b"},
    {"Host:", ""},
    {"Host;", ""},
    {"Host: a ", "a "},
    {"Hostx: a", NULL},
    {"Host", NULL},
    {"Hos: a", NULL},
    {" Host: a", NULL},
    {"Host : a", "a"},
    {"", NULL},
    {"X-Host: a", NULL},
    {"Proxy-Host: a", NULL},
    {"Host\t;", ""},
    {"X: b\r\nHost: a", "a"},
    {"X: b\nhost : a", "a"},
    {"X: b\r\n Host: a", NULL},
    {"X: Host: a", NULL},
    {"\n\nHost: a", "a"},
    {"X: b\rHost: a", "a"},
    {"X: b\r\rHost: a", "a"},
    {"X: b\r", NULL},
    {"X: b\r Host: a", NULL},
    {"Host: a\r\nX: b", "a\r\nX: b"},
};

START_TEST(a_header_is_found_by_its_name)
{
    append("X-First: 1");
    append(lines[_i].line);
    append("Host: last");
    const char *value = inject_find(list, "Host", 4);
    ck_assert_str_eq(value, lines[_i].value != NULL ? lines[_i].value : "last");
    ck_assert_ptr_null(inject_find(list, "Absent", 6));
    ck_assert_ptr_null(inject_find(NULL, "Host", 4));
}
END_TEST

START_TEST(an_authorization_that_shares_its_entry_cannot_be_replaced)
{
    ck_assert(inject_can_replace(NULL));
    append("X-First: 1\r\nX-Second: 2");
    append("Authorization: a");
    append("authorization : b");
    append("Authorization: c\r\n");
    append("Authorization: c\r");
    ck_assert(inject_can_replace(list));
    append("X-Third: 3\nAuthorization: c");
    ck_assert(!inject_can_replace(list));
}
END_TEST

START_TEST(nor_can_one_behind_a_carriage_return_alone)
{
    append("X-First: 1\rauthorization: c");
    ck_assert(!inject_can_replace(list));
}
END_TEST

START_TEST(nor_can_one_that_goes_on)
{
    append("Authorization: a\r\n b");
    ck_assert(!inject_can_replace(list));
}
END_TEST

START_TEST(a_line_that_begins_with_a_blank_is_seen)
{
    ck_assert(!inject_is_folded(NULL));
    append("X-First: 1");
    append("");
    ck_assert(!inject_is_folded(list));
    append(_i == 0 ? " X-Second: 2" : "\tX-Second: 2");
    ck_assert(inject_is_folded(list));
}
END_TEST

START_TEST(a_node_without_text_is_stepped_over)
{
    struct curl_slist second = {(char *)(uintptr_t) "Host: a", NULL}, first = {NULL, &second};
    ck_assert_str_eq(inject_find(&first, "Host", 4), "a");
    ck_assert(inject_can_replace(&first));
    ck_assert(!inject_is_folded(&first));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inject");
    TCase *tests = tcase_create("inject");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_key_stands_before_the_headers_of_the_application_in_their_order);
    tcase_add_test(tests, without_a_list_the_key_stands_alone);
    tcase_add_test(tests, what_the_application_appends_later_is_seen);
    tcase_add_test(tests, headers_in_front_that_are_to_be_replaced_are_left_out);
    tcase_add_loop_test(tests, a_header_that_is_to_be_replaced_is_left_out_wherever_it_stands, 0,
                        (int)(sizeof replaced / sizeof replaced[0]));
    tcase_add_test(tests, nothing_puts_the_list_of_the_application_back);
    tcase_add_test(tests, a_second_hop_changes_the_key_without_another_setopt);
    tcase_add_test(tests, where_libcurl_refuses_no_key_is_installed);
    tcase_add_test(tests, an_authorization_that_shares_its_entry_cannot_be_replaced);
    tcase_add_test(tests, nor_can_one_behind_a_carriage_return_alone);
    tcase_add_test(tests, nor_can_one_that_goes_on);
    tcase_add_loop_test(tests, a_line_that_begins_with_a_blank_is_seen, 0, 2);
    tcase_add_loop_test(tests, a_header_is_found_by_its_name, 0,
                        (int)(sizeof lines / sizeof lines[0]));
    tcase_add_test(tests, a_node_without_text_is_stepped_over);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
