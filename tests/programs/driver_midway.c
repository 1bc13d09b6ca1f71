/* What a program sets on a handle whose transfer is under way: for its
 * next request, or by habit. */
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include "driver.h"

static CURLU *new_url(const char *text)
{
    CURLU *url = curl_url();
    CHECK(url != NULL && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK);
    return url;
}

/* ---- what names the peer --------------------------------------------------------------------- */

/* One way to turn a handle that connects elsewhere to where the key would go. */
struct turn {
    const char *name;
    const char *url; /* where it is turned to; NULL: by its port */
    CURLU *own;      /* its CURLU; NULL for CURLOPT_URL */
    CURLU *next;     /* the one that takes its place */
    long port;
    CURL *easy;
    bool done;
};

enum way { BY_URL, BY_CURLU, IN_CURLU, WAYS };

static void turn(struct turn *turn)
{
    if (turn->done)
        return;
    turn->done = true;
    if (turn->url == NULL)
        curl_easy_setopt(turn->easy, CURLOPT_PORT, turn->port);
    else if (turn->own == NULL)
        curl_easy_setopt(turn->easy, CURLOPT_URL, turn->url);
    else if (turn->next != NULL)
        curl_easy_setopt(turn->easy, CURLOPT_CURLU, turn->next);
    else
        CHECK(curl_url_set(turn->own, CURLUPART_URL, turn->url, 0) == CURLUE_OK);
    curl_easy_setopt(turn->easy, CURLOPT_ERRORBUFFER, NULL); /* any option that is kept */
}

static int on_progress(void *user, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    turn(user);
    return 0;
}

static void begin(struct turn *turn, const char *from, enum way way)
{
    turn->easy = handle(from);
    if (way == BY_URL)
        return;
    turn->own = new_url(from);
    if (way == BY_CURLU)
        turn->next = new_url(turn->url);
    curl_easy_setopt(turn->easy, CURLOPT_CURLU, turn->own);
}

static void end(struct turn *turn)
{
    curl_easy_cleanup(turn->easy);
    curl_url_cleanup(turn->own);
    curl_url_cleanup(turn->next);
}

/* The effective URL is not asked for here: setting CURLOPT_CURLU empties it, from 8.12 on. */
static void with_callback(struct turn *turn)
{
    curl_easy_setopt(turn->easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(turn->easy, CURLOPT_XFERINFODATA, turn);
    curl_easy_setopt(turn->easy, CURLOPT_NOPROGRESS, 0L);
    CHECK(curl_easy_perform(turn->easy) == CURLE_OK && turn->done);
}

static void with_multi(struct turn *turn_to)
{
    CURLM *multi = curl_multi_init();
    int running = 1, queued;
    curl_multi_add_handle(multi, turn_to->easy);
    for (curl_multi_perform(multi, &running); running > 0; curl_multi_perform(multi, &running)) {
        turn(turn_to);
        curl_multi_wait(multi, NULL, 0, 100, NULL);
    }
    const CURLMsg *message = curl_multi_info_read(multi, &queued);
    CHECK(message != NULL && message->data.result == CURLE_OK);
    curl_multi_remove_handle(multi, turn_to->easy);
    curl_multi_cleanup(multi);
}

static void turned(void (*run)(struct turn *))
{
    static const char *const from[] = {"https://localhost/no/turned",
                                       "http://localhost/no/turned-in-clear",
                                       "http://app.commissioned.tech/no/turned-in-clear"};
    for (int way = 0; way < WAYS; way++) {
        for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
            struct turn turn = {.url = APP "/yes/never"};
            begin(&turn, from[i], (enum way)way);
            run(&turn);
            end(&turn);
        }
    }
}

static void turned_in_callback(void)
{
    turned(with_callback);
}

static void turned_in_multi(void)
{
    turned(with_multi);
}

