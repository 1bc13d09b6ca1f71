/*
 * rotate.c - a client that knows nothing of us and does what its arguments say, one after the
 * other, on one handle.
 *
 *   get URL        a request; prints libcurl's result and the status, and the error buffer if set
 *   repeat N URL   N of them, silent
 *   header LINE    one more line in the handle's list       method WORD   CURLOPT_CUSTOMREQUEST
 *   headers        no list any more                         post BODY     a POST with this body
 *   follow         redirects are followed                   any           back to GET
 *   begin URL      a transfer in a multi handle, not yet driven; end drives it and prints as get
 *   meanwhile ... done   what stands between is done when the first line of the answer to the next
 *                  begun transfer arrives
 *   run COMMAND    by the shell                             sleep MS
 *   user UID       as this effective user from now on
 *   rotate N FILE URL  N times: another key in FILE, a pause longer than a tick, a request
 *   load FILE      transfers without end, LOAD_THREADS threads of LOAD_HANDLES each, with the time
 *                  at which each began in X-Began, until FILE is there; prints what came of them
 *   memory         prints how many mappings and descriptors there are, and the memory in use
 *
 * ORIGIN_TLS names the server's port, ORIGIN_CA its CA.
 */
#include <dirent.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

static CURL *easy;
static CURL *waiting;
static CURLM *multi;
static struct curl_slist *routes;
static struct curl_slist *list;
static long following; /* CURLOPT_FOLLOWLOCATION */
static char sentence[CURL_ERROR_SIZE];
static char **meanwhile; /* words, or NULL */

static char **obey(char **word);

static void fail(const char *what)
{
    printf("rotate: %s\n", what);
    exit(1);
}

static void check(int ok, const char *what)
{
    if (!ok)
        fail(what);
}

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

static CURL *make_handle(void)
{
    CURL *handle = curl_easy_init();
    check(handle != NULL, "no handle");
    curl_easy_setopt(handle, CURLOPT_CONNECT_TO, routes);
    curl_easy_setopt(handle, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, sentence);
    curl_easy_setopt(handle, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle, CURLOPT_PROXY, "");
    return handle;
}

static void print_result(CURL *handle, CURLcode result)
{
    long status = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
    printf("%d %ld%s%s\n", (int)result, status, sentence[0] != '\0' ? " " : "", sentence);
}

/* ---- requests -------------------------------------------------------------------------------- */

/* The texts of the list, to be compared after a request. */
static void copy_list(char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (const struct curl_slist *node = list; node != NULL && used < size; node = node->next)
        used +=
            (size_t)snprintf(text + used, size - used, "%p %s|", (const void *)node, node->data);
}

static CURLcode request(const char *url)
{
    static char before[4096], after[4096];
    copy_list(before, sizeof before);
    sentence[0] = '\0';
    curl_easy_setopt(easy, CURLOPT_URL, url);
    CURLcode result = curl_easy_perform(easy);
    char *effective = NULL;
    curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &effective);
    check(effective != NULL && effective[0] != '\0', "no effective URL");
    copy_list(after, sizeof after);
    check(strcmp(before, after) == 0, "the application's list was changed");
    return result;
}

static void get(const char *url)
{
    CURLcode result = request(url);
    print_result(easy, result);
}

static void repeat(const char *count, const char *url)
{
    for (long i = strtol(count, NULL, 10); i > 0; i--)
        request(url);
}

static size_t do_meanwhile(char *data, size_t size, size_t count, void *user)
{
    char **word = meanwhile;
    meanwhile = NULL;
    while (word != NULL && strcmp(*word, "done") != 0)
        word = obey(word);
    return discard(data, size, count, user);
}

static void begin(const char *url)
{
    multi = curl_multi_init();
    waiting = make_handle();
    sentence[0] = '\0';
    curl_easy_setopt(waiting, CURLOPT_URL, url);
    curl_easy_setopt(waiting, CURLOPT_FOLLOWLOCATION, following);
    curl_easy_setopt(waiting, CURLOPT_HEADERFUNCTION, do_meanwhile);
    check(curl_multi_add_handle(multi, waiting) == CURLM_OK, "multi add");
}

static void end(void)
{
    int running = 1, queued;
    while (running > 0) {
        check(curl_multi_perform(multi, &running) == CURLM_OK, "multi perform");
        curl_multi_wait(multi, NULL, 0, 20, NULL);
    }
    const CURLMsg *message = curl_multi_info_read(multi, &queued);
    check(message != NULL, "no message");
    print_result(waiting, message->data.result);
    curl_multi_remove_handle(multi, waiting);
    curl_easy_cleanup(waiting);
    curl_multi_cleanup(multi);
}

