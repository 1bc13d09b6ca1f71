/*
 * calls_run - plays sequences of libcurl calls without the library and with it, and compares.
 *
 * calls_run CALLS LIBRARY SECONDS [SEED [COUNT]]
 *
 * Both processes run the same program, CALLS; the library is preloaded into one. Exit status 1
 * where a sequence failed; it is then said as its fewest steps.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "devserver_certificate.h"
#include "fuzz/calls/steps.h"
#include "support/tmpdir.h"

enum { FINDS = 10 /* more are not minimised */ };

struct player {
    pid_t pid;
    FILE *to;
    FILE *from;
};

/* What one process saw of a sequence. */
struct seen {
    char *text; /* what is to be the same */
    size_t size;
    char *broken; /* the first rule that was broken, or NULL */
    unsigned keys;
    int status;
};

enum fault { FAULT_NONE, FAULT_BROKEN, FAULT_DIFFERENT, FAULT_STATUS, FAULT_USELESS };

static char *folder;

static void die(const char *what)
{
    perror(what);
    exit(2);
}

/* ---- the folder --------------------------------------------------------------------------------
 */

static void put_file(const char *name, const char *text)
{
    free(tmpdir_printf(folder, name, 0600, "%s", text));
}

static void put_certificate(const char *name, const char *host, FILE *authorities)
{
    struct ds_certificate certificate;
    struct ds_why why;
    if (!ds_certificate_make(host, &certificate, &why))
        die(host);
    put_file(name, certificate.server_pem);
    if (authorities != NULL)
        fputs(certificate.ca_pem, authorities);
    ds_certificate_clear(&certificate);
}

static void put_policy(const char *name, const char *url)
{
    free(tmpdir_printf(
        folder, name, 0600,
        "keys = ({ name = \"k\"; file = \"%s/key\"; next = \"%s/next\"; });\n"
        "rules = ({ name = \"r\"; key = \"k\"; url = \"%s\"; report = \"none\"; });\n",
        folder, folder, url));
}

static void make_folder(void)
{
    char key[TEST_KEY_LENGTH + 1];
    char *authorities = NULL;
    size_t size = 0;
    folder = tmpdir_make();
    test_key_make(key);
    put_file("key", key);
    test_key_make(key);
    put_file("next", key);
    FILE *out = open_memstream(&authorities, &size);
    put_certificate("app.pem", "app.commissioned.tech", out);
    put_certificate("evil.pem", "evil.example", out);
    put_certificate("impostor.pem", "app.commissioned.tech", NULL);
    fclose(out);
    put_file("ca.pem", authorities);
    free(authorities);
    put_policy("whole.conf", "https://app.commissioned.tech");
    put_policy("narrow.conf", "https://app.commissioned.tech/v1");
}

/* ---- the two processes -------------------------------------------------------------------------
 */

static void start(struct player *player, const char *calls, const char *library)
{
    int to[2], from[2];
    if (pipe2(to, O_CLOEXEC) != 0 || pipe2(from, O_CLOEXEC) != 0)
        die("pipe");
    player->pid = fork();
    if (player->pid == 0) {
        dup2(to[0], STDIN_FILENO);
        dup2(from[1], STDOUT_FILENO);
        setenv("HOME", folder, 1);
        unsetenv("XDG_CONFIG_HOME");
        unsetenv("COMMISSIONED_AUTH_DEBUG");
        unsetenv("LD_PRELOAD");
        if (library != NULL)
            setenv("LD_PRELOAD", library, 1);
        execl(calls, calls, folder, (char *)NULL);
        _exit(127);
    }
    close(to[0]);
    close(from[1]);
    player->to = fdopen(to[1], "w");
    player->from = fdopen(from[0], "r");
}

static void stop(struct player *player)
{
    fclose(player->to);
    fclose(player->from);
    waitpid(player->pid, NULL, 0);
}

static void ask(struct player *player, uint64_t seed, uint64_t kept)
{
    fprintf(player->to, "%" PRIx64 " %" PRIx64 "\n", seed, kept);
    fflush(player->to);
}

/* `shown`, where it is not NULL, gets the whole trace. */
static void hear(struct player *player, struct seen *seen, FILE *shown)
{
    char *line = NULL;
    size_t size = 0;
    memset(seen, 0, sizeof *seen);
    FILE *out = open_memstream(&seen->text, &seen->size);
    for (;;) {
        if (getline(&line, &size, player->from) <= 0)
            die("the program ended");
        if (shown != NULL)
            fputs(line, shown);
        if (line[0] == '=')
            break;
        if (line[0] == '!' && seen->broken == NULL)
            seen->broken = strdup(line + 2);
        seen->keys += line[0] == '+';
        if (line[0] != '!' && line[0] != '+')
            fputs(line, out);
    }
    seen->status = atoi(line + 1);
    fclose(out);
    free(line);
}

static void forget(struct seen *seen)
{
    free(seen->text);
    free(seen->broken);
}

static struct player without, with;

/* ---- one sequence ------------------------------------------------------------------------------
 */

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

static unsigned long nkeys;

/* Plays it both ways. `why`, where it is not NULL, gets what was broken; the caller's. */
static enum fault play_both(uint64_t seed, uint64_t kept, char **why, FILE *shown[2])
{
    struct seen plain, ours;
    ask(&without, seed, kept);
    ask(&with, seed, kept);
    hear(&without, &plain, shown != NULL ? shown[0] : NULL);
    hear(&with, &ours, shown != NULL ? shown[1] : NULL);
    enum fault fault = judge(&plain, &ours);
    if (why != NULL)
        *why = ours.broken != NULL ? strdup(ours.broken) : NULL;
    nkeys += ours.keys;
    forget(&plain);
    forget(&ours);
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
        for (unsigned at = 0; at < STEPS_MAX; at += size) {
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
            die(path[i]);
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

int main(int argc, char **argv)
{
    uint64_t seed;
    unsigned long count = 0, useless = 0, failed = 0, limit = 0;
    if (argc < 4) {
        fprintf(stderr, "usage: calls_run CALLS LIBRARY SECONDS [SEED [COUNT|KEPT]]\n");
        return 2;
    }
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        die("getrandom");
    if (argc > 4)
        seed = strtoull(argv[4], NULL, 16);
    if (argc > 5)
        limit = strtoul(argv[5], NULL, 10);
    signal(SIGTERM, on_signal);
    signal(SIGINT, on_signal);
    make_folder();
    start(&without, argv[1], NULL);
    start(&with, argv[1], argv[2]);
    double end = seconds() + strtod(argv[3], NULL), began = seconds();
    printf("seeds from %" PRIx64 " on\n", seed);
    for (; stopped == 0 && seconds() < end && (limit == 0 || count < limit) && failed < FINDS;
         seed++, count++) {
        char *why = NULL;
        enum fault fault = play_both(seed, ~UINT64_C(0), &why, NULL);
        useless += fault == FAULT_USELESS;
        if (fault != FAULT_NONE && fault != FAULT_USELESS) {
            failed++;
            show(seed, minimise(seed, ~UINT64_C(0), fault, why), fault, why);
        }
        free(why);
    }
    printf("%lu sequences, %lu keys, %lu not judged, %lu failed, %.1f a second\n", count, nkeys,
           useless, failed, (double)count / (seconds() - began));
    stop(&without);
    stop(&with);
    tmpdir_remove(folder);
    return failed > 0;
}
