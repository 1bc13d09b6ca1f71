/* Keys as text, and the store that knows them by their digests. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#include "../support/devserver.h"
#include "devserver/keys.h"
#include "support/suite.h"

static char *folder;
static struct ds_keys *keys;
static struct ds_why why;

static struct ds_keys *open_store(void)
{
    struct ds_keys *opened = ds_keys_open(folder, &why);
    ck_assert_msg(opened != NULL, "%s", why.text);
    return opened;
}

static void setup(void)
{
    folder = ds_test_folder();
    keys = open_store();
}

static void teardown(void)
{
    ds_keys_close(keys);
    ds_test_folder_end(folder);
}

static struct ds_key create(struct ds_keys *in, struct ds_key_text *key)
{
    const struct ds_key_wish wish = {.name = "test"};
    struct ds_key made;
    ck_assert_msg(ds_keys_create(in, &wish, &made, key, &why), "%s", why.text);
    return made;
}

static enum ds_find find(struct ds_keys *in, const struct ds_key_text *key, struct ds_key *found)
{
    return ds_keys_find(in, key->text, strlen(key->text), found, &why);
}

START_TEST(a_new_key_is_the_mark_and_43_base64url_characters)
{
    struct ds_key_text key;
    ck_assert(ds_key_generate(&key));
    ck_assert_uint_eq(strlen(key.text), 8 + 43);
    ck_assert_int_eq(strncmp(key.text, "csk_dev_", 8), 0);
    ck_assert_uint_eq(
        strspn(key.text + 8, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
        43);
}
END_TEST

START_TEST(the_last_character_of_a_key_holds_the_last_four_bits_alone)
{
    struct ds_key_text key;
    for (int i = 0; i < 64; i++) { /* 256 bits leave two of the last six at zero */
        ck_assert(ds_key_generate(&key));
        ck_assert_ptr_nonnull(strchr("AEIMQUYcgkosw048", key.text[DS_KEY_LENGTH - 1]));
    }
}
END_TEST

START_TEST(the_digest_is_plain_sha256)
{
    static const unsigned char abc[4] = {0xba, 0x78, 0x16, 0xbf}; /* FIPS 180-4, example "abc" */
    unsigned char digest[DS_DIGEST_SIZE];
    ds_digest("abc", 3, digest);
    ck_assert_mem_eq(digest, abc, sizeof abc);
}
END_TEST

START_TEST(a_created_key_is_found_with_what_was_wished_for)
{
    const struct ds_key_wish wish = {
        .name = "a name", .env = "ci", .scopes = DS_SCOPE_CHAT, .rate = {60, 60}};
    struct ds_key made, found;
    struct ds_key_text key;
    ck_assert(ds_keys_create(keys, &wish, &made, &key, &why));
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_VALID);
    ck_assert_str_eq(found.name, "a name");
    ck_assert_str_eq(found.env, "ci");
    ck_assert_uint_eq(found.scopes, DS_SCOPE_CHAT);
    ck_assert_uint_eq(found.rate.count, 60);
    ck_assert_uint_eq(found.rate.seconds, 60);
    ck_assert_int_eq(strncmp(found.prefix, key.text, DS_PREFIX_LENGTH), 0);
    ck_assert_int_eq(found.id, made.id);
}
END_TEST

START_TEST(a_key_that_differs_in_one_character_is_not_found)
{
    struct ds_key found;
    struct ds_key_text key;
    create(keys, &key);
    for (size_t i = DS_PREFIX_LENGTH; i < DS_KEY_LENGTH; i++) {
        struct ds_key_text other = key;
        other.text[i] = key.text[i] == 'x' ? 'y' : 'x';
        ck_assert_int_eq(find(keys, &other, &found), DS_FIND_NONE);
    }
}
END_TEST

START_TEST(a_prefix_alone_is_not_found)
{
    struct ds_key found;
    struct ds_key_text key;
    struct ds_key made = create(keys, &key);
    ck_assert_int_eq(ds_keys_find(keys, made.prefix, DS_PREFIX_LENGTH, &found, &why), DS_FIND_NONE);
}
END_TEST

