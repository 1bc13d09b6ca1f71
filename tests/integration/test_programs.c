/*
 * The programs that most people begin with: curl, and Python with pycurl and with ctypes. Each asks
 * for a path of Commissioned's, is led from there to another origin, and asks that one by itself.
 * `make check-arches` runs those of other architectures.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "support/old_libcurl.h"
#include "support/preloaded.h"
#include "support/suite.h"

static const char pycurl[] = "import pycurl, sys\n"
                             "for url in sys.argv[3:]:\n"
                             "    easy = pycurl.Curl()\n"
                             "    easy.setopt(pycurl.CONNECT_TO, [sys.argv[1]])\n"
                             "    easy.setopt(pycurl.CAINFO, sys.argv[2])\n"
                             "    easy.setopt(pycurl.FOLLOWLOCATION, 1)\n"
                             "    easy.setopt(pycurl.URL, url)\n"
                             "    easy.setopt(pycurl.WRITEFUNCTION, len)\n"
                             "    easy.perform()\n"
                             "    easy.close()\n";

/* The options' numbers are those of curl.h; the calls find what they call by dlsym. */
static const char by_ctypes[] =
    "import ctypes, sys\n"
    "from ctypes import c_char_p, c_void_p, c_long\n"
    "curl = ctypes.CDLL('libcurl.so.4')\n"
    "for name in 'curl_easy_init', 'curl_slist_append':\n"
    "    getattr(curl, name).restype = c_void_p\n"
    "for url in sys.argv[3:]:\n"
    "    easy = c_void_p(curl.curl_easy_init())\n"
    "    lead = c_void_p(curl.curl_slist_append(None, c_char_p(sys.argv[1].encode())))\n"
    "    set = lambda option, value: curl.curl_easy_setopt(easy, option, value)\n"
    "    set(10243, lead)\n"
    "    set(10065, c_char_p(sys.argv[2].encode()))\n"
    "    set(52, c_long(1))\n"
    "    set(44, c_long(1))\n" /* no body, which would be printed */
    "    set(80, c_long(1))\n" /* but with GET */
    "    set(10002, c_char_p(url.encode()))\n"
    "    if curl.curl_easy_perform(easy) != 0: sys.exit(1)\n"
    "    curl.curl_easy_cleanup(easy)\n";

static const struct {
    const char *name;
    const char *program;
    const char *words[10]; /* of its options; what follows for all is appended */
} programs[] = {
    {"curl", "curl", {"-q", "-sSL", "--noproxy", "*", "--connect-to"}},
    {"pycurl", "python3", {"-c", pycurl}},
    {"ctypes", "python3", {"-c", by_ctypes}},
};

/* Of this machine the system's own Python: another one may be first in PATH. */
static const char *path_of(const char *program)
{
    bool own = getenv("TEST_FOREIGN_BIN") == NULL;
    return own && strcmp(program, "python3") == 0 ? "/usr/bin/python3" : program;
}

static bool is_missing(const char *name, const char *program)
{
    static struct outcome outcome;
    char line[64];
    snprintf(line, sizeof line, "import %s", name);
    if (strcmp(program, "python3") == 0)
        OUTCOME(&outcome, path_of(program), "-c", line);
    else
        OUTCOME(&outcome, program, "--version");
    if (outcome.status != 0)
        printf("SKIP %s: it is not installed\n", name);
    return outcome.status != 0;
}

START_TEST(the_key_goes_to_commissioned_and_not_where_that_leads)
{
    const char *name = programs[_i].name, *program = programs[_i].program;
    const char *words[16] = {NULL};
    char lead[64], ca[PATH_MAX], there[64], led[128], expected[256];
    const char *const tls = getenv("ORIGIN_TLS"), *const other = getenv("ORIGIN_OTHER");
    size_t n = 0;
    if (is_missing(name, program))
        return;
    for (; programs[_i].words[n] != NULL; n++)
        words[n] = programs[_i].words[n];
    snprintf(lead, sizeof lead, "app.commissioned.tech:443:127.0.0.1:%s", tls);
    snprintf(ca, sizeof ca, "%s", getenv("ORIGIN_CA"));
    snprintf(there, sizeof there, "https://localhost:%s/there", other);
    snprintf(led, sizeof led, "https://app.commissioned.tech/to/%s", there);
    words[n++] = lead;
    if (strcmp(name, "curl") == 0)
        words[n++] = "--cacert";
    words[n++] = ca;
    words[n++] = led;
    words[n++] = there;
    preloaded_policy("api_key = \"@A\";\n");
    preloaded_run_program(path_of(program), words);
    /* Each of them follows redirects, and an old libcurl would take the key along. */
    snprintf(expected, sizeof expected, "GET /to/%s %c\nGET /there -\nGET /there -\n", there,
             old_libcurl() ? '-' : 'A');
    ck_assert_str_eq(preloaded_seen(), expected);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("programs");
    TCase *all = tcase_create("programs");
    tcase_add_checked_fixture(all, preloaded_start, preloaded_stop);
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, the_key_goes_to_commissioned_and_not_where_that_leads, 0,
                        (int)(sizeof programs / sizeof programs[0]));
    suite_add_tcase(suite, all);
    return suite_run(suite);
}
