/* The state folder, the certificate that is kept in it, and the request log. */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <gnutls/x509.h>

#include "../support/devserver.h"
#include "devserver/log.h"
#include "devserver/tls.h"
#include "support/suite.h"

static char *folder;
static struct ds_why why;

static void setup(void)
{
    folder = ds_test_folder();
}

static void teardown(void)
{
    ds_test_folder_end(folder);
}

static mode_t mode_of(const char *path)
{
    struct stat facts;
    ck_assert_int_eq(stat(path, &facts), 0);
    return facts.st_mode & 07777;
}

START_TEST(a_missing_folder_is_made_private_whatever_the_umask)
{
    char *deep = ds_state_path(folder, "deep");
    umask(0);
    ck_assert_msg(ds_state_prepare(deep, &why), "%s", why.text);
    ck_assert_uint_eq(mode_of(deep), 0700);
    ck_assert_int_eq(rmdir(deep), 0);
    free(deep);
}
END_TEST

START_TEST(a_folder_that_others_can_enter_is_refused_with_the_remedy)
{
    ck_assert_int_eq(chmod(folder, 0755), 0);
    ck_assert(!ds_state_prepare(folder, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "chmod 700"));
}
END_TEST

START_TEST(a_folder_of_another_user_is_refused)
{
    if (geteuid() != 0) {
        puts("SKIP a_folder_of_another_user_is_refused: only root can give a folder away");
        return;
    }
    ck_assert_int_eq(chown(folder, 12345, (gid_t)-1), 0);
    ck_assert(!ds_state_prepare(folder, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "12345"));
}
END_TEST

START_TEST(a_file_in_the_folders_place_is_refused)
{
    char *path = ds_state_path(folder, "file");
    ck_assert(ds_state_write(folder, "file", "x", 1, &why));
    ck_assert(!ds_state_prepare(path, &why));
    free(path);
}
END_TEST

START_TEST(a_folder_below_a_file_is_refused_by_the_files_name)
{
    char *path = ds_state_path(folder, "file/deep/deeper");
    ck_assert(ds_state_write(folder, "file", "x", 1, &why));
    ck_assert(!ds_state_prepare(path, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "/file/deep: cannot be made: "));
    free(path);
}
END_TEST

START_TEST(the_default_folder_follows_the_xdg_variable_only_where_it_is_absolute)
{
    setenv("HOME", "/home/me", 1);
    setenv("XDG_STATE_HOME", "/state", 1);
    char *set = ds_state_default(&why);
    setenv("XDG_STATE_HOME", "relative", 1);
    char *ignored = ds_state_default(&why);
    ck_assert_str_eq(set, "/state/commissioned-devserver");
    ck_assert_str_eq(ignored, "/home/me/.local/state/commissioned-devserver");
    free(set);
    free(ignored);
}
END_TEST

START_TEST(files_are_written_private_and_read_back)
{
    char *path = ds_state_path(folder, "file");
    umask(0);
    ck_assert(ds_state_write(folder, "file", "first", 5, &why));
    ck_assert(ds_state_write(folder, "file", "again", 5, &why));
    ck_assert_uint_eq(mode_of(path), 0600);
    char *text = ds_state_read(folder, "file", 100, &why);
    ck_assert_str_eq(text, "again");
    free(text);
    free(path);
}
END_TEST

START_TEST(a_file_over_the_limit_is_refused)
{
    ck_assert(ds_state_write(folder, "file", "0123456789", 10, &why));
    ck_assert_ptr_null(ds_state_read(folder, "file", 10, &why));
}
END_TEST

static struct ds_tls prepare(const char *host)
{
    struct ds_tls tls;
    ck_assert_msg(ds_tls_prepare(folder, host, &tls, &why), "%s", why.text);
    return tls;
}

