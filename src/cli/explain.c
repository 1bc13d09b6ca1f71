/*
 * explain - what the library would decide for a request, and which line made it so.
 *
 * The policy is read and packed, and the request decided, by the code that the library uses. What
 * only a running program shows (its own headers, verification switched off) is taken as usual.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/policy.h"
#include "cli/program.h"
#include "cli/style.h"
#include "core/decide.h"

enum { OPTION_PROGRAM, OPTION_USER, OPTION_METHOD, OPTION_JSON };
enum { MAX_OTHERS_SHOWN = 8, WHY_LENGTH = PATH_MAX + 192 };

static const struct cli_option options[] = {
    [OPTION_PROGRAM] = {"program", 'p', "PROGRAM", "asked by this program (default: none)",
                        CLI_WORDS_COMMAND, NULL},
    [OPTION_USER] = {"user", 'u', "USER", "run by this user (default: you)", CLI_WORDS_USER, NULL},
    [OPTION_METHOD] = {"method", 'X', "METHOD", "with this method (default: GET)", CLI_WORDS_LIST,
                       "GET POST PUT PATCH DELETE HEAD OPTIONS"},
    [OPTION_JSON] = CLI_JSON,
    {0},
};

struct question {
    const struct policy_asker *asker;
    const struct policy_config *config;
    struct decision decision;
    const char *url;
    char method[32];
};

static bool set_method(struct question *question, const char *word)
{
    size_t length = strlen(word);
    if (length == 0 || length >= sizeof question->method)
        return false;
    for (size_t i = 0; i <= length; i++)
        question->method[i] = (char)toupper((unsigned char)word[i]);
    return true;
}

static const char *denial(const struct question *question, char text[WHY_LENGTH])
{
    const struct policy_config *config = question->config;
    const struct policy_config_deny *deny;
    if (config->denied_by == POLICY_NONE)
        return NULL;
    deny = &config->denies[config->denied_by];
    snprintf(text, WHY_LENGTH, "denied by %s:%u%s%s", deny->place.file, deny->place.line,
             deny->doubt != POLICY_MATCHES ? ", which " : "", policy_mismatch_text(deny->doubt));
    return text;
}

static const char *why(const struct question *question, char text[WHY_LENGTH])
{
    const struct decision *decision = &question->decision;
    if (decision->reason == REASON_URL)
        return decision_why(decision);
    if (!question->config->exists)
        return "there is no configuration";
    if (decision->reason != REASON_KEY_MISSING && denial(question, text) != NULL)
        return text;
    return decision_why(decision);
}

/* What was left out as a whole is not among the rules. */
static bool is_about_a_file(const struct policy_finding *finding)
{
    return finding->severity == POLICY_WARNING && finding->place.line == 0;
}

static json_t *rule_json(const struct policy_rule *rule)
{
    json_t *object = json_object();
    json_put_text(object, "name", rule->name);
    json_put_text(object, "file", rule->file);
    json_put(object, "line", rule->line != 0 ? json_integer(rule->line) : NULL);
    json_put_text(object, "verify", policy_verify_name(rule->verify));
    json_put_text(object, "ca_file", rule->ca != NULL ? rule->ca->path : NULL);
    return object;
}

static json_t *key_json(const struct policy_key *key)
{
    json_t *object = json_object();
    json_put_text(object, "name", key->name);
    json_put_text(object, "prefix", key->prefix);
    json_put_text(object, "source", key->source);
    return object;
}

static json_t *warnings_json(const struct policy_config *config)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < config->nfindings; i++)
        if (is_about_a_file(&config->findings[i]))
            json_array_append_new(array, json_text(config->findings[i].sentence));
    return array;
}

/* By which way the program would get its key: the library, or a bridge. */
static const char *way(const struct question *question)
{
    struct program_judgement judgement = {0};
    const char *program = question->asker->request.program;
    if (program == NULL)
        return "library";
    program_judge(program, NULL, &judgement);
    return judgement.reach == PROGRAM_REACHED || judgement.reach == PROGRAM_UNKNOWN ? "library"
                                                                                    : "bridge";
}

