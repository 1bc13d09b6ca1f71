/* gateway print and check - the policy as an engine's configuration, and what
 * the engine says of it. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bridge/checker.h"
#include "bridge/engine.h"
#include "bridge/envoy_text.h"
#include "cli/gateway.h"
#include "cli/program.h"
#include "core/cleanup.h"

#define COMMON_OPTIONS                                                                             \
    [GATEWAY_OPTION_ENGINE] = {"engine",       'e',                                                \
                               "NAME",         "haproxy (default), nginx or envoy",                \
                               CLI_WORDS_LIST, "haproxy nginx envoy"},                             \
    [GATEWAY_OPTION_LISTEN] =                                                                      \
        {"listen", 0, "ADDR", "HOST:PORT or unix:PATH", CLI_WORDS_NONE, NULL},                     \
    [GATEWAY_OPTION_CONFIG] = {"config", 0, "FILE", "this policy alone", CLI_WORDS_FILE, NULL},    \
    [GATEWAY_OPTION_TOKENS] = {"tokens", 0, "FILE", "the file of tokens", CLI_WORDS_FILE, NULL},   \
    [GATEWAY_OPTION_FILES] = {"files",          0,   "DIR", "the folder of the engine's files",    \
                              CLI_WORDS_FOLDER, NULL},                                             \
    [GATEWAY_OPTION_CACERT] = {"cacert",       0,   "FILE", "trust these certificates",            \
                               CLI_WORDS_FILE, NULL},                                              \
    [GATEWAY_OPTION_CONNECT] = {"connect",      0,   "HOST:PORT", "connect there instead",         \
                                CLI_WORDS_NONE, NULL}

static const struct cli_option print_options[] = {
    COMMON_OPTIONS,
    [GATEWAY_OPTION_SECRET] = {"secret", 0, NULL, "Envoy's file that names the key's",
                               CLI_WORDS_NONE, NULL},
    {0},
};

static const struct cli_option check_options[] = {COMMON_OPTIONS, {0}};

static int read_gateway(const struct gateway_call *wanted, struct gateway *gateway)
{
    char why[BRIDGE_SENTENCE] = "";
    const char *tokens = gateway_engine_knows_tokens(wanted->engine) ? wanted->tokens : NULL;
    enum bridge_result result =
        gateway_read(&wanted->asker.request, tokens, GATEWAY_WITHOUT_KEYS, gateway, why);
    return result == BRIDGE_OK ? CLI_OK : gateway_fail(result, why);
}

static void fill_plan(struct gateway_plan *plan, const struct gateway_call *wanted,
                      const struct gateway *gateway, const char *files)
{
    *plan = (struct gateway_plan){
        .gateway = gateway,
        .listen = wanted->listen,
        .files = files,
        .cacert = wanted->cacert[0] != '\0' ? wanted->cacert : NULL,
        .connect = wanted->connect,
    };
}

static int print_secret(const struct gateway_plan *plan)
{
    char why[BRIDGE_SENTENCE] = "";
    enum bridge_result result = envoy_write_secret(stdout, plan, why);
    return result == BRIDGE_OK ? CLI_OK : gateway_fail(result, why);
}

static int print_text(enum gateway_engine engine, const struct gateway_plan *plan)
{
    char why[BRIDGE_SENTENCE] = "";
    auto_free char *text = NULL;
    enum bridge_result result = gateway_text(engine, plan, &text, why);
    if (result != BRIDGE_OK)
        return gateway_fail(result, why);
    fputs(text, stdout);
    return CLI_OK;
}

static int print(const struct cli_call *call)
{
    static struct gateway_call wanted;
    struct gateway gateway;
    struct gateway_plan plan;
    int status = gateway_call_read(&wanted, call);
    if (status == CLI_OK)
        status = read_gateway(&wanted, &gateway);
    if (status != CLI_OK)
        return status;
    fill_plan(&plan, &wanted, &gateway, wanted.files);
    status = call->value[GATEWAY_OPTION_SECRET] != NULL ? print_secret(&plan)
                                                        : print_text(wanted.engine, &plan);
    gateway_free(&gateway);
    return status;
}

/* ---- check ----------------------------------------------------------------------------------- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

/* The program that checks, or NULL with errno. */
static const char *find_checker(enum gateway_engine engine, char file[PATH_MAX])
{
    static const char *const names[] = {"haproxy", "nginx", "envoy"};
    static const char folders[] = "/usr/sbin:/usr/local/sbin:/usr/local/bin";
    if (program_find(names[engine], getenv("PATH"), file) == 0 ||
        program_find(names[engine], folders, file) == 0)
        return file;
    return NULL;
}

