/*
 * calls_run - plays sequences of libcurl calls without the library and with it, and compares.
 *
 * calls_run [-t SECONDS] [-s SEED [-k KEPT]] [-n COUNT] [-f FINDS] [-v] CALLS LIBRARY
 *
 * Both processes run the same program, CALLS; the library is preloaded into one. Exit status 1
 * where a sequence failed; it is then said as its fewest steps.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "fuzz/calls/run_folder.h"
#include "fuzz/calls/run_player.h"
#include "fuzz/calls/steps.h"

enum fault { FAULT_NONE, FAULT_BROKEN, FAULT_DIFFERENT, FAULT_STATUS, FAULT_USELESS };

static struct player without, with;

/* ---- one sequence ---------------------------------------------------------------------------- */

static enum fault judge(const struct seen *plain, const struct seen *ours)
{
    /* What libcurl itself does not survive is no fair question. */
    if (plain->status != 0)
        return FAULT_USELESS;
    if (ours->broken != NULL)
        return FAULT_BROKEN;
    if (ours->status != plain->status)
        return FAULT_STATUS;
    if (ours->size != plain->size || memcmp(ours->text, plain->text, ours->size) != 0)
        return FAULT_DIFFERENT;
    return FAULT_NONE;
}

static int line_length(const char *text)
{
    enum { MAX_LINE = 200 };
    size_t length = strcspn(text, "\n");
    return length < MAX_LINE ? (int)length : MAX_LINE;
}

/* The text around the first difference, from its line. */
static void show_difference(const struct seen *plain, const struct seen *ours)
{
    enum { BEFORE = 60 };
    size_t at = 0;
    while (at < plain->size && at < ours->size && plain->text[at] == ours->text[at])
        at++;
    size_t begin = at;
    while (begin > 0 && at - begin < BEFORE && plain->text[begin - 1] != '\n')
        begin--;
    printf("  without: %.*s\n", line_length(plain->text + begin), plain->text + begin);
    printf("  with:    %.*s\n", line_length(ours->text + begin), ours->text + begin);
}

static const char *program; /* CALLS */

/*
 * Tolerated: where two answers arrive at once libcurl looks at its handles in an order that comes
 * of their addresses, which are others in each process. Such a sequence differs from
 * itself.
 */
static bool differs_from_itself(const struct seen *plain, uint64_t seed, uint64_t kept)
{
    enum { TIMES = 16 };
    bool differs = false;
    for (int i = 0; i < TIMES && !differs; i++) {
        struct player again;
        struct seen seen;
        player_start(&again, program, NULL, i);
        player_ask(&again, seed, kept);
        player_hear(&again, &seen, NULL);
        player_stop(&again);
        differs = seen.size != plain->size || memcmp(seen.text, plain->text, seen.size) != 0;
        seen_forget(&seen);
    }
    return differs;
}

static unsigned long nkeys;

/* Plays it both ways. `why`, where it is not NULL, gets what was broken; the caller's. */
static enum fault play_both(uint64_t seed, uint64_t kept, char **why, FILE *shown[2])
{
    struct seen plain, ours;
    player_ask(&without, seed, kept);
    player_ask(&with, seed, kept);
    player_hear(&without, &plain, shown != NULL ? shown[0] : NULL);
    player_hear(&with, &ours, shown != NULL ? shown[1] : NULL);
    enum fault fault = judge(&plain, &ours);
    if (fault == FAULT_DIFFERENT && differs_from_itself(&plain, seed, kept))
        fault = FAULT_USELESS;
    if (shown != NULL && fault == FAULT_DIFFERENT)
        show_difference(&plain, &ours);
    if (why != NULL)
        *why = ours.broken != NULL ? strdup(ours.broken) : NULL;
    nkeys += ours.keys;
    seen_forget(&plain);
    seen_forget(&ours);
    return fault;
}

/* The same kind of fault: of broken rules the same one, by its last part. */
static bool same(enum fault fault, const char *why, enum fault other, const char *other_why)
{
    if (fault != other)
        return false;
    if (fault != FAULT_BROKEN)
        return true;
    const char *a = strrchr(why, ':'), *b = strrchr(other_why, ':');
    return strcmp(a != NULL ? a : why + strcspn(why, ","),
                  b != NULL ? b : other_why + strcspn(other_why, ",")) == 0;
}

/* Drops steps, in ever smaller groups, while the fault stays. */
static uint64_t minimise(uint64_t seed, uint64_t kept, enum fault fault, const char *why)
{
    for (unsigned size = 32; size > 0;) {
        bool dropped = false;
        for (unsigned at = 0; at < MAX_STEPS; at += size) {
            uint64_t group = (size == 64 ? ~UINT64_C(0) : (UINT64_C(1) << size) - 1) << at;
            char *other_why = NULL;
            if ((kept & group) == 0)
                continue;
            enum fault other = play_both(seed, kept & ~group, &other_why, NULL);
            if (same(fault, why, other, other_why)) {
                kept &= ~group;
                dropped = true;
            }
            free(other_why);
        }
        size = dropped && size == 1 ? 1 : size / 2;
    }
    return kept;
}

