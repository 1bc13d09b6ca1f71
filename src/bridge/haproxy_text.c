/*
 * What the library decides in core/decide.c, the engine decides by these lines, and where it cannot
 * tell as finely it refuses more:
 *   - MUST: one Authorization header, whose token is known;
 *   - MUST: a Host that means this listener, so that a web page cannot reach it by a name of its
 *     own;
 *   - MUST: a path that all servers read in one way;
 *   - MUST: the first rule whose path and method fit, and its key;
 *   - MUST: a certificate of the origin's name.
 */
#include "bridge/haproxy_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bridge/engine.h"
#include "bridge/error_body.h"
#include "bridge/haproxy_log.h"
#include "bridge/haproxy_origin.h"
#include "core/target.h"
#include "core/text.h"

/* Paths that servers read in more than one way: dot segments, also with parameters; a backslash; an
 * escape that is malformed, or that hides a control character, a slash, a backslash, a
 * percent sign or a character that needs no escape. In the engine's strong quotes only the
 * quote itself is special. */
static const char *const odd_paths[] = {
    "/\\.\\.?(/|;|%3[Bb]|$)",
    "\\\\",
    "%([^0-9A-Fa-f]|$|.[^0-9A-Fa-f]|.$)",
    "%([01].|7[Ff]|2[DdEeFf5]|5[CcFf]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|7[Ee])",
};

enum { ODD_PATHS = sizeof odd_paths / sizeof odd_paths[0] };

bool haproxy_has_rule(const struct haproxy_plan *plan, const struct policy_rule *rule)
{
    return rule->port == plan->port && strcmp(rule->host, plan->host) == 0 &&
           (plan->key == NULL || strcmp(plan->image->keys[rule->key].name, plan->key) == 0);
}

/* An answer of ours: clients need not try again, and the JSON has no quote of the engine's. */
static void write_answer(FILE *out, const char *head, const char *form, const char *code,
                         const char *sentence)
{
    char *body = error_body(code, sentence);
    fprintf(out, "    %s content-type application/json %s '%s' hdr x-should-retry false", head,
            form, body != NULL ? body : "");
    free(body);
}

/* From 2.6 on with what the TLS library says. */
static void write_unreachable(FILE *out, const struct haproxy_plan *plan, const char *form,
                              const char *detail)
{
    char sentence[2 * TARGET_MAX_HOST];
    snprintf(sentence, sizeof sentence,
             "The bridge has no connection to https://%s:%u: either it cannot be reached, or its "
             "certificate is not one of that name that this machine trusts.%s",
             plan->host, (unsigned)plan->port, detail);
    write_answer(out, "http-error status 503", form, "upstream_unreachable", sentence);
    fputc('\n', out);
}

static void write_errors(FILE *out, const struct haproxy_plan *plan)
{
    static const struct {
        const char *head, *code, *sentence;
    } errors[] = {
        {"http-error status 400", "bridge_request", "The bridge could not read this request."},
        {"http-error status 408", "bridge_request", "The rest of this request did not come."},
        {"http-error status 500", "bridge_request", "The bridge could not handle this request."},
        {"http-error status 502", "upstream_unreachable",
         "The connection to the origin ended before its answer was complete."},
        {"http-error status 504", "upstream_unreachable", "The origin did not answer in time."},
    };
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++) {
        write_answer(out, errors[i].head, "string", errors[i].code, errors[i].sentence);
        fputc('\n', out);
    }
    fputs(ENGINE_IF_2_6, out);
    write_unreachable(out, plan, "lf-string", " %[ssl_bc_err_str,json]");
    fputs(".else\n", out);
    write_unreachable(out, plan, "string", "");
    fputs(".endif\n", out);
}

