/* What the endpoint answers: calls in, replies out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>
#include <gnutls/gnutls.h>

#include "../support/devserver.h"
#include "devserver/api.h"
#include "devserver/completion.h"
#include "devserver/stream.h"
#include "support/suite.h"

static struct ds_reply reply;
static struct ds_why why;

static void setup(void)
{
    memset(&reply, 0, sizeof reply);
}

static void teardown(void)
{
    ds_reply_clear(&reply);
}

static unsigned ask(ds_handler *handler, const char *body)
{
    ds_reply_clear(&reply);
    handler(&(struct ds_call){.body = body, .body_size = strlen(body)}, &reply);
    return reply.status;
}

/* A value by keys and indices: at("choices", "0", "message", NULL). */
static json_t *at(const char *first, ...)
{
    json_t *value = reply.json;
    va_list names;
    va_start(names, first);
    for (const char *name = first; name != NULL; name = va_arg(names, const char *))
        value = json_is_array(value) ? json_array_get(value, strtoul(name, NULL, 10))
                                     : json_object_get(value, name);
    va_end(names);
    return value;
}

static const char *text_at(const char *first, const char *second)
{
    return json_string_value(at(first, second, NULL));
}

#define SAY(text, more)                                                                            \
    "{\"model\":\"" DS_MODEL_ECHO "\",\"messages\":[{\"role\":\"user\",\"content\":" text          \
    "}]" more "}"

static const char *echoed(void)
{
    return json_string_value(at("choices", "0", "message", "content", NULL));
}

START_TEST(models_are_listed_and_each_is_found)
{
    ds_models_list(&(struct ds_call){0}, &reply);
    size_t count = json_array_size(at("data", NULL));
    json_t *list = json_incref(reply.json);
    ck_assert_uint_eq(count, 2);
    for (size_t i = 0; i < count; i++) {
        const json_t *model = json_array_get(json_object_get(list, "data"), i);
        const char *id = json_string_value(json_object_get(model, "id"));
        ds_models_get(&(struct ds_call){.id = id}, &reply);
        ck_assert_uint_eq(reply.status, 200);
        ck_assert(json_equal(reply.json, model));
    }
    json_decref(list);
}
END_TEST

START_TEST(an_unknown_model_is_404)
{
    ds_models_get(&(struct ds_call){.id = "gpt-4o"}, &reply);
    ck_assert_uint_eq(reply.status, 404);
    ck_assert_str_eq(text_at("error", "code"), "model_not_found");
}
END_TEST

START_TEST(the_echo_says_what_it_is_and_what_was_said)
{
    ck_assert_uint_eq(ask(ds_chat, SAY("\"hello \\u00e9\"", "")), 200);
    ck_assert_ptr_nonnull(strstr(echoed(), "no language model ran"));
    ck_assert_str_eq(echoed() + strlen(echoed()) - strlen("hello \xc3\xa9"), "hello \xc3\xa9");
}
END_TEST

START_TEST(the_echo_takes_the_last_user_message_and_text_parts)
{
    ck_assert_uint_eq(ask(ds_chat,
                          "{\"model\":\"" DS_MODEL_ECHO "\",\"messages\":["
                          "{\"role\":\"user\",\"content\":\"first\"},"
                          "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"se\"},"
                          "{\"type\":\"text\",\"text\":\"cond\"}]},"
                          "{\"role\":\"assistant\",\"content\":null}]}"),
                      200);
    ck_assert_ptr_nonnull(strstr(echoed(), "You said: second"));
    ck_assert_int_eq(json_integer_value(at("usage", "prompt_tokens", NULL)), 2);
}
END_TEST

START_TEST(the_same_question_has_the_same_answer)
{
    ck_assert_uint_eq(ask(ds_chat, SAY("\"hello\"", "")), 200);
    json_t *first = json_deep_copy(reply.json);
    ck_assert_uint_eq(ask(ds_chat, SAY("\"hello\"", "")), 200);
    json_object_del(first, "created");
    json_object_del(reply.json, "created");
    ck_assert(json_equal(first, reply.json));
    json_decref(first);
}
END_TEST