static int run_checker(enum gateway_engine engine, const char *file, const char *text)
{
    const char *const haproxy[] = {file, "-c", "-f", text, NULL}; /* -q takes the reason too */
    const char *const nginx[] = {file, "-t", "-q", "-c", text, NULL};
    const char *const envoy[] = {file, "--mode", "validate", "-l", "error", "-c", text, NULL};
    const char *const *const words[] = {haproxy, nginx, envoy};
    char output[MAX_CHECKER_OUTPUT];
    enum checker_says says = checker_run(words[engine], -1, output);
    if (says == CHECKER_TAKES_IT)
        return CLI_OK;
    if (says == CHECKER_FAILED)
        return cli_fail(CLI_FAILED, "%s: %m", file);
    if (strstr(output, "host not found in upstream") != NULL)
        return cli_fail(CLI_FAILED,
                        "nginx looks the origin's name up when it starts, and here it has "
                        "no address: check it where DNS knows it, or with --connect "
                        "HOST:PORT");
    return cli_fail(CLI_BAD_CONFIG, "%s refuses it: %.400s", file, checker_complaint(output));
}

/* In a folder of its own, with files that have no key in them. */
static int check_in(const struct gateway_call *wanted, const struct gateway *gateway,
                    const char *checker, const char *folder)
{
    char why[BRIDGE_SENTENCE] = "", path[PATH_MAX];
    auto_free char *text = NULL;
    struct gateway_plan plan;
    fill_plan(&plan, wanted, gateway, folder);
    enum bridge_result result = gateway_text(wanted->engine, &plan, &text, why);
    if (result == BRIDGE_OK)
        result = gateway_write_stand_ins(wanted->engine, &plan, why);
    if (result != BRIDGE_OK)
        return gateway_fail(result, why);
    snprintf(path, sizeof path, "%s/%s", folder,
             wanted->engine == GATEWAY_ENVOY ? "engine.yaml" : "engine.conf");
    FILE *file = fopen(path, "wxe");
    if (file == NULL)
        return cli_fail(CLI_FAILED, "%s: %m", path);
    fputs(text, file);
    if (fclose(file) != 0)
        return cli_fail(CLI_FAILED, "%s: %m", path);
    return run_checker(wanted->engine, checker, path);
}

static int check(const struct cli_call *call)
{
    static struct gateway_call wanted;
    struct gateway gateway;
    char checker[PATH_MAX], folder[] = "/tmp/commissioned-gateway-XXXXXX";
    int status = gateway_call_read(&wanted, call);
    if (status != CLI_OK)
        return status;
    if (find_checker(wanted.engine, checker) == NULL)
        return cli_fail(CLI_FAILED, "%s is not in PATH or /usr/sbin: install it to have it checked",
                        call->value[GATEWAY_OPTION_ENGINE] != NULL
                            ? call->value[GATEWAY_OPTION_ENGINE]
                            : "haproxy");
    status = read_gateway(&wanted, &gateway);
    if (status != CLI_OK)
        return status;
    if (mkdtemp(folder) == NULL) {
        gateway_free(&gateway);
        return cli_fail(CLI_FAILED, "%s: %m", folder);
    }
    status = check_in(&wanted, &gateway, checker, folder);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    gateway_free(&gateway);
    if (status == CLI_OK)
        printf("%s takes it\n", checker);
    return status;
}

const struct cli_verb cli_verb_gateway_print = {
    .name = "print",
    .summary = "the policy as an engine's configuration",
    .about = "Print the policy as the configuration of an engine. Keys are files that it\n"
             "refers to. A rule that the engine cannot enforce is refused: exit status 78.\n",
    .options = print_options,
    .run = print,
};

const struct cli_verb cli_verb_gateway_check = {
    .name = "check",
    .summary = "what the engine says of it",
    .about = "Have the installed engine check what 'gateway print' prints. Exit status: 0 it\n"
             "takes it, 78 it does not.\n",
    .options = check_options,
    .run = check,
};
