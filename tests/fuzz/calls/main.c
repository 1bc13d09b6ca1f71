/*
 * calls - plays sequences of libcurl calls and writes what a program sees of them.
 *
 * calls FOLDER: reads lines "SEED KEPT" (both hexadecimal) and answers each with the trace of that
 * sequence, played in a child of its own, and a line "= STATUS". FOLDER has the certificates, the
 * keys and the policies, as calls_run makes them.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <curl/curl.h>

#include "handle.h"
#include "oracle.h"
#include "play.h"
#include "server.h"
#include "trace.h"

enum { MAX_SECONDS = 20 /* seconds of a sequence */ };

static char *slurp(const char *folder, const char *name)
{
    char path[4096];
    size_t size = 0;
    char *text = NULL;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    if (file == NULL || getline(&text, &size, file) <= 0) {
        fprintf(stderr, "calls: %s: cannot be read\n", path);
        exit(2);
    }
    fclose(file);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

/* Half of the seeds have the whole origin; one in eight a policy that is about nothing here, and
 * one in eight one that names methods. */
static void choose_policy(const char *folder, uint64_t seed)
{
    static const struct {
        const char *name;
        const char *scope;
    } policies[] = {{"whole", ""}, {"narrow", "/v1"}, {"nothing", "/nothing"}, {"reading", ""}};
    char path[4096];
    unsigned which = seed % 8 == 7 ? 2 : seed % 8 == 4 ? 3 : seed & 1;
    snprintf(path, sizeof path, "%s/%s.conf", folder, policies[which].name);
    setenv("COMMISSIONED_AUTH_CONFIG", path, 1);
    oracle_scope = policies[which].scope;
    oracle_reads_only = which == 3;
}

static void play_in_child(const char *folder, uint64_t seed, uint64_t kept)
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        alarm(MAX_SECONDS);
        choose_policy(folder, seed);
        play(seed, kept);
        trace_write();
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("= %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    uint64_t seed, kept;
    static char ca_file[4096];
    const char *preload = getenv("LD_PRELOAD");
    if (argc != 2)
        return 2;
    trace_key = slurp(argv[1], "key");
    trace_next_key = slurp(argv[1], "next");
    oracle_expects_key = preload != NULL && strstr(preload, "commissioned") != NULL;
    oracle_verifies = getenv("CALLS_VERIFIES") != NULL;
    const char *shift = getenv("CALLS_SHIFT");
    handle_shift = shift != NULL ? (unsigned)strtoul(shift, NULL, 10) : 0;
    snprintf(ca_file, sizeof ca_file, "%s/ca.pem", argv[1]);
    handle_ca_file = ca_file;
    server_start(argv[1]);
    if (chdir(argv[1]) != 0) /* where netrc-other lies */
        return 2;
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_ALL);
    while (scanf("%" SCNx64 " %" SCNx64, &seed, &kept) == 2)
        play_in_child(argv[1], seed, kept);
    return 0;
}