/* Each name comes from a file or from the command line. */
static void line(const char *head, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void line(const char *head, const char *format, ...)
{
    char text[4 * PATH_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    printf("%-9s %s\n", head, cli_shown(text));
}

static void print_way(const struct question *question)
{
    if (strcmp(way(question), "bridge") == 0)
        line("way", "'run --bridge', for the library cannot reach this program");
    else
        line("way", "the library for what uses libcurl; else 'run --bridge'");
}

static void print_json(const struct question *question)
{
    const struct decision *decision = &question->decision;
    char text[WHY_LENGTH];
    json_t *object = json_object();
    json_put_text(object, "verdict", verdict_code(decision->verdict));
    json_put_text(object, "reason", reason_code(decision->reason));
    json_put_text(object, "why", why(question, text));
    json_put(object, "rule", decision->rule != NULL ? rule_json(decision->rule) : NULL);
    json_put(object, "key", decision->key != NULL ? key_json(decision->key) : NULL);
    json_put_text(object, "program", question->asker->request.program);
    json_put_text(object, "script", question->asker->request.script);
    json_put(object, "script_known", json_boolean(!question->asker->request.script_unknown));
    json_put(object, "installed", json_boolean(!question->asker->is_missing));
    json_put_text(object, "user", question->asker->identity.name);
    json_put(object, "groups_known", json_boolean(!question->asker->request.groups_unknown));
    json_put_text(object, "way", way(question));
    json_put_text(object, "method", question->method);
    json_put_text(object, "url", question->url);
    json_put(object, "warnings", warnings_json(question->config));
    json_print(object, CLI_OK);
}

static void print_verdict(const struct decision *decision)
{
    static const enum style styles[] = {
        [VERDICT_PASS] = STYLE_WARNING, [VERDICT_KEY] = STYLE_GOOD, [VERDICT_FAIL] = STYLE_BAD};
    char text[128];
    decision_outcome(text, sizeof text, decision);
    style_print(styles[decision->verdict], verdict_text(decision->verdict));
    printf(": %s\n", cli_shown(text));
}

/* Rules that would be for somebody else are what a person looks for when the answer is no. */
static void print_others(const struct policy_config *config)
{
    int shown = 0;
    for (uint32_t i = 0; i < config->nrules && shown < MAX_OTHERS_SHOWN; i++) {
        const struct policy_config_rule *rule = &config->rules[i];
        if (rule->mismatch == POLICY_MATCHES)
            continue;
        line(shown++ ? "" : "others", "%s (%s:%u) %s", rule->name, rule->place.file,
             rule->place.line, policy_mismatch_text(rule->mismatch));
    }
}

/* Where the policy says anything of it. */
static void print_trust(const struct policy_rule *rule)
{
    if (rule->verify != POLICY_VERIFY_WHEN_NEEDED || rule->ca != NULL)
        line("verify", "%s, by %s", policy_verify_name(rule->verify),
             rule->ca != NULL ? rule->ca->path : "the authorities of this machine");
    if (rule->ca != NULL && rule->ca->pem == NULL) /* the decision may not have asked for it */
        line("warning", "no key where the program does not verify the server: %s", rule->ca->error);
}

/* What a person calls a program is not always what asks. */
static void print_names(const struct policy_asker *asker)
{
    if (asker->is_shell)
        line("note", "a shell makes no request: what it starts asks, each program for itself");
    if (asker->is_trusted_more)
        line("note",
             "it runs with rights that its caller has not, so the system's policy counts alone");
    if (asker->request.groups_unknown)
        line(
            "note",
            "user %s is not in /etc/passwd, so his groups are not known and match every denial and "
            "no rule: -u %s:GROUP says his only one",
            asker->identity.name, asker->identity.name);
    if (asker->request.program == NULL || asker->request.script != NULL ||
        (strcmp(asker->called, asker->program) == 0 && !asker->is_missing))
        return;
    if (asker->is_missing)
        line("named", "%s, which is not installed: no more than its name is known", asker->program);
    else if (asker->asks_by_helper)
        line("named", "%s, which lets %s ask", asker->called, asker->program);
    else
        line("named", "%s, whose real name is %s", asker->called, asker->program);
}

static void print_warnings(const struct policy_config *config)
{
    for (uint32_t i = 0; i < config->nfindings; i++)
        if (is_about_a_file(&config->findings[i]))
            line("warning", "%s", config->findings[i].sentence);
}

static void print_text(const struct question *question)
{
    const struct decision *decision = &question->decision;
    const struct policy_request *asked = &question->asker->request;
    char text[WHY_LENGTH];
    print_verdict(decision);
    if (decision->rule != NULL)
        line("rule", "%s (%s)", decision->rule->name,
             rule_place(text, sizeof text, decision->rule));
    if (decision->rule != NULL)
        print_trust(decision->rule);
    line("why", "%s [%s]", why(question, text), reason_code(decision->reason));
    line("request", "%s %s", question->method, question->url);
    line("asked by", "%s%s%s%s, user %s", asked->program != NULL ? asked->program : "no program",
         asked->script != NULL ? " (" : "", asked->script != NULL ? asked->script : "",
         asked->script != NULL ? ")" : "", question->asker->identity.name);
    if (strstr(question->url, "://") == NULL && decision->reason != REASON_URL)
        line("note", "without a scheme libcurl takes it for http://%s", question->url);
    print_names(question->asker);
    print_warnings(question->config);
    if (decision->verdict != VERDICT_PASS)
        print_way(question);
    if (decision->verdict == VERDICT_PASS)
        print_others(question->config);
}

static int exit_code(const struct question *question)
{
    switch (question->decision.verdict) {
    case VERDICT_KEY:
        return CLI_OK;
    case VERDICT_FAIL:
        return CLI_FAILED;
    case VERDICT_VERIFY:
    case VERDICT_PASS:
        break;
    }
    return CLI_NO;
}

/* Nothing is sent, so the peer is taken to be the one that the URL names,
 * where it could be seen. */
static struct decision decide_unsent(const struct policy_image *image, struct hop *hop)
{
    struct decision decision = decide(image, hop);
    const struct policy_ca *ca;
    if (decision.verdict != VERDICT_VERIFY)
        return decision;
    ca = decision.rule->ca;
    hop->peer = ca != NULL && ca->pem == NULL ? PEER_UNKNOWN : PEER_GOOD;
    hop->peer_detail = ca != NULL ? ca->error : NULL;
    decide_verified(&decision, hop);
    return decision;
}

/* In the child that is like the process that is asked about. */
static int answer(struct policy_asker *asker, void *data)
{
    const struct cli_call *call = data;
    auto_config struct policy_config *config = NULL;
    auto_image struct policy_image *image = NULL;
    struct question question = {.asker = asker, .url = call->argv[0]};
    char path[PATH_MAX];
    struct target target;
    struct hop hop = {.target = &target, .method = question.method};
    int status = asker_read(asker, &config, &image);
    if (status != CLI_OK)
        return status;
    if (!set_method(&question,
                    call->value[OPTION_METHOD] != NULL ? call->value[OPTION_METHOD] : "GET"))
        return cli_fail(CLI_FAILED, "--method: this is no method of HTTP");
    if (!target_read(question.url, &target, path))
        hop.flags |= HOP_NO_URL;
    question.config = config;
    question.decision = decide_unsent(image, &hop);
    if (hop.flags & HOP_NO_URL) /* whatever the policy says */
        question.decision = (struct decision){.verdict = VERDICT_PASS, .reason = REASON_URL};
    if (call->value[OPTION_JSON] != NULL)
        print_json(&question);
    else
        print_text(&question);
    return exit_code(&question);
}

/* What has none of these is a word: libcurl would look for a host of that name. */
static bool is_word(const char *url)
{
    return strpbrk(url, ":/.?#") == NULL;
}

static int explain(const struct cli_call *call)
{
    struct cli_call copy = *call;
    if (is_word(call->argv[0]))
        return cli_fail(CLI_FAILED,
                        "'%s' is no URL: write it in full, as https://app.commissioned.tech/v1",
                        call->argv[0]);
    return asker_become(call->value[OPTION_PROGRAM], call->value[OPTION_USER],
                        call->value[OPTION_JSON] != NULL, answer, &copy);
}

const struct cli_verb cli_verb_explain = {
    .name = "explain",
    .operands = "URL",
    .summary = "tell whether a request gets a key, and why",
    .about = "Tell what the library would decide about a request to URL, and which line\n"
             "of the configuration makes it so. Nothing is sent.\n"
             "Exit status: 0 it gets a key, 1 it gets none, 2 it would fail, or an error.\n",
    .options = options,
    .min_operands = 1,
    .max_operands = 1,
    .run = explain,
};
