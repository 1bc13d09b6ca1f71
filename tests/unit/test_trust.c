/* Certificates found by their names: in PEM, in folders and bundles, and only in files that nobody
 * else could have written. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>
#include <gnutls/x509.h>

#include "preload/request/trust.h"
#include "preload/request/trust_pem.h"
#include "support/command.h"
#include "support/peer_certificates.h"
#include "support/peers.h"
#include "support/suite.h"
#include "support/tmpdir.h"

enum { CHAINS = 40 };

static char *folder;
static char bundle[PATH_MAX];
static struct peer_chain chains[CHAINS];
static gnutls_datum_t root_der, root_name;
static char *capath;
static const char *cainfo;
static struct provider provider;
static struct trust_search search;
static unsigned found;

static curl_version_info_data *version(CURLversion wanted)
{
    static curl_version_info_data info;
    (void)wanted;
    info.age = CURLVERSION_NOW;
    info.capath = capath;
    info.cainfo = cainfo;
    return &info;
}

/* What is found must be the whole certificate of the authority. */
static void note(void *data, struct der certificate)
{
    (void)data;
    ck_assert(der_equal(certificate, (struct der){root_der.data, root_der.size}));
    found++;
}

static void set_up(void)
{
    gnutls_x509_crt_t root;
    gnutls_datum_t pem, other;
    folder = tmpdir_make();
    peer_chains_make(chains, &root);
    ck_assert_int_eq(gnutls_x509_crt_export2(root, GNUTLS_X509_FMT_PEM, &pem), 0);
    ck_assert_int_eq(gnutls_x509_crt_export2(root, GNUTLS_X509_FMT_DER, &root_der), 0);
    ck_assert_int_eq(gnutls_x509_crt_get_raw_dn(root, &root_name), 0);
    /* Another one before it, and words between. */
    ck_assert_int_eq(
        gnutls_x509_crt_export2(chains[0].certificates[0], GNUTLS_X509_FMT_PEM, &other), 0);
    free(tmpdir_printf(folder, "bundle", 0644, "# some words\n%.*s\n%.*s", (int)other.size,
                       other.data, (int)pem.size, pem.data));
    free(tmpdir_printf(folder, "alone", 0644, "%.*s", (int)pem.size, pem.data));
    gnutls_free(pem.data);
    gnutls_free(other.data);
    in_folder(bundle, folder, "bundle");
    provider.real.version_info = version;
    search = (struct trust_search){.provider = &provider, .found = note, .nnames = 1};
    search.names[0] = (struct der){root_name.data, root_name.size};
    capath = NULL;
    cainfo = NULL;
    found = 0;
}

static void tear_down(void)
{
    free(capath);
    gnutls_free(root_der.data);
    gnutls_free(root_name.data);
    peer_chains_free(chains);
    tmpdir_remove(folder);
}

/* ---- names and PEM --------------------------------------------------------------------------- */

START_TEST(the_names_are_those_that_gnutls_reads)
{
    struct der_names names;
    ck_assert(der_names((struct der){root_der.data, root_der.size}, &names));
    ck_assert(der_equal(names.subject, search.names[0]));
    ck_assert(der_equal(names.issuer, search.names[0]));
}
END_TEST

START_TEST(no_beginning_of_a_certificate_is_read_past_its_end)
{
    struct der_names names;
    bool read = false;
    for (size_t length = 0; length <= root_der.size; length++) {
        /* An allocation of just that size, for the tools that watch. */
        unsigned char *copy = malloc(length > 0 ? length : 1);
        memcpy(copy, root_der.data, length);
        bool now = der_names((struct der){copy, length}, &names);
        ck_assert(!read || now);
        read = now;
        free(copy);
    }
    ck_assert(read);
}
END_TEST

START_TEST(damaged_certificates_are_read_within_their_bounds)
{
    struct der_names names;
    unsigned seed = 1;
    for (int i = 0; i < 100000; i++) {
        unsigned char *copy = malloc(root_der.size);
        memcpy(copy, root_der.data, root_der.size);
        for (int j = 0; j < 4; j++) {
            seed = seed * 1103515245u + 12345u;
            copy[(seed >> 8) % 200] = (unsigned char)(seed >> 16);
        }
        if (der_names((struct der){copy, root_der.size}, &names))
            ck_assert(names.subject.data >= copy &&
                      names.subject.data + names.subject.length <= copy + root_der.size);
        free(copy);
    }
}
END_TEST

START_TEST(base64_is_decoded_or_refused)
{
    static const struct {
        const char *text;
        size_t length;
        const char *bytes;
    } rows[] = {{"TQ==", 1, "M"},         {"TWE=", 2, "Ma"}, {"TWFu", 3, "Man"},
                {"TW\nFu\r\n", 3, "Man"}, {"", 0, ""},       {"T", 0, ""},
                {"TW-u", 0, ""},          {"TW\0u", 0, ""},  {"+/+/", 3, "\xfb\xff\xbf"}};
    unsigned char room[16];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = i == 7 ? 4 : strlen(rows[i].text);
        ck_assert_uint_eq(pem_decode(rows[i].text, length, room, sizeof room), rows[i].length);
        ck_assert_mem_eq(room, rows[i].bytes, rows[i].length);
    }
    ck_assert_uint_eq(pem_decode("TWFuTWFu", 8, room, 4), 4);
}
END_TEST