/* The key of the file with another end, in the file's place. */
static void change_key(const char *path, unsigned number)
{
    char key[4200] = "", end[16], fresh[4200];
    FILE *file = fopen(path, "re");
    check(file != NULL && fgets(key, sizeof key, file) != NULL, path);
    fclose(file);
    size_t length = strcspn(key, "\n");
    int end_length = snprintf(end, sizeof end, "%05u", number);
    check(length > (size_t)end_length, path);
    memcpy(key + length - (size_t)end_length, end, (size_t)end_length);
    snprintf(fresh, sizeof fresh, "%s.new", path);
    umask(077);
    file = fopen(fresh, "we");
    check(file != NULL && fputs(key, file) >= 0 && fclose(file) == 0, fresh);
    check(rename(fresh, path) == 0, fresh);
}

static void rotate(const char *count, const char *path, const char *url)
{
    unsigned end = (unsigned)strtoul(count, NULL, 10);
    for (unsigned i = 0; i < end; i++) {
        change_key(path, i);
        usleep(12000);
        check(request(url) == CURLE_OK, "a request failed");
    }
}

/* ---- many at once ---------------------------------------------------------------------------- */

enum { LOAD_THREADS = 10, LOAD_HANDLES = 10 };

struct flight {
    CURL *handle;
    struct curl_slist header;
    char began[64];
};

struct crew {
    pthread_t thread;
    const char *stop;
    unsigned long done, refused, failed;
    struct flight flights[LOAD_HANDLES];
};

static void take_off(CURLM *crew_multi, struct flight *flight)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(flight->began, sizeof flight->began, "X-Began: %lld",
             (long long)now.tv_sec * 1000000000 + now.tv_nsec);
    check(curl_multi_add_handle(crew_multi, flight->handle) == CURLM_OK, "multi add");
}

static void count_landing(struct crew *crew, const CURLMsg *message)
{
    long status = 0;
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    crew->done++;
    if (message->data.result != CURLE_OK)
        crew->failed++;
    else if (status != 200)
        crew->refused++;
}

static int land(struct crew *crew, CURLM *crew_multi, int again)
{
    int queued, landed = 0;
    for (const CURLMsg *message; (message = curl_multi_info_read(crew_multi, &queued)) != NULL;
         landed++) {
        struct flight *flight;
        CURL *handle = message->easy_handle;
        count_landing(crew, message);
        curl_easy_getinfo(handle, CURLINFO_PRIVATE, &flight);
        curl_multi_remove_handle(crew_multi, handle);
        if (again)
            take_off(crew_multi, flight);
    }
    return landed;
}

static void *fly(void *data)
{
    struct crew *crew = data;
    CURLM *crew_multi = curl_multi_init();
    int running, aloft = LOAD_HANDLES;
    for (int i = 0; i < LOAD_HANDLES; i++) {
        struct flight *flight = &crew->flights[i];
        flight->handle = make_handle();
        flight->header = (struct curl_slist){flight->began, NULL};
        curl_easy_setopt(flight->handle, CURLOPT_ERRORBUFFER, NULL);
        curl_easy_setopt(flight->handle, CURLOPT_URL, "https://app.commissioned.tech/v1/load");
        curl_easy_setopt(flight->handle, CURLOPT_PRIVATE, flight);
        curl_easy_setopt(flight->handle, CURLOPT_HTTPHEADER, &flight->header);
        take_off(crew_multi, flight);
    }
    while (aloft > 0) {
        int stopped = access(crew->stop, F_OK) == 0;
        check(curl_multi_perform(crew_multi, &running) == CURLM_OK, "multi perform");
        int landed = land(crew, crew_multi, !stopped);
        aloft -= stopped ? landed : 0;
        check(curl_multi_perform(crew_multi, &running) == CURLM_OK, "multi perform");
        usleep(30000); /* a core is left for the server and for others */
    }
    for (int i = 0; i < LOAD_HANDLES; i++)
        curl_easy_cleanup(crew->flights[i].handle);
    curl_multi_cleanup(crew_multi);
    return NULL;
}

