#include "fuzz/calls/run_folder.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "devserver/certificate.h"
#include "fuzz/calls/run_player.h"
#include "support/tmpdir.h"

char *run_folder;

static void put_file(const char *name, const char *text)
{
    free(tmpdir_printf(run_folder, name, 0600, "%s", text));
}

static void put_certificate(const char *name, const char *host, FILE *authorities)
{
    struct ds_certificate certificate;
    struct ds_why why;
    if (!ds_certificate_make(host, &certificate, &why))
        run_die(host);
    put_file(name, certificate.server_pem);
    if (authorities != NULL) {
        fputs(certificate.ca_pem, authorities);
        fflush(authorities);
    }
    ds_certificate_clear(&certificate);
}

/* `authorities`: the policy names those that signed for app. */
static void put_policy(const char *name, const char *url, const char *more, bool authorities)
{
    char line[PATH_MAX] = "";
    if (authorities)
        snprintf(line, sizeof line, "ca_file = \"%s/app-ca.pem\";\n", run_folder);
    free(tmpdir_printf(
        run_folder, name, 0600,
        "%s"
        "keys = ({ name = \"k\"; file = \"%s/key\"; next = \"%s/next\"; });\n"
        "rules = ({ name = \"r\"; key = \"k\"; url = \"%s\"; %s report = \"none\"; });\n",
        line, run_folder, run_folder, url, more));
}

void run_folder_make(bool authorities)
{
    char key[TEST_KEY_LENGTH + 1];
    char *authorities_text = NULL;
    size_t size = 0;
    run_folder = tmpdir_make();
    test_key_make(key);
    put_file("key", key);
    test_key_make(key);
    put_file("next", key);
    FILE *out = open_memstream(&authorities_text, &size);
    put_certificate("app.pem", "app.commissioned.tech", out);
    put_file("app-ca.pem", authorities_text);
    put_certificate("evil.pem", "evil.example", out);
    put_certificate("proxy.pem", "proxy.example", out);
    put_certificate("impostor.pem", "app.commissioned.tech", NULL);
    fclose(out);
    put_file("ca.pem", authorities_text);
    free(authorities_text);
    put_file(".netrc", "machine app.commissioned.tech login n password n\n"
                       "machine evil.example login n password n\n");
    put_file("netrc-other", "machine other.example login o password o\n");
    put_policy("whole.conf", "https://app.commissioned.tech", "", authorities);
    put_policy("nothing.conf", "https://app.commissioned.tech/nothing", "", authorities);
    put_policy("narrow.conf", "https://app.commissioned.tech/v1", "", authorities);
    put_policy("reading.conf", "https://app.commissioned.tech", "methods = [\"GET\", \"HEAD\"];",
               authorities);
}

void run_folder_remove(void)
{
    tmpdir_remove(run_folder);
}
