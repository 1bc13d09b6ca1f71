/* The small parts of a bridge: hash, base64, tokens, versions, what clients read in an error. */
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "bridge/account.h"
#include "bridge/base64.h"
#include "bridge/checker.h"
#include "bridge/engine.h"
#include "bridge/error_body.h"
#include "bridge/token.h"
#include "bridge/tokens.h"
#include "support/suite.h"

/* NIST's examples for FIPS 180-4, and each length around the end of a block. */
static const struct {
    const char *text, *hash;
} hashes[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnop"
     "qrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
};

START_TEST(a_hash_is_that_of_the_standards_examples)
{
    char hex[SHA256_HEX + 1];
    sha256_hex(hashes[_i].text, strlen(hashes[_i].text), hex);
    ck_assert_str_eq(hex, hashes[_i].hash);
}
END_TEST

START_TEST(what_the_engine_tells_of_a_request_is_read)
{
    struct account_line told;
    ck_assert(account_read("@ 3 17 abc0 key 401 POST /v1/chat", &told));
    ck_assert_uint_eq(told.rule, 3);
    ck_assert_uint_eq(told.serial, 17);
    ck_assert_int_eq(told.reason, REASON_KEY);
    ck_assert_uint_eq(told.status, 401);
    ck_assert_str_eq(told.token, "abc0");
    ck_assert_str_eq(told.method, "POST");
    ck_assert_str_eq(told.path, "/v1/chat");
    /* A request that came no further has neither rule nor key; one that was given up, no answer. */
    ck_assert(account_read("@ - - - own-header -1 GET /", &told));
    ck_assert_uint_eq(told.rule, POLICY_NONE);
    ck_assert_uint_eq(told.serial, 0);
    ck_assert_uint_eq(told.status, 0);
}
END_TEST

START_TEST(what_else_the_engine_says_is_no_request)
{
    static const char *const lines[] = {"",
                                        "@",
                                        "@ ",
                                        "[WARNING]  (1) : @ 1 2 3 key 200 GET /",
                                        "@ 1 2 3 nonsense 200 GET /",
                                        "@ - - - - 400 <BADREQ> -",
                                        "@ 1 2 3 key 200 GET"};
    struct account_line told;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(!account_read(lines[i], &told), "%s", lines[i]);
}
END_TEST