START_TEST(chat_bodies_that_cannot_be_answered_are_refused)
{
    static const struct {
        const char *body;
        unsigned status;
        const char *code;
    } rows[] = {
        {"", 400, "invalid_json"},
        {"{", 400, "invalid_json"},
        {"[]", 400, "invalid_json"},
        {"\"text\"", 400, "invalid_json"},
        {"{\"model\":1,\"model\":2}", 400, "invalid_json"},
        {"{\"a\":\"\\u0000\"}", 400, "invalid_json"},
        {"{}", 400, "missing_model"},
        {"{\"model\":1}", 400, "missing_model"},
        {"{\"model\":\"gpt-4o\"}", 404, "model_not_found"},
        {"{\"model\":\"" DS_MODEL_ECHO "\"}", 400, "invalid_messages"},
        {"{\"model\":\"" DS_MODEL_ECHO "\",\"messages\":[]}", 400, "invalid_messages"},
        {"{\"model\":\"" DS_MODEL_ECHO "\",\"messages\":\"hi\"}", 400, "invalid_messages"},
        {"{\"model\":\"" DS_MODEL_ECHO "\",\"messages\":[{}]}", 400, "invalid_messages"},
        {"{\"model\":\"" DS_MODEL_ECHO "\",\"messages\":[1]}", 400, "invalid_messages"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(ask(ds_chat, rows[i].body) == rows[i].status, "%s", rows[i].body);
        ck_assert_str_eq(text_at("error", "code"), rows[i].code);
        ck_assert_str_eq(text_at("error", "type"), "invalid_request_error");
    }
}
END_TEST

START_TEST(deeply_nested_json_is_refused)
{
    enum { DEPTH = 100000 };
    char *body = malloc(DEPTH + 1);
    memset(body, '[', DEPTH);
    body[DEPTH] = '\0';
    ck_assert_uint_eq(ask(ds_chat, body), 400);
    free(body);
}
END_TEST

/* All of a stream, read `size` bytes at a time. */
static char *read_stream(size_t size)
{
    char *all = NULL, block[4096];
    size_t length = 0;
    ssize_t got;
    FILE *out = open_memstream(&all, &length);
    while ((got = ds_stream_read(reply.stream, block, size)) > 0)
        fwrite(block, 1, (size_t)got, out);
    ck_assert_int_eq(got, -1);
    fclose(out);
    return all;
}

/* The text of all deltas of a stream. */
static char *said_in(const char *stream)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    for (const char *event = stream; strncmp(event, "data: {", 7) == 0;) {
        const char *end = strstr(event, "\n\n");
        json_t *chunk = json_loadb(event + 6, (size_t)(end - event) - 6, 0, NULL);
        ck_assert_ptr_nonnull(chunk);
        json_t *delta =
            json_object_get(json_array_get(json_object_get(chunk, "choices"), 0), "delta");
        const char *content = json_string_value(json_object_get(delta, "content"));
        fputs(content == NULL ? "" : content, out);
        json_decref(chunk);
        event = end + 2;
    }
    fclose(out);
    return text;
}

START_TEST(a_stream_says_the_same_as_the_whole_answer)
{
    ck_assert_uint_eq(ask(ds_chat, SAY("\"  two  spaces\\nand a line\"", "")), 200);
    char *whole = strdup(echoed());
    ck_assert_uint_eq(ask(ds_chat, SAY("\"  two  spaces\\nand a line\"", ",\"stream\":true")), 200);
    char *stream = read_stream(4096);
    char *text = said_in(stream);
    ck_assert_str_eq(text, whole);
    ck_assert_ptr_nonnull(strstr(stream, "\"finish_reason\":\"stop\""));
    ck_assert_str_eq(stream + strlen(stream) - 14, "data: [DONE]\n\n");
    ck_assert_ptr_null(strstr(stream, "\"usage\""));
    free(text);
    free(stream);
    free(whole);
}
END_TEST