START_TEST(text_of_any_bytes_may_be_asked_for)
{
    static const char odd[DS_KEY_LENGTH + 1] = DS_KEY_MARK "\0\xff'; DROP TABLE keys; --";
    struct ds_key found;
    for (size_t length = 0; length <= DS_KEY_LENGTH; length++)
        ck_assert_int_eq(ds_keys_find(keys, odd, length, &found, &why), DS_FIND_NONE);
}
END_TEST

START_TEST(a_key_made_over_one_connection_is_found_over_another)
{
    struct ds_keys *other = open_store();
    struct ds_key found;
    struct ds_key_text key;
    create(other, &key);
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_VALID);
    ds_keys_close(other);
}
END_TEST

/*
 * A second opening in one process once dropped the first one's file locks: the other process then
 * took itself for the last one, removed the write-ahead log, and this one lost sight of what was
 * written.
 */
START_TEST(a_key_made_by_a_process_that_ended_is_found_by_one_that_opened_twice)
{
    struct ds_keys *second = open_store();
    struct ds_child other = {.folder = folder};
    struct ds_key found;
    struct ds_key_text key;
    ds_child_key(&other, &key, NULL);
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_VALID);
    ds_child_key(&other, &key, NULL);
    ck_assert_int_eq(find(second, &key, &found), DS_FIND_VALID);
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_VALID);
    ck_assert_int_eq(ds_child_revoke(&other, &key), 0);
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_REVOKED);
    ds_keys_close(second);
}
END_TEST

START_TEST(a_key_revoked_over_another_connection_is_found_revoked)
{
    struct ds_keys *other = open_store();
    struct ds_key found;
    struct ds_key_text key;
    struct ds_key made = create(keys, &key);
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_VALID);
    ck_assert(ds_keys_revoke(other, made.prefix, &why));
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_REVOKED);
    ck_assert_int_gt(found.revoked, 0);
    ds_keys_close(other);
}
END_TEST

START_TEST(revoking_one_key_leaves_the_others)
{
    struct ds_key found;
    struct ds_key_text one, two;
    struct ds_key made = create(keys, &one);
    create(keys, &two);
    ck_assert(ds_keys_revoke(keys, made.prefix, &why));
    ck_assert_int_eq(find(keys, &two, &found), DS_FIND_VALID);
}
END_TEST

START_TEST(revoking_again_is_fine)
{
    struct ds_key_text key;
    struct ds_key made = create(keys, &key);
    ck_assert(ds_keys_revoke(keys, made.prefix, &why));
    ck_assert(ds_keys_revoke(keys, made.prefix, &why));
}
END_TEST

START_TEST(revoking_an_unknown_prefix_fails_and_names_it)
{
    ck_assert(!ds_keys_revoke(keys, "csk_dev_unknown1", &why));
    ck_assert_ptr_nonnull(strstr(why.text, "csk_dev_unknown1"));
}
END_TEST

START_TEST(revoking_by_the_whole_key_is_refused_without_repeating_it)
{
    struct ds_key_text key;
    struct ds_key found;
    create(keys, &key);
    ck_assert(!ds_keys_revoke(keys, key.text, &why));
    ck_assert_ptr_null(strstr(why.text, key.text + DS_PREFIX_LENGTH));
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_VALID);
}
END_TEST

static void assert_file_lacks(const char *name, const struct ds_key_text *key)
{
    size_t size;
    char *path = ds_state_path(folder, name);
    char *bytes = ds_slurp(path, &size);
    ck_assert_ptr_nonnull(
        memmem(bytes, size, key->text, DS_PREFIX_LENGTH)); /* it is the right file */
    ck_assert_ptr_null(memmem(bytes, size, key->text + DS_PREFIX_LENGTH, 8));
    free(bytes);
    free(path);
}

START_TEST(the_database_holds_the_prefix_and_nothing_more_of_the_key)
{
    struct ds_key_text key;
    create(keys, &key);
    assert_file_lacks("keys.db-wal", &key);
    ds_keys_close(keys); /* moves everything into the database */
    assert_file_lacks("keys.db", &key);
    keys = open_store();
}
END_TEST