/* Each connection takes two descriptors; an engine that may not have as many does not start. */
static unsigned most_connections(const struct haproxy_plan *plan)
{
    enum { MAX_CONNECTIONS = 1000, MIN_CONNECTIONS = 10, OTHERS = 64 };
    struct rlimit limit;
    if (plan->bind != NULL || getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return MAX_CONNECTIONS; /* what is printed is for another process */
    if (limit.rlim_max >= 2 * MAX_CONNECTIONS + OTHERS)
        return MAX_CONNECTIONS;
    return limit.rlim_max > 2 * MIN_CONNECTIONS + OTHERS ? (unsigned)(limit.rlim_max - OTHERS) / 2
                                                         : MIN_CONNECTIONS;
}

static void write_global(FILE *out, const struct haproxy_plan *plan)
{
    fprintf(out,
            "global\n"
            "    nbthread 1\n"
            "    maxconn %u\n"
            "    ssl-default-server-options ssl-min-ver TLSv1.2\n",
            most_connections(plan));
    haproxy_log_global(out, plan);
    /* Of the client for HTTP within the engine, which nothing here uses. */
    fputs(ENGINE_IF_2_6 "    httpclient.ssl.verify none\n"
                        ".endif\n",
          out);
    if (plan->bind == NULL)
        fprintf(out,
                "    stats timeout 20d\n"
                "    stats socket sockpair@%d level admin\n",
                ENGINE_ADMIN);
}

/* Without http-no-delay each piece of a stream waits for the next packet's acknowledgement. Whoever
 * found the port has no more time for a request than http-request: the room
 * for others is limited. */
static void write_defaults(FILE *out, const struct haproxy_plan *plan)
{
    fputs("defaults\n"
          "    mode http\n"
          "    option http-no-delay\n"
          "    http-reuse safe\n"
          "    retries 0\n"
          "    timeout connect 5s\n"
          "    timeout http-request 10s\n"
          "    timeout http-keep-alive 1h\n"
          "    timeout client 1h\n"
          "    timeout server 1h\n"
          "    timeout tunnel 24h\n",
          out);
    write_errors(out, plan);
}

static void write_tokens(FILE *out, const struct haproxy_plan *plan)
{
    fputs("    http-request set-var(txn.token) "
          "req.fhdr(authorization),regsub('^bearer +','',i),sha2(256),hex,lower\n"
          "    acl one req.fhdr_cnt(authorization) eq 1\n",
          out);
    for (uint32_t i = 0; i < plan->ntokens; i++)
        fprintf(out, "    acl known var(txn.token) -m str %s\n", plan->tokens[i].hash);
    if (plan->ntokens == 0)
        fputs("    acl known always_false\n", out);
    write_answer(out, "http-request return status 401", "string", "bridge_placeholder",
                 "This is not the token that commissioned-auth gave this program: take "
                 "OPENAI_API_KEY from its environment, and send it once.");
    fputs(" hdr connection close unless one known\n", out);
}

static void write_host(FILE *out, const struct haproxy_plan *plan)
{
    fputs("    acl here_once req.fhdr_cnt(host) eq 1\n", out);
    if (plan->listen_port != 0)
        fprintf(out, "    acl here req.fhdr(host) -m str -i 127.0.0.1:%u localhost:%u\n",
                (unsigned)plan->listen_port, (unsigned)plan->listen_port);
    write_answer(out, "http-request return status 403", "string", "bridge_scope",
                 "This request names another host than the bridge.");
    fprintf(out, " unless here_once%s\n", plan->listen_port != 0 ? " here" : "");
}

static void write_admission(FILE *out, const struct haproxy_plan *plan)
{
    fputs("frontend bridge\n", out);
    if (plan->bind != NULL)
        fprintf(out, "    bind %s proto h1\n", plan->bind);
    else
        fprintf(out, "    bind fd@%d proto h1\n", ENGINE_LISTENER);
    haproxy_log_frontend(out, plan);
    haproxy_log_reason(out, plan, REASON_OWN_HEADER);
    write_tokens(out, plan);
    haproxy_log_reason(out, plan, REASON_HOST_HEADER);
    write_host(out, plan);
    haproxy_log_reason(out, plan, REASON_PATH_AMBIGUOUS);
    fputs("    acl plain url -m beg /\n"
          "    acl odd url -m sub '#'\n",
          out);
    for (int i = 0; i < ODD_PATHS; i++)
        fprintf(out, "    acl odd path -m reg '%s'\n", odd_paths[i]);
    write_answer(out, "http-request return status 403", "string", "bridge_scope",
                 "Servers may read this path in more than one way.");
    fputs(" if !plain or odd\n", out);
    haproxy_log_reason(out, plan, REASON_TRACE);
    write_answer(out, "http-request return status 403", "string", "bridge_scope",
                 "The answer to TRACE would repeat the key.");
    fputs(" if { method -m str -i TRACE }\n", out);
    haproxy_log_reason(out, plan, REASON_PATH);
}

/* The tokens that the rule was given to. */
static void write_rule_tokens(FILE *out, const struct haproxy_plan *plan, unsigned n,
                              const char *rule)
{
    bool any = false;
    for (uint32_t i = 0; i < plan->ntokens; i++) {
        const struct known_token *token = &plan->tokens[i];
        if (token->rules != NULL && !tokens_names_rule(token->rules, rule))
            continue;
        fprintf(out, "    acl token%u var(txn.token) -m str %s\n", n, token->hash);
        any = true;
    }
    if (!any)
        fprintf(out, "    acl token%u always_false\n", n);
}

static enum bridge_result write_rule(FILE *out, const struct haproxy_plan *plan, uint32_t number,
                                     char why[BRIDGE_SENTENCE])
{
    const struct policy_rule *rule = &plan->image->rules[number];
    unsigned n = (unsigned)number;
    char condition[64];
    if (!haproxy_quotable(rule->path))
        return bridge_fail(why, BRIDGE_BAD_POLICY,
                           "%s:%u: the path of the rule '%s' has a character that no engine takes: "
                           "write it without quotes, backslashes and '#'",
                           rule->file, (unsigned)rule->line, rule->name);
    snprintf(condition, sizeof condition,
             rule->methods != NULL ? "token%u path%u method%u" : "token%u path%u", n, n, n);
    fprintf(out, "    acl found var(txn.key) -m found\n");
    write_rule_tokens(out, plan, n, rule->name);
    fprintf(out, "    acl path%u path -m %s '%s'\n", n, rule->path_len == 1 ? "beg" : "str",
            rule->path);
    if (rule->path_len > 1)
        fprintf(out, "    acl path%u path -m beg '%s/'\n", n, rule->path);
    for (const char *const *m = rule->methods; m != NULL && *m != NULL; m++)
        fprintf(out, "    acl method%u method -m str '%s'\n", n, *m);
    if (rule->missing == POLICY_MISSING_PASS)
        fprintf(out, "    http-request set-var(txn.pass) bool(true) if !found %s\n", condition);
    haproxy_log_rule(out, plan, number, condition);
    fprintf(out, "    http-request set-var(txn.key) str(k%u) if !found %s\n", (unsigned)rule->key,
            condition);
    return BRIDGE_OK;
}

static void write_key(FILE *out, const struct haproxy_plan *plan)
{
    fputs("    acl chosen var(txn.key) -m found\n", out);
    write_answer(out, "http-request return status 403", "string", "bridge_scope",
                 "No rule of the policy lets this program make this request: see "
                 "commissioned-auth explain.");
    fprintf(out,
            " unless chosen\n"
            "    http-request set-var(txn.found) var(txn.key),map(%s)\n"
            "    http-request set-var(txn.value) var(txn.found),field(1,:)\n"
            "    http-request set-var(txn.serial) var(txn.found),field(2,:)\n"
            "    http-request set-var(txn.error) str(e),concat(,txn.key),map(%s)\n"
            "    acl given var(txn.value) -m found\n"
            "    acl pass var(txn.pass) -m bool\n",
            plan->map, plan->map);
    haproxy_log_reason(out, plan, REASON_KEY_MISSING);
    fputs("    http-request return status 503 content-type application/json "
          "lf-string '%[var(txn.error),b64dec]' hdr x-should-retry false if !given !pass\n"
          "    http-request del-header Authorization\n"
          "    http-request set-header Authorization %[var(txn.value),b64dec] if given\n",
          out);
    haproxy_log_key(out, plan);
}

static void write_passing(FILE *out, const struct haproxy_plan *plan)
{
    char port[TEXT_MAX_PORT];
    text_port_write(plan->port, port);
    fprintf(out,
            "    http-request del-header upgrade if { req.hdr(upgrade) -m beg -i h2c }\n"
            "    http-request del-header http2-settings\n"
            "    http-request del-header proxy-authorization\n"
            "    http-request set-header Host %s%s\n"
            "    default_backend origin\n",
            plan->host, port);
}

static enum bridge_result write_all(FILE *out, const struct haproxy_plan *plan,
                                    char why[BRIDGE_SENTENCE])
{
    write_global(out, plan);
    write_defaults(out, plan);
    haproxy_write_resolvers(out, plan);
    write_admission(out, plan);
    for (uint32_t i = 0; i < plan->image->nrules; i++) {
        enum bridge_result result = BRIDGE_OK;
        if (haproxy_has_rule(plan, &plan->image->rules[i]))
            result = write_rule(out, plan, i, why);
        if (result != BRIDGE_OK)
            return result;
    }
    write_key(out, plan);
    write_passing(out, plan);
    return haproxy_write_origin(out, plan, why);
}

enum bridge_result haproxy_text(const struct haproxy_plan *plan, char **text,
                                char why[BRIDGE_SENTENCE])
{
    size_t size;
    FILE *out = open_memstream(text, &size);
    if (out == NULL)
        return bridge_fail(why, BRIDGE_FAILED, "out of memory");
    enum bridge_result result = write_all(out, plan, why);
    if (fclose(out) != 0 && result == BRIDGE_OK)
        result = bridge_fail(why, BRIDGE_FAILED, "out of memory");
    if (result != BRIDGE_OK) {
        free(*text);
        *text = NULL;
    }
    return result;
}