START_TEST(a_stream_that_is_read_byte_by_byte_is_the_same)
{
    ck_assert_uint_eq(ask(ds_chat, SAY("\"hello\"", ",\"stream\":true")), 200);
    char *coarse = read_stream(4096);
    ck_assert_uint_eq(ask(ds_chat, SAY("\"hello\"", ",\"stream\":true")), 200);
    char *fine = read_stream(1);
    char *coarse_text = said_in(coarse), *fine_text = said_in(fine);
    ck_assert_str_eq(coarse_text, fine_text);
    ck_assert_uint_eq(strlen(coarse), strlen(fine));
    free(coarse_text);
    free(fine_text);
    free(coarse);
    free(fine);
}
END_TEST

START_TEST(a_stream_ends_with_its_usage_where_that_is_asked_for)
{
    ck_assert_uint_eq(
        ask(ds_chat,
            SAY("\"hello\"", ",\"stream\":true,\"stream_options\":{\"include_usage\":true}")),
        200);
    char *stream = read_stream(4096);
    const char *usage = strstr(stream, "\"choices\":[],\"usage\":{\"prompt_tokens\":1,");
    ck_assert_ptr_nonnull(usage);
    ck_assert_str_eq(strchr(usage, '\n'), "\n\ndata: [DONE]\n\n");
    free(stream);
}
END_TEST

START_TEST(vectors_have_length_one_and_depend_on_the_text_alone)
{
    static const size_t sizes[] = {1, 2, 7, 256, DS_MAX_DIMENSIONS};
    static float a[DS_MAX_DIMENSIONS], b[DS_MAX_DIMENSIONS], c[DS_MAX_DIMENSIONS];
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        double square = 0;
        ds_embed("text", 4, a, sizes[i]);
        ds_embed("text", 4, b, sizes[i]);
        ds_embed("Text", 4, c, sizes[i]);
        for (size_t j = 0; j < sizes[i]; j++)
            square += (double)a[j] * a[j];
        ck_assert(fabs(square - 1) < 1e-5);
        ck_assert_mem_eq(a, b, sizes[i] * sizeof *a);
        if (sizes[i] > 1)
            ck_assert_mem_ne(a, c, sizes[i] * sizeof *a);
    }
}
END_TEST

#define EMBED(input, more) "{\"model\":\"" DS_MODEL_EMBED "\",\"input\":" input more "}"

START_TEST(base64_holds_the_same_numbers_as_the_array)
{
    ck_assert_uint_eq(ask(ds_embeddings, EMBED("\"hello\"", "")), 200);
    json_t *numbers = json_incref(at("data", "0", "embedding", NULL));
    ck_assert_uint_eq(json_array_size(numbers), DS_DIMENSIONS);
    ck_assert_uint_eq(ask(ds_embeddings, EMBED("\"hello\"", ",\"encoding_format\":\"base64\"")),
                      200);
    const char *text = json_string_value(at("data", "0", "embedding", NULL));
    gnutls_datum_t encoded = {(unsigned char *)(uintptr_t)text, (unsigned)strlen(text)}, raw = {0};
    ck_assert_int_eq(gnutls_base64_decode2(&encoded, &raw), 0);
    ck_assert_uint_eq(raw.size, DS_DIMENSIONS * 4);
    for (size_t i = 0; i < DS_DIMENSIONS; i++) {
        float number;
        memcpy(&number, raw.data + 4 * i, 4);
        ck_assert(fabs((double)number - json_real_value(json_array_get(numbers, i))) < 1e-9);
    }
    gnutls_free(raw.data);
    json_decref(numbers);
}
END_TEST