static void port_set_back(void)
{
    for (int i = 0; i < 4; i++) {
        struct turn turn = {.port = i % 2 == 0 ? 0 : 443};
        begin(&turn, APP "/no/port", BY_URL);
        curl_easy_setopt(turn.easy, CURLOPT_PORT, 8443L);
        if (i < 2)
            with_callback(&turn);
        else
            with_multi(&turn);
        end(&turn);
    }
}

/* It turns, and back again. */
static void turned_and_back(void)
{
    CURLM *multi = curl_multi_init();
    CURL *easy = handle(APP "/no/unused");
    CURLU *url = new_url(APP "/yes/never");
    int running;
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    curl_multi_add_handle(multi, easy);
    curl_url_set(url, CURLUPART_URL, "https://localhost/no/turned-and-back", 0);
    curl_multi_perform(multi, &running);
    curl_url_set(url, CURLUPART_URL, APP "/yes/never", 0);
    CHECK(drive(multi, 1) == CURLE_OK);
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    curl_url_cleanup(url);
}

/* What is set before the multi handle is driven is what libcurl starts with. */
static void before_the_start(void)
{
    CURLM *multi = curl_multi_init();
    CURL *by_url = handle("https://localhost/away"), *by_port = handle(APP "/yes/port");
    curl_easy_setopt(by_port, CURLOPT_PORT, 8443L);
    curl_multi_add_handle(multi, by_url);
    curl_multi_add_handle(multi, by_port);
    curl_easy_setopt(by_url, CURLOPT_URL, APP "/yes/url");
    curl_easy_setopt(by_port, CURLOPT_PORT, 443L);
    CHECK(drive(multi, 2) == CURLE_OK);
    curl_multi_remove_handle(multi, by_url);
    curl_multi_remove_handle(multi, by_port);
    get(by_url, APP "/yes/next"); /* it counts for one transfer alone */
    curl_easy_cleanup(by_url);
    curl_easy_cleanup(by_port);
    curl_multi_cleanup(multi);
}

static void curlu_before_the_start(void)
{
    CURLM *multi = curl_multi_init();
    CURL *home = handle("https://localhost/away"), *away = handle(APP "/never");
    CURLU *home_url = new_url("https://localhost/away"), *away_url = new_url(APP "/never");
    curl_easy_setopt(home, CURLOPT_CURLU, home_url);
    curl_easy_setopt(away, CURLOPT_CURLU, away_url);
    curl_multi_add_handle(multi, home);
    curl_multi_add_handle(multi, away);
    curl_url_set(home_url, CURLUPART_URL, APP "/yes/curlu", 0);
    curl_url_set(away_url, CURLUPART_URL, "https://localhost/no/away", 0);
    CHECK(drive(multi, 2) == CURLE_OK);
    curl_multi_remove_handle(multi, home);
    curl_multi_remove_handle(multi, away);
    curl_easy_cleanup(home);
    curl_easy_cleanup(away);
    curl_multi_cleanup(multi);
    curl_url_cleanup(home_url);
    curl_url_cleanup(away_url);
}

/* A way to drive that is older than curl_multi_socket_action, and still there. */
static CURLMcode drive_as_of_old(CURLM *multi, int *running)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    return curl_multi_socket_all(multi, running);
#pragma GCC diagnostic pop
}

static void turned_after_an_old_drive(void)
{
    static const char *const from[] = {"https://localhost/no/old-drive",
                                       "http://localhost/no/old-drive-in-clear"};
    for (size_t i = 0; i < sizeof from / sizeof from[0]; i++) {
        CURLM *multi = curl_multi_init();
        CURL *easy = handle(from[i]);
        int running;
        curl_multi_add_handle(multi, easy);
        CHECK(drive_as_of_old(multi, &running) == CURLM_OK);
        curl_easy_setopt(easy, CURLOPT_URL, APP "/yes/never");
        CHECK(drive(multi, 1) == CURLE_OK);
        curl_multi_remove_handle(multi, easy);
        curl_easy_cleanup(easy);
        curl_multi_cleanup(multi);
    }
}

/* ---- the same out of every callback ---------------------------------------------------------- */