START_TEST(base64_is_that_of_the_rfcs_examples)
{
    static const char *const pairs[][2] = {{"", ""},
                                           {"f", "Zg=="},
                                           {"fo", "Zm8="},
                                           {"foo", "Zm9v"},
                                           {"foob", "Zm9vYg=="},
                                           {"fooba", "Zm9vYmE="},
                                           {"\xff\xfe\xfd", "//79"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char out[16];
        base64_encode(pairs[i][0], strlen(pairs[i][0]), out);
        ck_assert_str_eq(out, pairs[i][1]);
        ck_assert_uint_eq(base64_room(strlen(pairs[i][0])), strlen(out) + 1);
    }
}
END_TEST

START_TEST(a_token_is_known_by_the_hash_of_its_text)
{
    struct token token, other;
    char hex[SHA256_HEX + 1];
    ck_assert(token_make(&token));
    ck_assert(token_make(&other));
    ck_assert_uint_eq(strlen(token.text), TOKEN_LENGTH);
    ck_assert_str_ne(token.text, other.text);
    sha256_hex(token.text, TOKEN_LENGTH, hex);
    ck_assert_str_eq(token.hash, hex);
}
END_TEST

START_TEST(a_version_is_read_in_old_and_new_spelling)
{
    ck_assert_uint_eq(engine_version("HA-Proxy version 2.2.9-2+deb11u6 2023/12/01\n"), 202);
    ck_assert_uint_eq(engine_version("HAProxy version 2.6.12-1+deb12u4 2026/10/17\n"), 206);
    ck_assert_uint_eq(engine_version("HAProxy version 3.0.10\n"), 300);
    ck_assert_uint_eq(engine_version("HAProxy version 2.10-dev1\n"), 210);
    ck_assert_uint_eq(engine_version("nginx version: nginx/1.22.1\n"), 0);
    ck_assert_uint_eq(engine_version(""), 0);
}
END_TEST

START_TEST(an_error_is_json_without_a_single_quote)
{
    char *body = error_body("key_missing", "it's \"C:\\x\"\n");
    ck_assert_str_eq(body, "{\"error\":{\"message\":\"it\\u0027s \\\"C:\\\\x\\\"\\u000a\","
                           "\"type\":\"bridge_error\",\"param\":null,\"code\":\"key_missing\"}}");
    free(body);
}
END_TEST

START_TEST(a_rule_is_found_by_its_whole_name)
{
    ck_assert(tokens_names_rule("a,bc,d", "bc"));
    ck_assert(tokens_names_rule("a,bc,", "a"));
    ck_assert(!tokens_names_rule("a,bc,d", "b"));
    ck_assert(!tokens_names_rule("abc", "bc"));
    ck_assert(!tokens_names_rule("", "a"));
    ck_assert(!tokens_names_rule(NULL, "a"));
}
END_TEST

/* ---- the checker ----------------------------------------------------------------------------- */

static enum checker_says ask_shell(const char *script, char output[MAX_CHECKER_OUTPUT])
{
    const char *const words[] = {"/bin/sh", "-c", script, NULL};
    return checker_run(words, -1, output);
}

START_TEST(what_a_checker_says_is_its_exit_status_and_both_its_streams)
{
    char output[MAX_CHECKER_OUTPUT];
    ck_assert_int_eq(ask_shell("echo good", output), CHECKER_TAKES_IT);
    ck_assert_str_eq(output, "good\n");
    ck_assert_int_eq(ask_shell("echo bad >&2; exit 1", output), CHECKER_REFUSES_IT);
    ck_assert_str_eq(output, "bad\n");
    ck_assert_int_eq(ask_shell("kill -9 $$", output), CHECKER_REFUSES_IT);
    const char *const nothing[] = {"/nowhere/haproxy", NULL};
    ck_assert_int_eq(checker_run(nothing, -1, output), CHECKER_REFUSES_IT);
}
END_TEST

START_TEST(a_checker_that_says_more_than_is_kept_comes_to_its_end)
{
    char output[MAX_CHECKER_OUTPUT];
    ck_assert_int_eq(ask_shell("head -c 1000000 /dev/zero | tr '\\0' x", output), CHECKER_TAKES_IT);
    ck_assert_uint_eq(strlen(output), MAX_CHECKER_OUTPUT - 1);
}
END_TEST

static const struct {
    const char *output, *complaint;
} complaints[] = {
    {"", "it gave no reason"},
    {"something else\nand more\n", "something else"},
    {"[NOTICE] (1) : x\n[ALERT] (1) : unknown keyword\n[ALERT] (1) : more\n",
     "[ALERT] (1) : unknown keyword"},
    {"[2024-01-01 00:00:00.000][1][critical][main] cannot\n", "[critical][main] cannot"},
    {"first\nAn Error of its own\nlast\n", "An Error of its own"},
    {"error initializing\n", "error initializing"},
};

START_TEST(of_what_a_checker_says_the_line_that_tells_why_is_quoted)
{
    char output[128];
    strcpy(output, complaints[_i].output);
    ck_assert_str_eq(checker_complaint(output), complaints[_i].complaint);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bridge_parts");
    TCase *parts = tcase_create("parts");
    tcase_add_loop_test(parts, a_hash_is_that_of_the_standards_examples, 0, 4);
    tcase_add_test(parts, base64_is_that_of_the_rfcs_examples);
    tcase_add_test(parts, what_the_engine_tells_of_a_request_is_read);
    tcase_add_test(parts, what_else_the_engine_says_is_no_request);
    tcase_add_test(parts, a_token_is_known_by_the_hash_of_its_text);
    tcase_add_test(parts, a_version_is_read_in_old_and_new_spelling);
    tcase_add_test(parts, an_error_is_json_without_a_single_quote);
    tcase_add_test(parts, a_rule_is_found_by_its_whole_name);
    tcase_add_test(parts, what_a_checker_says_is_its_exit_status_and_both_its_streams);
    tcase_add_test(parts, a_checker_that_says_more_than_is_kept_comes_to_its_end);
    tcase_add_loop_test(parts, of_what_a_checker_says_the_line_that_tells_why_is_quoted, 0,
                        sizeof complaints / sizeof complaints[0]);
    suite_add_tcase(suite, parts);
    return suite_run(suite);
}