START_TEST(several_texts_and_tokens_get_a_vector_each_in_order)
{
    ck_assert_uint_eq(ask(ds_embeddings, EMBED("[\"a\",\"b\",\"a\"]", ",\"dimensions\":3")), 200);
    ck_assert_uint_eq(json_array_size(at("data", NULL)), 3);
    ck_assert_int_eq(json_integer_value(at("data", "2", "index", NULL)), 2);
    ck_assert(json_equal(at("data", "0", "embedding", NULL), at("data", "2", "embedding", NULL)));
    ck_assert(!json_equal(at("data", "0", "embedding", NULL), at("data", "1", "embedding", NULL)));
    ck_assert_uint_eq(ask(ds_embeddings, EMBED("[1,2,3]", "")), 200);
    ck_assert_uint_eq(json_array_size(at("data", NULL)), 1);
    ck_assert_uint_eq(ask(ds_embeddings, EMBED("[[1,2],[3]]", "")), 200);
    ck_assert_uint_eq(json_array_size(at("data", NULL)), 2);
}
END_TEST

START_TEST(embedding_bodies_that_cannot_be_answered_are_refused)
{
    static const struct {
        const char *body;
        const char *param;
    } rows[] = {
        {"{\"model\":\"" DS_MODEL_EMBED "\"}", "input"},
        {EMBED("\"\"", ""), "input"},
        {EMBED("[]", ""), "input"},
        {EMBED("[\"a\",\"\"]", ""), "input"},
        {EMBED("[1,\"a\"]", ""), "input"},
        {EMBED("[[]]", ""), "input"},
        {EMBED("{}", ""), "input"},
        {EMBED("null", ""), "input"},
        {EMBED("1", ""), "input"},
        {EMBED("\"a\"", ",\"dimensions\":0"), "dimensions"},
        {EMBED("\"a\"", ",\"dimensions\":-1"), "dimensions"},
        {EMBED("\"a\"", ",\"dimensions\":4097"), "dimensions"},
        {EMBED("\"a\"", ",\"dimensions\":\"3\""), "dimensions"},
        {EMBED("\"a\"", ",\"encoding_format\":\"hex\""), "encoding_format"},
        {EMBED("\"a\"", ",\"encoding_format\":1"), "encoding_format"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(ask(ds_embeddings, rows[i].body) == 400, "%s", rows[i].body);
        ck_assert_str_eq(text_at("error", "param"), rows[i].param);
    }
}
END_TEST

START_TEST(too_many_numbers_in_one_reply_are_refused)
{
    char *body = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&body, &size);
    fputs("{\"model\":\"" DS_MODEL_EMBED "\",\"dimensions\":4096,\"input\":[\"a\"", out);
    for (int i = 1; i < 257; i++)
        fputs(",\"a\"", out);
    fputs("]}", out);
    fclose(out);
    ck_assert_uint_eq(ask(ds_embeddings, body), 400);
    ck_assert_str_eq(text_at("error", "param"), "dimensions");
    free(body);
}
END_TEST

START_TEST(keys_are_made_listed_and_revoked_over_the_api)
{
    char *folder = ds_test_folder();
    struct ds_keys *keys = ds_keys_open(folder, &why);
    static const char wish[] =
        "{\"name\":\"n\",\"env\":\"ci\",\"scopes\":[\"models\",\"chat\"],\"rate\":\"60/m\"}";
    struct ds_key found;
    ds_keys_post(&(struct ds_call){.keys = keys, .body = wish, .body_size = strlen(wish)}, &reply);
    ck_assert_uint_eq(reply.status, 201);
    char *key = strdup(json_string_value(at("value", NULL)));
    char *prefix = strdup(json_string_value(at("id", NULL)));
    ck_assert_int_eq(ds_keys_find(keys, key, strlen(key), &found, &why), DS_FIND_VALID);
    ck_assert_uint_eq(found.scopes, DS_SCOPE_MODELS | DS_SCOPE_CHAT);

    ds_keys_get(&(struct ds_call){.keys = keys}, &reply);
    ck_assert_str_eq(json_string_value(at("data", "0", "id", NULL)), prefix);
    ck_assert_ptr_null(at("data", "0", "value", NULL));

    ds_keys_delete(&(struct ds_call){.keys = keys, .id = prefix}, &reply);
    ck_assert_uint_eq(reply.status, 200);
    ck_assert_int_eq(ds_keys_find(keys, key, strlen(key), &found, &why), DS_FIND_REVOKED);
    ds_keys_delete(&(struct ds_call){.keys = keys, .id = "csk_dev_nothing0"}, &reply);
    ck_assert_uint_eq(reply.status, 404);
    free(key);
    free(prefix);
    ds_keys_close(keys);
    ds_test_folder_end(folder);
}
END_TEST