static curl_socket_t on_open(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)purpose;
    turn(user);
    return socket(address->family, address->socktype, address->protocol);
}

static int on_sockopt(void *user, curl_socket_t socket, curlsocktype purpose)
{
    (void)socket, (void)purpose;
    turn(user);
    return CURL_SOCKOPT_OK;
}

static int on_resolve(void *state, void *reserved, void *user)
{
    (void)state, (void)reserved;
    turn(user);
    return 0;
}

static int on_trace(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    (void)easy, (void)type, (void)data, (void)size;
    turn(user);
    return 0;
}

static int on_prereq(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    turn(user);
    return CURL_PREREQFUNC_OK;
}

static CURLcode on_ssl_ctx(CURL *easy, void *context, void *user)
{
    (void)easy, (void)context;
    turn(user);
    return CURLE_OK;
}

static CURLSTScode on_hsts(CURL *easy, struct curl_hstsentry *entry, void *user)
{
    (void)easy, (void)entry;
    turn(user);
    return CURLSTS_DONE;
}

struct callback_way {
    CURLoption function;
    void *callback;
    CURLoption data;
};

/* From another host, and from plain http. */
static void turned_by(const struct callback_way *way)
{
    static const char *const from[] = {"http://localhost/turned", "https://localhost/turned"};
    for (size_t i = 0; i < 2; i++) {
        struct turn turn = {.url = APP "/turned"};
        begin(&turn, from[i], BY_URL);
        curl_easy_setopt(turn.easy, way->function, way->callback);
        curl_easy_setopt(turn.easy, way->data, &turn);
        curl_easy_setopt(turn.easy, CURLOPT_NOPROGRESS, 0L);
        curl_easy_setopt(turn.easy, CURLOPT_VERBOSE,
                         (long)(way->function == CURLOPT_DEBUGFUNCTION));
        curl_easy_setopt(turn.easy, CURLOPT_HSTS_CTRL, (long)CURLHSTS_ENABLE);
        CHECK(curl_easy_perform(turn.easy) == CURLE_OK);
        end(&turn);
    }
}

static void turned_in_every_callback(void)
{
    static const struct callback_way ways[] = {
        {CURLOPT_XFERINFOFUNCTION, (void *)on_progress, CURLOPT_XFERINFODATA},
        {CURLOPT_OPENSOCKETFUNCTION, (void *)on_open, CURLOPT_OPENSOCKETDATA},
        {CURLOPT_SOCKOPTFUNCTION, (void *)on_sockopt, CURLOPT_SOCKOPTDATA},
        {CURLOPT_RESOLVER_START_FUNCTION, (void *)on_resolve, CURLOPT_RESOLVER_START_DATA},
        {CURLOPT_DEBUGFUNCTION, (void *)on_trace, CURLOPT_DEBUGDATA},
        {CURLOPT_PREREQFUNCTION, (void *)on_prereq, CURLOPT_PREREQDATA},
        {CURLOPT_HSTSREADFUNCTION, (void *)on_hsts, CURLOPT_HSTSREADDATA},
    };
    /* Last, for behind it no peer is believed to be verified. */
    static const struct callback_way ssl_ctx = {CURLOPT_SSL_CTX_FUNCTION, (void *)on_ssl_ctx,
                                                CURLOPT_SSL_CTX_DATA};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        turned_by(&ways[i]);
    CURL *easy = handle(APP);
    get(easy, APP "/yes/after");
    curl_easy_cleanup(easy);
    turned_by(&ssl_ctx);
}

/* The next transfer of a handle that was turned is judged by itself. */
static void turned_then_next(void)
{
    struct turn turn = {.url = APP "/yes/next"};
    begin(&turn, "https://localhost/no/turned", BY_URL);
    with_callback(&turn);
    perform(turn.easy);
    end(&turn);
}

/* libcurl refuses it out of a callback, and all goes on. */
static int clean_up(void *multi, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    CHECK(curl_multi_cleanup(multi) == CURLM_RECURSIVE_API_CALL);
    return 0;
}