static void show(uint64_t seed, uint64_t kept, enum fault fault, const char *why)
{
    static const char *const names[] = {"", "a rule was broken", "the program saw a difference",
                                        "the program ended otherwise", ""};
    char text[1024], path[2][64];
    FILE *files[2];
    printf("FAIL seed %" PRIx64 " kept %" PRIx64 ": %s\n", seed, kept, names[fault]);
    if (fault == FAULT_BROKEN)
        printf("  %s", why);
    for (size_t i = 0; i < steps_count(seed); i++) {
        struct step step = steps_make(seed, i);
        steps_say(&step, text, sizeof text);
        if (kept >> i & 1)
            printf("    %s\n", text);
    }
    for (int i = 0; i < 2; i++) {
        snprintf(path[i], sizeof path[i], "calls-%" PRIx64 ".%s", seed,
                 i == 0 ? "without" : "with");
        files[i] = fopen(path[i], "w");
        if (files[i] == NULL)
            run_die(path[i]);
    }
    play_both(seed, kept, NULL, files);
    fclose(files[0]);
    fclose(files[1]);
    printf("  traces: %s %s\n", path[0], path[1]);
    fflush(stdout);
}

static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
    stopped = number;
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct options {
    const char *calls;
    const char *library;
    double seconds;
    uint64_t seed;
    uint64_t kept;       /* the steps of the one sequence to play; 0: all, and more sequences */
    unsigned long count; /* 0: no limit */
    unsigned long finds; /* after so many it ends */
    bool verifies; /* the policy names authorities, so that the library verifies peers itself */
};

static void usage(void)
{
    fprintf(stderr, "usage: calls_run [-t SECONDS] [-s SEED [-k KEPT]] [-n COUNT] [-f FINDS] [-v] "
                    "CALLS LIBRARY\n");
    exit(2);
}

static void read_options(int argc, char **argv, struct options *options)
{
    *options = (struct options){.seconds = 60, .finds = 10};
    if (getrandom(&options->seed, sizeof options->seed, 0) != sizeof options->seed)
        run_die("getrandom");
    for (int c; (c = getopt(argc, argv, "t:s:k:n:f:v")) != -1;) {
        if (c == 't')
            options->seconds = strtod(optarg, NULL);
        else if (c == 's')
            options->seed = strtoull(optarg, NULL, 16);
        else if (c == 'k')
            options->kept = strtoull(optarg, NULL, 16);
        else if (c == 'n')
            options->count = strtoul(optarg, NULL, 10);
        else if (c == 'f')
            options->finds = strtoul(optarg, NULL, 10);
        else if (c == 'v')
            options->verifies = true;
        else
            usage();
    }
    if (argc - optind != 2)
        usage();
    options->calls = argv[optind];
    options->library = argv[optind + 1];
}

/* True where it failed. */
static bool try(uint64_t seed, uint64_t kept, unsigned long *useless)
{
    char *why = NULL;
    enum fault fault = play_both(seed, kept, &why, NULL);
    bool failed = fault != FAULT_NONE && fault != FAULT_USELESS;
    *useless += fault == FAULT_USELESS;
    if (failed)
        show(seed, minimise(seed, kept, fault, why), fault, why);
    free(why);
    return failed;
}

static unsigned long run(const struct options *options)
{
    unsigned long count = 0, useless = 0, failed = 0;
    double began = seconds();
    uint64_t kept = options->kept != 0 ? options->kept : ~UINT64_C(0);
    unsigned long limit = options->kept != 0 ? 1 : options->count;
    printf("seeds from %" PRIx64 " on\n", options->seed);
    fflush(stdout);
    while (stopped == 0 && seconds() - began < options->seconds && failed < options->finds &&
           (limit == 0 || count < limit))
        failed += try(options->seed + count++, kept, &useless);
    printf("%lu sequences, %lu keys, %lu not judged, %lu failed, %.1f a second\n", count, nkeys,
           useless, failed, (double)count / (seconds() - began));
    return failed;
}

int main(int argc, char **argv)
{
    struct options options;
    read_options(argc, argv, &options);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    run_folder_make(options.verifies);
    if (options.verifies)
        setenv("CALLS_VERIFIES", "1", 1);
    program = options.calls;
    player_start(&without, options.calls, NULL, 0);
    player_start(&with, options.calls, options.library, 0);
    unsigned long failed = run(&options);
    player_stop(&without);
    player_stop(&with);
    run_folder_remove();
    return failed > 0;
}
