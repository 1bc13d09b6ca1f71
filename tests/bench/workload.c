/*
 * The program that is measured: workload THREADS KIND COUNT [URL [HEADER-FILE]].
 *
 * Each thread sets up, then does COUNT operations of one KIND between two marks; callgrind counts
 * only between them, and the time between them, in ns per operation, is printed. It knows nothing
 * of the library. With HEADER-FILE it sends that header line by itself.
 */
#include <err.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>
#include <valgrind/callgrind.h>

enum { MAX_THREADS = 64, WARM_UP = 8, RING = 4, PROBES = 64, BATCHES = 41, CALLS = 200000 };

struct worker {
    pthread_t thread;
    CURL *easy;
    CURLM *multi;
    CURL *ring[RING];
    unsigned turn;
};

static const char *url;
static struct curl_slist *headers;
static struct curl_slist *routes;
static long count;
static bool unmarked;             /* the caller counts by function instead: WORKLOAD_UNMARKED */
static bool unverified;           /* WORKLOAD_UNVERIFIED: it does not ask whom it talks to */
static pthread_barrier_t barrier; /* all threads are set up; all are done */

/* ---- kinds of operation ---------------------------------------------------------------------- */

static size_t discard(char *data, size_t size, size_t n, void *user)
{
    (void)data, (void)user;
    return size * n;
}

static void set_up(struct worker *worker)
{
    CURL *easy = curl_easy_init();
    worker->multi = curl_multi_init();
    worker->easy = easy;
    if (easy == NULL || worker->multi == NULL)
        errx(1, "no handle");
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, routes);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 120L);
    if (unverified) {
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (headers != NULL)
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    if (url != NULL)
        curl_easy_setopt(easy, CURLOPT_URL, url);
}

/* Several live at once, so that the figure does not hang on where one block lies in the heap. */
static void init_cleanup(struct worker *worker)
{
    CURL **oldest = &worker->ring[worker->turn++ % RING];
    curl_easy_cleanup(*oldest);
    *oldest = curl_easy_init();
}

static void setopt_other(struct worker *worker)
{
    curl_easy_setopt(worker->easy, CURLOPT_LOW_SPEED_TIME, 30L);
}

static void setopt_kept(struct worker *worker)
{
    curl_easy_setopt(worker->easy, CURLOPT_SSL_VERIFYPEER, 1L);
}

static void add_remove(struct worker *worker)
{
    if (curl_multi_add_handle(worker->multi, worker->easy) != CURLM_OK ||
        curl_multi_remove_handle(worker->multi, worker->easy) != CURLM_OK)
        errx(1, "multi");
}

static void perform(struct worker *worker)
{
    CURLcode code = curl_easy_perform(worker->easy);
    if (code != CURLE_OK)
        errx(1, "%s: %s", url, curl_easy_strerror(code));
}

/* By a handle that asked another scheme before. */
static void perform_again(struct worker *worker)
{
    if (worker->turn++ == 0) {
        curl_easy_setopt(worker->easy, CURLOPT_URL, "https://127.0.0.1:1/refused");
        curl_easy_perform(worker->easy);
        curl_easy_setopt(worker->easy, CURLOPT_URL, url);
    }
    perform(worker);
}

/* What a client does around a request, without one. */
static void whole_life(struct worker *worker)
{
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 10L);
    CURL *copy = curl_easy_duphandle(easy);
    curl_easy_reset(easy);
    curl_multi_add_handle(worker->multi, copy);
    curl_multi_remove_handle(worker->multi, copy);
    curl_easy_cleanup(copy);
    curl_easy_cleanup(easy);
}

static const struct kind {
    const char *name;
    void (*operation)(struct worker *);
} kinds[] = {
    {"init-cleanup", init_cleanup},   {"setopt-other", setopt_other}, {"setopt-kept", setopt_kept},
    {"add-remove", add_remove},       {"perform", perform},           {"whole-life", whole_life},
    {"perform-again", perform_again},
};
static const struct kind *kind;

/* ---- measuring ------------------------------------------------------------------------------- */

static double read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static double now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* Of this thread alone: what else the machine does hardly shows. */
static double spent(void)
{
    return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static void mark(void)
{
    if (!unmarked)
        CALLGRIND_TOGGLE_COLLECT;
}

static void *work(void *data)
{
    struct worker *worker = data;
    set_up(worker);
    for (int i = 0; i < WARM_UP; i++)
        kind->operation(worker);
    pthread_barrier_wait(&barrier);
    mark(); /* valgrind counts each thread apart */
    for (long i = 0; i < count; i++)
        kind->operation(worker);
    mark();
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < RING; i++)
        curl_easy_cleanup(worker->ring[i]);
    curl_easy_cleanup(worker->easy);
    curl_multi_cleanup(worker->multi);
    return NULL;
}