static gnutls_x509_crt_t parse(const char *pem)
{
    gnutls_x509_crt_t certificate;
    gnutls_datum_t text = {(unsigned char *)(uintptr_t)pem, (unsigned)strlen(pem)};
    ck_assert_int_eq(gnutls_x509_crt_init(&certificate), 0);
    ck_assert_int_eq(gnutls_x509_crt_import(certificate, &text, GNUTLS_X509_FMT_PEM), 0);
    return certificate;
}

START_TEST(the_certificate_names_the_host_and_this_machine_and_no_other)
{
    struct ds_tls tls = prepare("app.commissioned.tech");
    gnutls_x509_crt_t certificate = parse(tls.server_pem);
    ck_assert(gnutls_x509_crt_check_hostname(certificate, "app.commissioned.tech"));
    ck_assert(gnutls_x509_crt_check_hostname(certificate, "localhost"));
    ck_assert(gnutls_x509_crt_check_ip(certificate, (const unsigned char *)"\x7f\0\0\1", 4, 0));
    ck_assert(gnutls_x509_crt_check_ip(
        certificate, (const unsigned char *)"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16, 0));
    ck_assert(!gnutls_x509_crt_check_hostname(certificate, "commissioned.tech"));
    ck_assert(!gnutls_x509_crt_check_hostname(certificate, "evil.app.commissioned.tech"));
    gnutls_x509_crt_deinit(certificate);
    ds_tls_clear(&tls);
}
END_TEST

START_TEST(the_ca_signed_the_certificate_and_left_no_private_key)
{
    struct ds_tls tls = prepare("app.commissioned.tech");
    char *ca_pem = ds_slurp(tls.ca_path, NULL);
    gnutls_x509_crt_t ca = parse(ca_pem), certificate = parse(tls.server_pem);
    unsigned verdict = 1;
    ck_assert_int_eq(gnutls_x509_crt_verify(certificate, &ca, 1, 0, &verdict), 0);
    ck_assert_uint_eq(verdict, 0);
    ck_assert_ptr_null(strstr(ca_pem, "PRIVATE KEY"));
    /* The one private key is the server's: its public half is in the server's certificate. */
    gnutls_x509_privkey_t key;
    unsigned char of_key[64], of_certificate[64];
    size_t key_size = sizeof of_key, certificate_size = sizeof of_certificate;
    gnutls_datum_t text = {(unsigned char *)tls.server_pem, (unsigned)strlen(tls.server_pem)};
    ck_assert_int_eq(gnutls_x509_privkey_init(&key), 0);
    ck_assert_int_eq(gnutls_x509_privkey_import(key, &text, GNUTLS_X509_FMT_PEM), 0);
    ck_assert_int_eq(gnutls_x509_privkey_get_key_id(key, 0, of_key, &key_size), 0);
    ck_assert_int_eq(gnutls_x509_crt_get_key_id(certificate, 0, of_certificate, &certificate_size),
                     0);
    ck_assert_uint_eq(key_size, certificate_size);
    ck_assert_mem_eq(of_key, of_certificate, key_size);
    const char *first = strstr(tls.server_pem, "BEGIN PRIVATE KEY");
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_null(strstr(first + 1, "BEGIN PRIVATE KEY"));
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_crt_deinit(ca);
    gnutls_x509_crt_deinit(certificate);
    free(ca_pem);
    ds_tls_clear(&tls);
}
END_TEST

START_TEST(the_pem_files_are_private)
{
    struct ds_tls tls = prepare("app.commissioned.tech");
    char *server = ds_state_path(folder, "server.pem");
    ck_assert_uint_eq(mode_of(tls.ca_path), 0600);
    ck_assert_uint_eq(mode_of(server), 0600);
    free(server);
    ds_tls_clear(&tls);
}
END_TEST

START_TEST(a_second_start_keeps_the_certificate)
{
    struct ds_tls first = prepare("app.commissioned.tech");
    struct ds_tls second = prepare("app.commissioned.tech");
    ck_assert_str_eq(first.server_pem, second.server_pem);
    ds_tls_clear(&first);
    ds_tls_clear(&second);
}
END_TEST

START_TEST(another_host_gets_another_certificate)
{
    struct ds_tls first = prepare("app.commissioned.tech");
    struct ds_tls second = prepare("other.example");
    ck_assert_str_ne(first.server_pem, second.server_pem);
    ds_tls_clear(&first);
    ds_tls_clear(&second);
}
END_TEST

START_TEST(a_certificate_that_its_ca_did_not_sign_is_made_anew)
{
    struct ds_tls first = prepare("app.commissioned.tech");
    char *ca = ds_slurp(first.ca_path, NULL);
    struct ds_tls other = prepare("other.example");
    ds_tls_clear(&other);
    struct ds_tls mine = prepare("app.commissioned.tech");
    /* As after a kill between the two writes: the old CA beside the new certificate. */
    ck_assert(ds_state_write(folder, "ca.pem", ca, strlen(ca), &why));
    struct ds_tls again = prepare("app.commissioned.tech");
    ck_assert_str_ne(again.server_pem, mine.server_pem);
    free(ca);
    ds_tls_clear(&first);
    ds_tls_clear(&mine);
    ds_tls_clear(&again);
}
END_TEST

START_TEST(a_damaged_certificate_is_made_anew)
{
    ck_assert(ds_state_write(folder, "ca.pem", "damaged", 7, &why));
    ck_assert(ds_state_write(folder, "server.pem", "damaged", 7, &why));
    struct ds_tls tls = prepare("app.commissioned.tech");
    ck_assert_ptr_nonnull(strstr(tls.server_pem, "BEGIN CERTIFICATE"));
    ds_tls_clear(&tls);
}
END_TEST

START_TEST(the_log_hides_what_follows_a_keys_mark_and_what_cannot_be_printed)
{
    struct ds_key_text key;
    char path[128], expected[128];
    ck_assert(ds_key_generate(&key));
    snprintf(path, sizeof path, "/v1/%s/x\n\xff", key.text);
    ds_log_clean_path(path);
    snprintf(expected, sizeof expected, "/v1/%.16s***********************************/x??",
             key.text);
    ck_assert_str_eq(path, expected);
}
END_TEST

static const struct ds_log_entry entry = {"GET", "/v1/models", 200, "csk_dev_AAAAAAAA", 1, NULL};

START_TEST(a_log_line_is_one_json_object)
{
    struct sockaddr_in client = {
        .sin_family = AF_INET, .sin_port = htons(4000), .sin_addr = {htonl(0x7f000001)}};
    struct ds_log_entry with_client = entry;
    char *path = ds_state_path(folder, "log");
    struct ds_log *log = ds_log_open(path, &why);
    with_client.client = (const struct sockaddr *)&client;
    ds_log_write(log, &with_client);
    ds_log_close(log);
    char *text = ds_slurp(path, NULL);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    ck_assert_ptr_nonnull(strstr(text, "\"method\":\"GET\",\"path\":\"/v1/models\",\"status\":200,"
                                       "\"key\":\"csk_dev_AAAAAAAA\",\"authorization_headers\":1,"
                                       "\"client\":\"127.0.0.1:4000\"}"));
    ck_assert_uint_eq(mode_of(path), 0600);
    free(text);
    free(path);
}
END_TEST

START_TEST(a_log_that_is_opened_again_keeps_its_lines)
{
    char *path = ds_state_path(folder, "log");
    for (int times = 1; times <= 2; times++) {
        struct ds_log *log = ds_log_open(path, &why);
        ds_log_write(log, &entry);
        ds_log_close(log);
        char *text = ds_slurp(path, NULL);
        int lines = 0;
        for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
            lines++;
        ck_assert_int_eq(lines, times);
        free(text);
    }
    free(path);
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_is_a_sentence)
{
    char *path = ds_state_path(folder, "missing/log");
    ck_assert_ptr_null(ds_log_open(path, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "/missing/log: cannot be opened: "));
    close(STDOUT_FILENO);
    ck_assert_ptr_null(ds_log_open(NULL, &why));
    ck_assert_ptr_nonnull(strstr(why.text, "standard output: cannot be opened: "));
    free(path);
}
END_TEST

START_TEST(a_log_may_be_the_lowest_descriptor)
{
    char *path = ds_state_path(folder, "log");
    close(STDIN_FILENO);
    struct ds_log *log = ds_log_open(path, &why);
    ck_assert_msg(log != NULL, "%s", why.text);
    ds_log_close(log);
    free(path);
}
END_TEST

START_TEST(a_reader_that_stalls_costs_lines_and_nothing_else)
{
    char block[65536];
    char *path = ds_state_path(folder, "pipe");
    size_t got = 0;
    ssize_t part;
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    struct ds_log *log = ds_log_open(path, &why);
    for (int i = 0; i < 2000; i++) /* more than a pipe holds: it would block forever */
        ds_log_write(log, &entry);
    while ((part = read(reader, block, sizeof block)) > 0)
        got += (size_t)part;
    ds_log_write(log, &entry);
    part = read(reader, block, sizeof block - 1);
    ck_assert_int_gt(part, 0);
    block[part] = '\0';
    ck_assert_uint_gt(got, 0);
    ck_assert_int_eq(strncmp(block, "{\"dropped\":", 11), 0);
    ck_assert_ptr_nonnull(strstr(block, "\"path\":\"/v1/models\""));
    ds_log_close(log);
    close(reader);
    free(path);
}
END_TEST

START_TEST(a_reader_that_went_away_ends_nothing)
{
    char *path = ds_state_path(folder, "pipe");
    signal(SIGPIPE, SIG_IGN); /* as the server does */
    ck_assert_int_eq(mkfifo(path, 0600), 0);
    int reader = open(path, O_RDONLY | O_NONBLOCK);
    struct ds_log *log = ds_log_open(path, &why);
    close(reader);
    ds_log_write(log, &entry);
    ds_log_write(log, &entry);
    ds_log_close(log);
    free(path);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("devserver state");
    TCase *all = tcase_create("folder, certificate, log");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, a_missing_folder_is_made_private_whatever_the_umask);
    tcase_add_test(all, a_folder_that_others_can_enter_is_refused_with_the_remedy);
    tcase_add_test(all, a_folder_of_another_user_is_refused);
    tcase_add_test(all, a_file_in_the_folders_place_is_refused);
    tcase_add_test(all, a_folder_below_a_file_is_refused_by_the_files_name);
    tcase_add_test(all, the_default_folder_follows_the_xdg_variable_only_where_it_is_absolute);
    tcase_add_test(all, files_are_written_private_and_read_back);
    tcase_add_test(all, a_file_over_the_limit_is_refused);
    tcase_add_test(all, the_certificate_names_the_host_and_this_machine_and_no_other);
    tcase_add_test(all, the_ca_signed_the_certificate_and_left_no_private_key);
    tcase_add_test(all, the_pem_files_are_private);
    tcase_add_test(all, a_second_start_keeps_the_certificate);
    tcase_add_test(all, another_host_gets_another_certificate);
    tcase_add_test(all, a_certificate_that_its_ca_did_not_sign_is_made_anew);
    tcase_add_test(all, a_damaged_certificate_is_made_anew);
    tcase_add_test(all, the_log_hides_what_follows_a_keys_mark_and_what_cannot_be_printed);
    tcase_add_test(all, a_log_line_is_one_json_object);
    tcase_add_test(all, a_log_that_is_opened_again_keeps_its_lines);
    tcase_add_test(all, a_log_that_cannot_be_opened_is_a_sentence);
    tcase_add_test(all, a_log_may_be_the_lowest_descriptor);
    tcase_add_test(all, a_reader_that_stalls_costs_lines_and_nothing_else);
    tcase_add_test(all, a_reader_that_went_away_ends_nothing);
    suite_add_tcase(suite, all);

    return suite_run(suite);
}