static void multi_cleanup_in_callback(void)
{
    CURLM *multi = curl_multi_init();
    CURL *easy = handle(APP "/yes/first"), *other = handle(APP "/yes/second");
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, clean_up);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, multi);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_multi_add_handle(multi, easy);
    CHECK(drive(multi, 1) == CURLE_OK);
    curl_multi_remove_handle(multi, easy);
    curl_multi_add_handle(multi, other);
    CHECK(drive(multi, 1) == CURLE_OK);
    CHECK(curl_multi_cleanup(multi) == CURLM_OK);
    get(other, "https://localhost/no/other");
    curl_easy_cleanup(easy);
    curl_easy_cleanup(other);
}

/* ---- what is no http ------------------------------------------------------------------------- */

#define NOTHING "file:///dev/null"

static int turn_to_host(void *easy, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)a, (void)b, (void)c, (void)d;
    curl_easy_setopt(easy, CURLOPT_URL, APP "/yes/turned-in-file");
    return 0;
}

/* A file is read past us, and what comes after it on the same handle is not. */
static void files(void)
{
    CURL *easy = handle(NOTHING);
    perform(easy);
    get(easy, APP "/yes/after-file");
    get(easy, NOTHING);
    get(easy, "https://localhost/no/after-file");
    curl_easy_cleanup(easy);
    easy = handle(NOTHING);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, turn_to_host);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, easy);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    CHECK(curl_easy_perform(easy) == CURLE_OK);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 1L);
    perform(easy);
    curl_easy_cleanup(easy);
}

static void default_protocol(void)
{
    CURL *easy = handle(NOTHING);
    perform(easy);
    curl_easy_setopt(easy, CURLOPT_DEFAULT_PROTOCOL, "https");
    get(easy, "app.commissioned.tech/yes/default-protocol");
    curl_easy_cleanup(easy);
}

static void files_that_are_none(void)
{
    CURLM *multi = curl_multi_init();
    CURL *easy = handle(NOTHING);
    CURLU *url = new_url(APP "/yes/curlu");
    curl_multi_add_handle(multi, easy);
    curl_easy_setopt(easy, CURLOPT_URL, APP "/yes/before-the-start");
    CHECK(drive(multi, 1) == CURLE_OK);
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    easy = handle(NOTHING);
    curl_easy_setopt(easy, CURLOPT_CURLU, url);
    perform(easy);
    curl_url_set(url, CURLUPART_URL, NOTHING, 0);
    perform(easy);
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
    curl_url_cleanup(url);
}

/* ---- options that a program sets by habit ---------------------------------------------------- */

static struct curl_slist *habit;

/* Newer libcurls call it between the prereq function and the request's first line. */
static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    (void)type, (void)data, (void)size;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, user);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, habit);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    return 0;
}

static void options_in_debug(void)
{
    CURL *easy = handle(APP);
    habit = curl_slist_append(NULL, "X-Mine: 1");
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, on_debug);
    get(easy, APP "/yes/debug");
    get(easy, APP "/yes/debug-kept");
    get(easy, "https://localhost/no/debug");
    curl_easy_cleanup(easy);
    curl_slist_free_all(habit);
}

static bool is_connected;

static int connected(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)user, (void)remote, (void)local, (void)remote_port, (void)local_port;
    is_connected = true;
    return CURL_PREREQFUNC_OK;
}

static int log_in(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    (void)type, (void)data, (void)size, (void)user;
    if (is_connected)
        curl_easy_setopt(easy, CURLOPT_USERPWD, "user:password");
    return 0;
}

/* The program brings credentials when the key is in place. */
static void log_in_late(void)
{
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, log_in);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, connected);
    get(easy, APP "/status/401");
    curl_easy_cleanup(easy);
}