START_TEST(key_wishes_that_make_no_sense_are_refused)
{
    static const char *const bodies[] = {
        "{}",
        "{\"name\":1}",
        "{\"name\":\"\"}",
        "{\"name\":\"n\",\"env\":1}",
        "{\"name\":\"n\",\"rate\":60}",
        "{\"name\":\"n\",\"rate\":\"fast\"}",
        "{\"name\":\"n\",\"scopes\":[]}",
        "{\"name\":\"n\",\"scopes\":\"chat\"}",
        "{\"name\":\"n\",\"scopes\":[\"all\"]}",
        "{\"name\":\"n\",\"scopes\":[\"chat,models\"]}",
        "{\"name\":\"n\",\"scopes\":[1]}",
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++)
        ck_assert_msg(ask(ds_keys_post, bodies[i]) == 400, "%s", bodies[i]);
}
END_TEST

START_TEST(a_redirect_goes_where_it_is_told_and_never_breaks_the_header)
{
    const char *id;
    const struct ds_route *route = ds_route_find("GET", "/redirect", &id, &reply);
    route->handle(&(struct ds_call){.to = "https://other.example/x"}, &reply);
    ck_assert_uint_eq(reply.status, 302);
    ck_assert_str_eq(reply.headers[0].value, "https://other.example/x");
    route->handle(&(struct ds_call){.to = "https://a/\r\nX: y"}, &reply);
    ck_assert_uint_eq(reply.status, 400);
    route->handle(&(struct ds_call){0}, &reply);
    ck_assert_uint_eq(reply.status, 400);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devserver API");
    TCase *all = tcase_create("API");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, models_are_listed_and_each_is_found);
    tcase_add_test(all, an_unknown_model_is_404);
    tcase_add_test(all, the_echo_says_what_it_is_and_what_was_said);
    tcase_add_test(all, the_echo_takes_the_last_user_message_and_text_parts);
    tcase_add_test(all, the_same_question_has_the_same_answer);
    tcase_add_test(all, chat_bodies_that_cannot_be_answered_are_refused);
    tcase_add_test(all, deeply_nested_json_is_refused);
    tcase_add_test(all, a_stream_says_the_same_as_the_whole_answer);
    tcase_add_test(all, a_stream_that_is_read_byte_by_byte_is_the_same);
    tcase_add_test(all, a_stream_ends_with_its_usage_where_that_is_asked_for);
    tcase_add_test(all, vectors_have_length_one_and_depend_on_the_text_alone);
    tcase_add_test(all, base64_holds_the_same_numbers_as_the_array);
    tcase_add_test(all, several_texts_and_tokens_get_a_vector_each_in_order);
    tcase_add_test(all, embedding_bodies_that_cannot_be_answered_are_refused);
    tcase_add_test(all, too_many_numbers_in_one_reply_are_refused);
    tcase_add_test(all, keys_are_made_listed_and_revoked_over_the_api);
    tcase_add_test(all, key_wishes_that_make_no_sense_are_refused);
    tcase_add_test(all, a_redirect_goes_where_it_is_told_and_never_breaks_the_header);
    suite_add_tcase(suite, all);

    return suite_run(suite);
}