START_TEST(uses_are_noted_and_never_go_back)
{
    struct ds_key found;
    struct ds_key_text key;
    struct ds_key made = create(keys, &key);
    ck_assert(ds_keys_note_uses(keys, &(struct ds_use){made.id, 2000}, 1, &why));
    ck_assert(ds_keys_note_uses(keys, &(struct ds_use){made.id, 1000}, 1, &why));
    ck_assert_int_eq(find(keys, &key, &found), DS_FIND_VALID);
    ck_assert_int_eq(found.last_used, 2000);
}
END_TEST

static void count_key(const struct ds_key *key, void *count)
{
    ck_assert_uint_eq(strlen(key->prefix), DS_PREFIX_LENGTH);
    ++*(int *)count;
}

START_TEST(the_list_has_every_key_also_the_revoked)
{
    struct ds_key_text key;
    int count = 0;
    struct ds_key made = create(keys, &key);
    create(keys, &key);
    ck_assert(ds_keys_revoke(keys, made.prefix, &why));
    ck_assert(ds_keys_list(keys, count_key, &count, &why));
    ck_assert_int_eq(count, 2);
}
END_TEST

START_TEST(ten_thousand_keys_are_told_apart)
{
    enum { COUNT = 10000, STRIDE = 997 };
    struct ds_key_text *all = calloc(COUNT, sizeof *all);
    struct ds_key found;
    for (size_t i = 0; i < COUNT; i++)
        create(keys, &all[i]);
    for (size_t i = 0; i < COUNT; i += STRIDE) {
        ck_assert_int_eq(find(keys, &all[i], &found), DS_FIND_VALID);
        ck_assert_int_eq(found.id, (int64_t)i + 1);
    }
    free(all);
}
END_TEST

START_TEST(the_database_and_its_companions_are_private)
{
    static const char *const names[] = {"keys.db", "keys.db-wal", "keys.db-shm"};
    struct ds_key_text key;
    create(keys, &key);
    for (size_t i = 0; i < 3; i++) {
        struct stat facts;
        char *path = ds_state_path(folder, names[i]);
        ck_assert_int_eq(stat(path, &facts), 0);
        ck_assert_uint_eq(facts.st_mode & 07777, 0600);
        free(path);
    }
}
END_TEST

START_TEST(a_database_that_others_can_read_is_refused_with_the_remedy)
{
    char *path = ds_state_path(folder, "keys.db");
    ck_assert_int_eq(chmod(path, 0644), 0);
    ck_assert_ptr_null(ds_keys_open(folder, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "chmod 600"));
    free(path);
}
END_TEST

START_TEST(a_database_that_is_a_symbolic_link_is_refused)
{
    char *elsewhere = ds_test_folder();
    char *path = ds_state_path(elsewhere, "keys.db");
    ck_assert_int_eq(symlink("/nowhere", path), 0);
    ck_assert_ptr_null(ds_keys_open(elsewhere, &why));
    free(path);
    ds_test_folder_end(elsewhere);
}
END_TEST

START_TEST(a_file_that_is_no_database_is_refused_with_its_name)
{
    char *elsewhere = ds_test_folder();
    ck_assert(
        ds_state_write(elsewhere, "keys.db", "not a database, whatever its name says", 38, &why));
    ck_assert_ptr_null(ds_keys_open(elsewhere, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "keys.db"));
    ds_test_folder_end(elsewhere);
}
END_TEST

START_TEST(names_are_printable_and_short)
{
    char long_name[DS_MAX_NAME + 2];
    memset(long_name, 'n', sizeof long_name);
    long_name[DS_MAX_NAME + 1] = '\0';
    const char *const bad[] = {"", "a\nb", "\x1b[31m", "\xc3\xa9", long_name};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct ds_key made;
        struct ds_key_text key;
        ck_assert(!ds_keys_create(keys, &(struct ds_key_wish){.name = bad[i]}, &made, &key, &why));
    }
}
END_TEST

