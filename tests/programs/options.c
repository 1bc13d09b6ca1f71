/*
 * options.c - a program that knows nothing of us and sets what its arguments say, on one handle.
 *
 *   NUMBER=VALUE  the option of that number (curl.h), a long or a text by its range
 *   unset=NUMBER  the option of that number to NULL
 *   late:NUMBER=VALUE  the same, but set in the requests' prereq callback
 *   debug:NUMBER=VALUE  ... in the first call of its debug callback after that
 *   header=LINE   one more line in the handle's list
 *   URL           a request; prints libcurl's result and the status
 *   copy          goes on with a duplicate of the handle
 *   reset         all options to their defaults
 *
 * ORIGIN_TLS, ORIGIN_OTHER and ORIGIN_PLAIN name the server's ports: every host's 443, 8443 and 80
 * lead there. ORIGIN_CA is its CA. With ORIGIN_ENDS no redirect is followed.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

#include "core/newer_curl.h"
#include "usual.h"

static CURL *easy;
static struct curl_slist *routes;
static struct curl_slist *list;

static void fail(const char *what)
{
    printf("options: %s\n", what);
    exit(1);
}

static void add_route(const char *port, const char *variable)
{
    static const char *const hosts[] = {"app.commissioned.tech", "localhost", "evil.example"};
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "%s:%s", hosts[i], port);
        routes = usual_route(routes, text, variable);
    }
}

static void set_usual(void)
{
    usual_set(easy, routes);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, getenv("ORIGIN_ENDS") == NULL ? 1L : 0L);
}

static void make_handle(void)
{
    add_route("443", "ORIGIN_TLS");
    add_route("8443", "ORIGIN_OTHER");
    add_route("80", "ORIGIN_PLAIN");
    easy = curl_easy_init();
    set_usual();
}

static void set(const char *word)
{
    const char *value = strchr(word, '=') + 1;
    CURLcode code;
    if (strncmp(word, "header=", 7) == 0) {
        list = curl_slist_append(list, value);
        code = curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
    } else if (strncmp(word, "unset=", 6) == 0) {
        code = curl_easy_setopt(easy, (CURLoption)strtol(value, NULL, 10), NULL);
    } else {
        CURLoption option = (CURLoption)strtol(word, NULL, 10);
        code = option < CURLOPTTYPE_OBJECTPOINT
                   ? curl_easy_setopt(easy, option, (long)strtoul(value, NULL, 0))
                   : curl_easy_setopt(easy, option, value);
    }
    if (code != CURLE_OK)
        fail(word);
}

static int set_late(void *word, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    set(word);
    return CURL_PREREQFUNC_OK;
}

static void set_later(char *word)
{
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, set_late);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, word);
}

static bool is_connected;

static int note_connected(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)user, (void)remote, (void)local, (void)remote_port, (void)local_port;
    is_connected = true;
    return CURL_PREREQFUNC_OK;
}

static int set_in_debug(CURL *of, curl_infotype type, char *data, size_t size, void *word)
{
    (void)of, (void)type, (void)data, (void)size;
    if (is_connected)
        set(word);
    is_connected = false;
    return 0;
}

static void set_while_it_shows(char *word)
{
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, note_connected);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, set_in_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, word);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

static void get(const char *url)
{
    long status = 0;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    printf("%d %ld\n", (int)code, status);
}

static void go_on_with_copy(void)
{
    CURL *copy = curl_easy_duphandle(easy);
    curl_easy_cleanup(easy);
    easy = copy;
}

static void start_anew(void)
{
    curl_easy_reset(easy);
    set_usual();
}

int main(int argc, char **argv)
{
    (void)argc;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    make_handle();
    for (char **word = argv + 1; *word != NULL; word++) {
        if (strncmp(*word, "http", 4) == 0)
            get(*word);
        else if (strcmp(*word, "copy") == 0)
            go_on_with_copy();
        else if (strcmp(*word, "reset") == 0)
            start_anew();
        else if (strncmp(*word, "late:", 5) == 0)
            set_later(*word + 5);
        else if (strncmp(*word, "debug:", 6) == 0)
            set_while_it_shows(*word + 6);
        else if (strchr(*word, '=') != NULL)
            set(*word);
        else
            fail(*word);
    }
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
    curl_slist_free_all(routes);
    curl_global_cleanup();
    return 0;
}