START_TEST(a_block_that_never_ends_is_none)
{
    const char text[] = "-----BEGIN CERTIFICATE-----\nTWFu\n-----END CERTIFICATE----";
    const char *at = text;
    size_t length;
    ck_assert_ptr_null(pem_next(&at, text + sizeof text - 1, &length));
}
END_TEST

/* ---- where it is looked for ------------------------------------------------------------------ */

static void expect(unsigned wanted, bool read)
{
    ck_assert(trust_find(&search));
    ck_assert_uint_eq(found, wanted);
    ck_assert_uint_eq(search.nfound, wanted);
    ck_assert_int_eq(search.read, read);
}

START_TEST(it_is_found_in_a_bundle_among_others)
{
    cainfo = bundle;
    expect(1, true);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    cainfo = bundle;
    search.names[0].length -= 1;
    expect(0, true);
}
END_TEST

START_TEST(a_ca_file_is_the_only_trust)
{
    const struct policy_ca good = {.pem = text_of(bundle)};
    cainfo = bundle;
    search.ca = &good;
    expect(1, true);
    const struct policy_ca none = {.pem = "nothing"};
    search.ca = &none;
    found = 0;
    expect(0, true);
}
END_TEST

/* Moves the bundle to FOLDER/certs/NAME. */
static void move(const char *name)
{
    char path[PATH_MAX], target[PATH_MAX], alone[PATH_MAX];
    in_folder(path, folder, "certs");
    ck_assert_int_eq(mkdir(path, 0755), 0);
    in_folder(target, path, name);
    in_folder(alone, folder, "alone");
    ck_assert_int_eq(rename(alone, target), 0);
    capath = strdup(path);
}

START_TEST(it_is_found_in_a_folder_by_its_hash)
{
    search.hashed = true;
    search.hashes[0] = 0x1234;
    move("00001234.0");
    expect(1, true);
}
END_TEST

START_TEST(a_folder_with_another_hash_is_a_trust_without_it)
{
    search.hashed = true;
    search.hashes[0] = 0x1235;
    cainfo = bundle;
    move("00001234.0");
    expect(1, true); /* in libcurl's own bundle */
    cainfo = NULL;
    found = 0;
    expect(0, true);
}
END_TEST

START_TEST(it_is_found_in_a_folder_whatever_its_name)
{
    move("whatever.pem");
    expect(1, true);
}
END_TEST

START_TEST(it_is_found_in_debians_bundle_in_the_folder)
{
    search.hashed = true;
    move("ca-certificates.crt");
    expect(1, true);
}
END_TEST

static void refused(void)
{
    cainfo = bundle;
    ck_assert(trust_find(&search));
    ck_assert_uint_eq(found, 0);
}

START_TEST(what_others_may_write_is_no_trust)
{
    ck_assert_int_eq(chmod(bundle, 0664), 0);
    refused();
    ck_assert_int_eq(chmod(bundle, 0646), 0);
    refused();
}
END_TEST

START_TEST(what_belongs_to_another_user_is_no_trust)
{
    if (geteuid() != 0) {
        printf("SKIP what_belongs_to_another_user_is_no_trust: only root may give it away\n");
        return;
    }
    ck_assert_int_eq(chown(bundle, 12345, 12345), 0);
    refused();
}
END_TEST

START_TEST(what_is_no_file_does_not_stop_the_process)
{
    ck_assert_int_eq(unlink(bundle), 0);
    ck_assert_int_eq(mkfifo(bundle, 0644), 0);
    refused();
    cainfo = "relative.pem";
    ck_assert(trust_find(&search));
    cainfo = folder;
    ck_assert(trust_find(&search));
    ck_assert_uint_eq(found, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trust");
    TCase *tests = tcase_create("trust");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 30);
    tcase_add_test(tests, the_names_are_those_that_gnutls_reads);
    tcase_add_test(tests, no_beginning_of_a_certificate_is_read_past_its_end);
    tcase_add_test(tests, damaged_certificates_are_read_within_their_bounds);
    tcase_add_test(tests, base64_is_decoded_or_refused);
    tcase_add_test(tests, a_block_that_never_ends_is_none);
    tcase_add_test(tests, it_is_found_in_a_bundle_among_others);
    tcase_add_test(tests, what_is_not_there_is_not_found);
    tcase_add_test(tests, a_ca_file_is_the_only_trust);
    tcase_add_test(tests, it_is_found_in_a_folder_by_its_hash);
    tcase_add_test(tests, a_folder_with_another_hash_is_a_trust_without_it);
    tcase_add_test(tests, it_is_found_in_a_folder_whatever_its_name);
    tcase_add_test(tests, it_is_found_in_debians_bundle_in_the_folder);
    tcase_add_test(tests, what_others_may_write_is_no_trust);
    tcase_add_test(tests, what_belongs_to_another_user_is_no_trust);
    tcase_add_test(tests, what_is_no_file_does_not_stop_the_process);
    suite_add_tcase(suite, tests);
    return suite_run(suite);
}
