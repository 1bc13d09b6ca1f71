#include "policy_cost.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "commissioned/policy_image.h"
#include "core/decide.h"
#include "core/target.h"
#include "support/tmpdir.h"

enum { LOADS = 7, HOPS = 512, ROUNDS = 400, BATCHES = 9 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return values[count / 2];
}

static char *write_policy(const char *folder, unsigned rules)
{
    char key[TEST_KEY_LENGTH + 1];
    test_key_make(key);
    char *path = tmpdir_printf(folder, "rules.conf", 0600,
                               "keys = ({ name = \"k\"; api_key = \"%s\"; });\nrules = (\n", key);
    FILE *file = fopen(path, "ae");
    if (file == NULL)
        err(99, "%s", path);
    for (unsigned i = 0; i < rules; i++)
        fprintf(file,
                "  { name = \"r%u\"; key = \"k\"; url = "
                "\"https://app.commissioned.tech/v1/project-%u\"; }%s\n",
                i, i, i + 1 < rules ? "," : "");
    fprintf(file, ");\n");
    if (fclose(file) != 0)
        err(99, "%s", path);
    return path;
}

static struct policy_image *load(const char *path, unsigned rules)
{
    struct policy_request request = {
        .abi = POLICY_IMAGE_ABI, .system_file = path, .program = "/usr/bin/curl"};
    struct policy_image *image = commissioned_policy_build(&request);
    if (image == NULL || image->error != NULL || image->nrules != rules)
        errx(99, "%u rules: %s", rules,
             image != NULL && image->error != NULL ? image->error : "not read");
    return image;
}

/* Half of them inside some rule, a quarter beside all, a quarter on another host. */
static void make_urls(char urls[HOPS][128], unsigned rules)
{
    for (unsigned i = 0; i < HOPS; i++) {
        const char *host = i % 4 == 3 ? "api.example.com" : "app.commissioned.tech";
        snprintf(urls[i], 128, "https://%s/v1/%s-%u/chat/completions", host,
                 i % 4 == 2 ? "other" : "project", (i * 7919) % rules);
    }
}

static unsigned decide_all(const struct policy_image *image, char urls[HOPS][128])
{
    unsigned keys = 0;
    for (unsigned i = 0; i < HOPS; i++) {
        struct target target;
        struct hop hop = {.method = "POST", .target = &target};
        if (target_scan(urls[i], &target) != TARGET_CANONICAL)
            errx(99, "%s: not canonical", urls[i]);
        keys += decide(image, &hop).verdict == VERDICT_KEY;
    }
    return keys;
}

static double time_decisions(const struct policy_image *image, unsigned rules)
{
    static char urls[HOPS][128];
    double batches[BATCHES];
    make_urls(urls, rules);
    for (int batch = 0; batch < BATCHES; batch++) {
        double start = now();
        for (int i = 0; i < ROUNDS; i++)
            if (decide_all(image, urls) != HOPS / 2)
                errx(99, "a decision is wrong");
        batches[batch] = (now() - start) / ROUNDS / HOPS;
    }
    return median(batches, BATCHES);
}

struct policy_cost policy_cost(const char *folder, unsigned rules)
{
    double loads[LOADS];
    char *path = write_policy(folder, rules);
    for (int i = 0; i < LOADS; i++) {
        double start = now();
        policy_image_free(load(path, rules));
        loads[i] = (now() - start) / 1e6;
    }
    struct policy_image *image = load(path, rules);
    struct policy_cost cost = {median(loads, LOADS), time_decisions(image, rules)};
    policy_image_free(image);
    free(path);
    return cost;
}