/* One "thread" is the main one: the process has no other. */
static void run(unsigned threads)
{
    static struct worker workers[MAX_THREADS];
    if (threads == 1) {
        pthread_barrier_init(&barrier, NULL, 1);
        double start = now();
        work(&workers[0]);
        printf("%.1f\n", (now() - start) / (double)count);
        return;
    }
    pthread_barrier_init(&barrier, NULL, threads + 1);
    for (unsigned i = 0; i < threads; i++)
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            errx(1, "no thread");
    pthread_barrier_wait(&barrier);
    double start = now();
    pthread_barrier_wait(&barrier);
    printf("%.1f\n", (now() - start) / (double)count / threads);
    for (unsigned i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
}

/* ---- many live handles ----------------------------------------------------------------------- */

static CURL **make_handles(void)
{
    CURL **handles = calloc((size_t)count, sizeof *handles);
    for (long i = 0; handles != NULL && i < count; i++) {
        handles[i] = curl_easy_init();
        if (handles[i] == NULL)
            errx(1, "no handle");
    }
    if (handles == NULL)
        errx(1, "no memory");
    return handles;
}

static void print_memory(void)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "RssAnon:", 8) == 0)
            printf("%.0f\n", strtod(line + 8, NULL) * 1024);
    if (file != NULL)
        fclose(file);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ns a call: the median of batches, over `probes` handles that lie evenly among all. */
static void print_call(CURL **handles, long probes)
{
    double batches[BATCHES];
    for (int batch = 0; batch < BATCHES; batch++) {
        double start = spent();
        for (long i = 0, at = 0; i < CALLS; i++, at = at + 1 < probes ? at + 1 : 0)
            curl_easy_setopt(handles[at * (count / probes)], CURLOPT_SSL_VERIFYPEER, 1L);
        batches[batch] = (spent() - start) / CALLS;
    }
    qsort(batches, BATCHES, sizeof *batches, compare);
    printf("%.2f\n", batches[BATCHES / 2]);
}

/* ns until the first request has begun: the library reads its policy where a multi handle is
 * driven. */
static void print_first(void)
{
    struct worker worker;
    int running;
    set_up(&worker);
    double start = now();
    if (curl_multi_add_handle(worker.multi, worker.easy) != CURLM_OK ||
        curl_multi_perform(worker.multi, &running) != CURLM_OK ||
        curl_multi_remove_handle(worker.multi, worker.easy) != CURLM_OK)
        errx(1, "multi");
    printf("%.0f\n", now() - start);
}

static bool special(const char *name)
{
    if (strcmp(name, "memory") == 0) {
        CURL **handles = make_handles();
        print_memory();
        free(handles);
    } else if (strcmp(name, "calls") == 0) {
        print_call(make_handles(), count < PROBES ? count : PROBES);
    } else if (strcmp(name, "calls-everywhere") == 0) {
        print_call(make_handles(), count);
    } else if (strcmp(name, "first") == 0) {
        print_first();
    } else {
        return false;
    }
    return true;
}

static void read_header(const char *path)
{
    char line[8192];
    FILE *file = fopen(path, "re");
    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        err(1, "%s", path);
    fclose(file);
    headers = curl_slist_append(NULL, line);
}

int main(int argc, char **argv)
{
    if (argc < 4)
        errx(2, "usage: workload THREADS KIND COUNT [URL [HEADER-FILE]]");
    unsigned threads = (unsigned)strtoul(argv[1], NULL, 10);
    count = strtol(argv[3], NULL, 10);
    unmarked = getenv("WORKLOAD_UNMARKED") != NULL;
    unverified = getenv("WORKLOAD_UNVERIFIED") != NULL;
    url = argc > 4 ? argv[4] : NULL;
    routes = curl_slist_append(NULL, getenv("ORIGIN_ROUTE"));
    if (argc > 5)
        read_header(argv[5]);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, argv[2]) == 0)
            kind = &kinds[i];
    if (threads == 0 || threads > MAX_THREADS || count < 1)
        errx(2, "%s threads, %s times", argv[1], argv[3]);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    if (kind != NULL)
        run(threads);
    else if (!special(argv[2]))
        errx(2, "unknown kind '%s'", argv[2]);
    return 0;
}