START_TEST(scopes_are_read)
{
    static const struct {
        const char *text;
        unsigned scopes; /* 0: refused */
    } rows[] = {
        {"models", DS_SCOPE_MODELS},
        {"models,chat", DS_SCOPE_MODELS | DS_SCOPE_CHAT},
        {"chat,chat", DS_SCOPE_CHAT},
        {"keys,embeddings", DS_SCOPE_KEYS | DS_SCOPE_EMBEDDINGS},
        {"", 0},
        {"model", 0},
        {"models,", 0},
        {",models", 0},
        {"Models", 0},
        {"models, chat", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned scopes;
        bool good = ds_scopes_parse(rows[i].text, &scopes, &why);
        ck_assert_msg(good == (rows[i].scopes != 0), "'%s'", rows[i].text);
        if (good)
            ck_assert_uint_eq(scopes, rows[i].scopes);
    }
}
END_TEST

START_TEST(rates_are_read)
{
    static const struct {
        const char *text;
        struct ds_rate rate; /* a count of 0: refused */
    } rows[] = {
        {"60/m", {60, 60}}, {"1/s", {1, 1}},       {"1000000/d", {1000000, 86400}},
        {"5/h", {5, 3600}}, {"0/m", {0, 0}},       {"-1/m", {0, 0}},
        {"+1/m", {0, 0}},   {"1000001/s", {0, 0}}, {"60", {0, 0}},
        {"60/", {0, 0}},    {"60/x", {0, 0}},      {"60/mm", {0, 0}},
        {"/m", {0, 0}},     {"", {0, 0}},          {"99999999999999999999/s", {0, 0}},
        {" 60/m", {0, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ds_rate rate = {0};
        bool good = ds_rate_parse(rows[i].text, &rate, &why);
        ck_assert_msg(good == (rows[i].rate.count != 0), "'%s'", rows[i].text);
        if (good) {
            char again[32];
            ck_assert_uint_eq(rate.count, rows[i].rate.count);
            ck_assert_uint_eq(rate.seconds, rows[i].rate.seconds);
            ds_rate_print(rate, again);
            ck_assert_str_eq(again, rows[i].text);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devserver keys");
    TCase *text = tcase_create("text");
    tcase_add_test(text, a_new_key_is_the_mark_and_43_base64url_characters);
    tcase_add_test(text, the_last_character_of_a_key_holds_the_last_four_bits_alone);
    tcase_add_test(text, the_digest_is_plain_sha256);
    tcase_add_test(text, scopes_are_read);
    tcase_add_test(text, rates_are_read);
    suite_add_tcase(suite, text);

    TCase *store = tcase_create("store");
    tcase_set_timeout(store, 300);
    tcase_add_checked_fixture(store, setup, teardown);
    tcase_add_test(store, a_created_key_is_found_with_what_was_wished_for);
    tcase_add_test(store, a_key_that_differs_in_one_character_is_not_found);
    tcase_add_test(store, a_prefix_alone_is_not_found);
    tcase_add_test(store, text_of_any_bytes_may_be_asked_for);
    tcase_add_test(store, a_key_made_over_one_connection_is_found_over_another);
    tcase_add_test(store, a_key_made_by_a_process_that_ended_is_found_by_one_that_opened_twice);
    tcase_add_test(store, a_key_revoked_over_another_connection_is_found_revoked);
    tcase_add_test(store, revoking_one_key_leaves_the_others);
    tcase_add_test(store, revoking_again_is_fine);
    tcase_add_test(store, revoking_an_unknown_prefix_fails_and_names_it);
    tcase_add_test(store, revoking_by_the_whole_key_is_refused_without_repeating_it);
    tcase_add_test(store, the_database_holds_the_prefix_and_nothing_more_of_the_key);
    tcase_add_test(store, uses_are_noted_and_never_go_back);
    tcase_add_test(store, the_list_has_every_key_also_the_revoked);
    tcase_add_test(store, ten_thousand_keys_are_told_apart);
    tcase_add_test(store, the_database_and_its_companions_are_private);
    tcase_add_test(store, a_database_that_others_can_read_is_refused_with_the_remedy);
    tcase_add_test(store, a_database_that_is_a_symbolic_link_is_refused);
    tcase_add_test(store, a_file_that_is_no_database_is_refused_with_its_name);
    tcase_add_test(store, names_are_printable_and_short);
    suite_add_tcase(suite, store);

    return suite_run(suite);
}