static void load(const char *stop)
{
    static struct crew crews[LOAD_THREADS];
    unsigned long done = 0, refused = 0, failed = 0;
    memset(crews, 0, sizeof crews);
    for (int i = 0; i < LOAD_THREADS; i++) {
        crews[i].stop = stop;
        check(pthread_create(&crews[i].thread, NULL, fly, &crews[i]) == 0, "no thread");
    }
    for (int i = 0; i < LOAD_THREADS; i++) {
        pthread_join(crews[i].thread, NULL);
        done += crews[i].done;
        refused += crews[i].refused;
        failed += crews[i].failed;
    }
    printf("load %lu requests %lu refused %lu failed\n", done, refused, failed);
}

/* ---- its memory ------------------------------------------------------------------------------ */

static long count_descriptors(void)
{
    long count = 0;
    DIR *folder = opendir("/proc/self/fd");
    check(folder != NULL, "/proc/self/fd");
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

/* Written and never read: shared or file pages come and go by themselves, these do not. */
static long anonymous_kb(long *maps)
{
    char line[512];
    long kb, sum = 0;
    FILE *file = fopen("/proc/self/smaps", "re");
    check(file != NULL, "/proc/self/smaps");
    *maps = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, "VmFlags:", 8) == 0)
            ++*maps;
        if (sscanf(line, "Anonymous: %ld kB", &kb) == 1)
            sum += kb;
    }
    fclose(file);
    return sum;
}

/* What threads gave back and glibc keeps for the next ones is a matter of their turns: some MB. */
static void memory(void)
{
    long maps, kb;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    kb = anonymous_kb(&maps);
    printf("memory %ld kB %ld maps %ld descriptors\n", kb, maps, count_descriptors());
}

/* ---- what its arguments say ------------------------------------------------------------------ */

static void header(const char *line)
{
    list = curl_slist_append(list, line);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list);
}

static void no_headers(void)
{
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(list);
    list = NULL;
}

static void set_method(const char *word)
{
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, word);
}

static void post(const char *body)
{
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
}

static void any(void)
{
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, NULL);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
}

static void follow(void)
{
    following = 1;
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, following);
}

static void run(const char *command)
{
    unsetenv("LD_PRELOAD"); /* the shell may be for another C library */
    check(system(command) == 0, command);
}

static void doze(const char *milliseconds)
{
    usleep((useconds_t)strtoul(milliseconds, NULL, 10) * 1000);
}

static void become(const char *uid)
{
    check(seteuid((uid_t)strtoul(uid, NULL, 10)) == 0, "seteuid");
}

static const struct {
    const char *name;
    void (*alone)(void);
    void (*with)(const char *);
} words[] = {
    {"get", NULL, get},           {"header", NULL, header}, {"headers", no_headers, NULL},
    {"method", NULL, set_method}, {"post", NULL, post},     {"any", any, NULL},
    {"follow", follow, NULL},     {"begin", NULL, begin},   {"end", end, NULL},
    {"run", NULL, run},           {"user", NULL, become},   {"sleep", NULL, doze},
    {"memory", memory, NULL},     {"load", NULL, load},
};
enum { WORDS = sizeof words / sizeof words[0] };

static char **obey(char **word)
{
    if (strcmp(*word, "meanwhile") == 0) {
        meanwhile = word + 1;
        while (word[1] != NULL && strcmp(*word, "done") != 0)
            word++;
        return word + 1;
    }
    if (strcmp(*word, "repeat") == 0 && word[1] != NULL && word[2] != NULL) {
        repeat(word[1], word[2]);
        return word + 3;
    }
    if (strcmp(*word, "rotate") == 0 && word[1] != NULL && word[2] != NULL && word[3] != NULL) {
        rotate(word[1], word[2], word[3]);
        return word + 4;
    }
    for (size_t i = 0; i < WORDS; i++) {
        if (strcmp(*word, words[i].name) != 0)
            continue;
        if (words[i].alone != NULL) {
            words[i].alone();
            return word + 1;
        }
        check(word[1] != NULL, *word);
        words[i].with(word[1]);
        return word + 2;
    }
    fail(*word);
    return NULL;
}

int main(int argc, char **argv)
{
    char route[64];
    (void)argc;
    setvbuf(stdout, NULL, _IONBF, 0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    snprintf(route, sizeof route, "::127.0.0.1:%s", getenv("ORIGIN_TLS"));
    routes = curl_slist_append(NULL, route);
    easy = make_handle();
    for (char **word = argv + 1; *word != NULL;)
        word = obey(word);
    curl_easy_cleanup(easy);
    curl_slist_free_all(list);
    curl_slist_free_all(routes);
    curl_global_cleanup();
    return 0;
}