/* libcurl 7.88 and many later send what was set when the transfer began. */
static int log_out(void *user, char *remote, char *local, int remote_port, int local_port)
{
    (void)remote, (void)local, (void)remote_port, (void)local_port;
    curl_easy_setopt(user, CURLOPT_USERPWD, NULL);
    return CURL_PREREQFUNC_OK;
}

static void log_out_late(void)
{
    CURL *easy = handle(APP);
    curl_easy_setopt(easy, CURLOPT_USERPWD, "user:password");
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, log_out);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, easy);
    get(easy, APP "/own/log-out");
    get(easy, APP "/yes/logged-out");
    curl_easy_cleanup(easy);
}

/* What has neither a port nor a path worth showing. */
static void in_clear(void)
{
    CURL *easy = handle(APP);
    get(easy, "http://app.commissioned.tech/no/clear");
    get(easy, "HTTP://APP.commissioned.tech/no/clear");
    curl_easy_setopt(easy, CURLOPT_URL, APP "/never");
    CHECK(curl_easy_perform(easy) == CURLE_AUTH_ERROR);
    curl_easy_cleanup(easy);
}

/* ---- what the program reads ------------------------------------------------------------------ */

struct reader {
    CURL *easy;
    char *url; /* as the first call read it */
    char text[256];
};

/* A string that libcurl gave stays as it is, whatever option is set. */
static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    struct reader *reader = user;
    char *url = NULL;
    (void)data;
    curl_easy_getinfo(reader->easy, CURLINFO_EFFECTIVE_URL, &url);
    CHECK(url != NULL && url[0] != '\0');
    snprintf(reader->text, sizeof reader->text, "%s", url);
    curl_easy_setopt(reader->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(reader->easy, CURLOPT_HTTPHEADER, NULL);
    CHECK(strcmp(url, reader->text) == 0);
    curl_easy_getinfo(reader->easy, CURLINFO_EFFECTIVE_URL, &reader->url);
    CHECK(strcmp(reader->url, reader->text) == 0);
    return size * count;
}

static void read_curlu(const char *from, CURLU *url, const char *user)
{
    struct reader reader = {.easy =
                                handle(APP "/unused")}; /* 7.81 goes there when it authenticates */
    curl_url_set(url, CURLUPART_URL, from, 0);
    curl_easy_setopt(reader.easy, CURLOPT_CURLU, url);
    curl_easy_setopt(reader.easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(reader.easy, CURLOPT_HEADERDATA, &reader);
    if (user != NULL) {
        curl_easy_setopt(reader.easy, CURLOPT_HTTPAUTH, CURLAUTH_DIGEST);
        curl_easy_setopt(reader.easy, CURLOPT_USERPWD, user);
    }
    perform(reader.easy);
    perform(reader.easy);
    curl_easy_cleanup(reader.easy);
}

static void effective_url(void)
{
    CURLU *url = curl_url();
    read_curlu(APP "/yes/read", url, NULL);
    read_curlu("https://localhost/no/read", url, NULL);
    read_curlu("http://localhost/no/read", url, NULL);
    read_curlu(APP "/digest", url, "user:password");
    read_curlu("http://localhost/digest", url, "user:password");
    curl_url_cleanup(url);
}

const struct scenario midway[] = {
    {"turned-in-callback", turned_in_callback},
    {"turned-in-multi", turned_in_multi},
    {"turned-and-back", turned_and_back},
    {"turned-after-an-old-drive", turned_after_an_old_drive},
    {"turned-then-next", turned_then_next},
    {"port-set-back", port_set_back},
    {"before-the-start", before_the_start},
    {"curlu-before-the-start", curlu_before_the_start},
    {"turned-in-every-callback", turned_in_every_callback},
    {"multi-cleanup-in-callback", multi_cleanup_in_callback},
    {"files", files},
    {"files-that-are-none", files_that_are_none},
    {"default-protocol", default_protocol},
    {"options-in-debug", options_in_debug},
    {"log-in-late", log_in_late},
    {"log-out-late", log_out_late},
    {"in-clear", in_clear},
    {"effective-url", effective_url},
    {NULL, NULL},
};
