/*
 * What is answered to a path. It is made of words between slashes; each word that means something
 * adds to the answer:
 *
 *     to-XYZ   redirects to place X, where the path is "to-YZ", and so on to "ok"
 *     401 403 429 500 204   the status
 *     digest basic          401, until a request comes with an answer of that kind
 *     drop half hush close  how the connection ends
 *     again    drops all but a connection's first request
 *     slow     is answered 60 ms later
 *     chunk big early push cookie hsts   what else there may be
 *     alt      names app's 8443 as a place where https://app is answered too; evil names app
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "server.h"

#define APP       "https://" WORLD_HOST
#define WITH_USER "https://x:y@" WORLD_HOST

/*
 * Tolerated: as of 8.23 libcurl shows nobody the user of an URL, so nothing tells that a server
 * which redirects named one, and the key takes its place. They are no credentials of the program's.
 */
static bool hides_user(void)
{
    return curl_version_info(CURLVERSION_NOW)->version_num >= 0x081700;
}

static const char *const places[] = {
    APP,
    "http://" WORLD_HOST,
    APP ":8443",
    "https://evil.example",
    "",
    "http://evil.example",
    APP ":443",
    "https://evil.example:8443",
    "//" WORLD_HOST,
    "http://" WORLD_HOST ":443",
    "//evil.example",
    WITH_USER,
    "https://x:y@evil.example",
};
enum { PLACES = sizeof places / sizeof places[0] };

/* Below which path it goes on. */
static const char *const scopes[] = {"/v1", "/v1", "/other", "/v1evil"};

const char *request_header(const struct request *request, const char *name)
{
    for (size_t i = 0; i < request->nheaders; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static void add_header(struct answer *answer, const char *line)
{
    size_t used = strlen(answer->headers);
    snprintf(answer->headers + used, sizeof answer->headers - used, "%s\r\n", line);
}

/* `letters` is what follows "to-"; what stands after them in the path stays. */
static void redirect(struct answer *answer, const char *letters)
{
    static const unsigned statuses[] = {302, 301, 307, 303, 308};
    char line[1024];
    size_t count = strspn(letters, "abcdefghijklmnopqrstuvwxyz");
    if (count == 0)
        return;
    unsigned place = (unsigned)(letters[0] - 'a') % PLACES;
    const char *scope = scopes[(unsigned)(letters[0] - 'a') / PLACES % 4];
    const char *where = places[place];
    if (strcmp(where, WITH_USER) == 0 && hides_user())
        where = APP;
    const char *rest = letters + count;
    if (count > 1)
        snprintf(line, sizeof line, "Location: %s%s/to-%.*s%s", where, scope, (int)count - 1,
                 letters + 1, rest);
    else
        snprintf(line, sizeof line, "Location: %s%s%s", where, scope,
                 rest[0] == '/' ? rest : "/ok");
    add_header(answer, line);
    answer->status = statuses[count % 5];
}

static void challenge(struct answer *answer, const struct request *request, const char *scheme,
                      const char *line)
{
    const char *given = request_header(request, "Authorization");
    if (given != NULL && strncasecmp(given, scheme, strlen(scheme)) == 0)
        return;
    answer->status = 401;
    add_header(answer, line);
}

static void say_word(struct answer *answer, const struct request *request, const char *word,
                     size_t length)
{
    static const struct {
        const char *word;
        unsigned status;
    } statuses[] = {{"204", 204}, {"403", 403}, {"429", 429}, {"500", 500}, {"304", 304}};
    bool moves = answer->headers[0] == 'L'; /* the rest is for the last place */
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0] && !moves; i++)
        if (length == 3 && strncmp(word, statuses[i].word, 3) == 0)
            answer->status = statuses[i].status;
    if (!moves && length == 3 && strncmp(word, "401", 3) == 0) {
        answer->status = 401;
        add_header(answer, "WWW-Authenticate: Bearer realm=\"r\"");
    }
#define IS(text) (length == sizeof text - 1 && strncmp(word, text, length) == 0)
    if (length > 3 && strncmp(word, "to-", 3) == 0)
        redirect(answer, word + 3);
    if (!moves && IS("digest"))
        challenge(answer, request, "Digest", "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\"");
    if (!moves && IS("basic"))
        challenge(answer, request, "Basic", "WWW-Authenticate: Basic realm=\"r\"");
    answer->drops |= !moves && (IS("drop") || (IS("again") && request->nth > 1));
    answer->halves |= !moves && IS("half");
    answer->closes |= IS("hush");
    answer->says_close |= IS("close");
    answer->chunked |= IS("chunk");
    if (IS("slow"))
        answer->after += 60;
    if (IS("big"))
        answer->repeats = 4000;
    if (IS("early"))
        answer->interim = 103;
    if (IS("cookie"))
        add_header(answer, "Set-Cookie: c=1; Path=/");
    if (IS("hsts"))
        add_header(answer, "Strict-Transport-Security: max-age=1000");
    if (IS("alt") && request->site->port == 443)
        add_header(answer, request->site->certificate == CERTIFICATE_APP
                               ? "Alt-Svc: h2=\":8443\"; ma=1000, http/1.1=\":8443\"; ma=1000"
                               : "Alt-Svc: h2=\"" WORLD_HOST ":443\"; ma=1000");
    if (IS("push"))
        answer->push = "/v1/pushed";
#undef IS
}

static void tunnel(const struct request *request, struct answer *answer)
{
    answer->tunnels = world_reach(request->target) != NULL;
    answer->status = answer->tunnels ? 200 : 502;
}

void answer_make(const struct request *request, struct answer *answer)
{
    memset(answer, 0, sizeof *answer);
    answer->status = 200;
    answer->repeats = 1;
    snprintf(answer->body, sizeof answer->body, "{\"ok\":1}\n");
    if (strcmp(request->method, "CONNECT") == 0) {
        tunnel(request, answer);
        return;
    }
    const char *word = request->target;
    while (*word != '\0' && *word != '?') {
        size_t length = strcspn(word, "/?");
        say_word(answer, request, word, length);
        word += length;
        word += *word == '/';
    }
    if (strcmp(request->method, "HEAD") == 0 || answer->status == 204 || answer->status == 304)
        answer->repeats = 0;
}
