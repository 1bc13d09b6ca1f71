/*
 * The same rules as haproxy_text.c has, by maps: nginx tries the regular expressions of a map in
 * order, so the first rule whose token, method and path fit gives its key.
 */
#include "bridge/nginx_text.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/error_body.h"
#include "bridge/trust.h"
#include "core/text.h"

static void write_return(FILE *out, const char *condition, int status, const char *code,
                         const char *sentence)
{
    char *body = error_body(code, sentence);
    fprintf(out, "        if (%s) {\n            return %d '%s';\n        }\n", condition, status,
            body != NULL ? body : "");
    free(body);
}

/* As a regular expression within double quotes, in which a backslash is a backslash. */
static void write_escaped(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr(".[]{}()*+?^$|", *text) != NULL)
            fputc('\\', out);
        fputc(*text, out);
    }
}

static void write_rule_tokens(FILE *out, const struct tokens *tokens, const char *rule)
{
    const char *between = "(";
    for (uint32_t i = 0; i < tokens->count; i++) {
        if (!tokens_names_rule(tokens->list[i].rules, rule))
            continue;
        fputs(between, out);
        write_escaped(out, tokens->list[i].name);
        between = "|";
    }
    /* A space is in no token's name. */
    fputs(*between == '(' ? "( )" : ")", out);
}

static enum bridge_result write_rule(FILE *out, const struct gateway_plan *plan,
                                     const struct policy_rule *rule, char why[BRIDGE_SENTENCE])
{
    if (rule->path[strcspn(rule->path, "'\"\\ \t;$#")] != '\0')
        return bridge_fail(
            why, BRIDGE_BAD_POLICY,
            "%s:%u: the path of the rule '%s' has a character that nginx does not take: "
            "write it without quotes, backslashes, ';', '$' and '#'",
            rule->file, (unsigned)rule->line, rule->name);
    if (rule->missing == POLICY_MISSING_PASS)
        return bridge_fail(
            why, BRIDGE_BAD_POLICY,
            "%s:%u: nginx cannot send a request of the rule '%s' without its key: take "
            "missing = \"pass\" away",
            rule->file, (unsigned)rule->line, rule->name);
    fputs("        \"~^", out);
    write_rule_tokens(out, &plan->gateway->tokens, rule->name);
    fputs(" ", out);
    for (const char *const *m = rule->methods; m != NULL && *m != NULL; m++)
        fprintf(out, "%s%s%s", m == rule->methods ? "(" : "", *m, m[1] != NULL ? "|" : ")");
    fputs(rule->methods == NULL ? "[^ ]+ " : " ", out);
    write_escaped(out, rule->path_len == 1 ? "" : rule->path);
    fprintf(out, "(/|\\?|$)\" k%u;\n", (unsigned)rule->key);
    return BRIDGE_OK;
}

static void write_maps_head(FILE *out, const struct gateway_plan *plan)
{
    fprintf(out,
            "worker_processes 1;\n"
            "pid %s/nginx.pid;\n"
            "error_log stderr warn;\n"
            "events {\n"
            "    worker_connections 1024;\n"
            "}\n"
            "http {\n"
            "    access_log off;\n"
            "    server_tokens off;\n"
            "    default_type application/json;\n"
            "    map_hash_bucket_size 256;\n"
            "    map $http_authorization $gateway_token {\n"
            "        default \"\";\n"
            "        include %s/tokens.nginx;\n"
            "    }\n"
            "    # Paths that servers read in more than one way.\n"
            "    map $request_uri $gateway_odd {\n"
            "        default 0;\n"
            "        \"~^[^/]\" 1;\n"
            "        \"~^[^?]*/\\.\\.?(/|;|%%3[Bb]|\\?|$)\" 1;\n"
            "        \"~^[^?]*[\\\\#]\" 1;\n"
            "        \"~^[^?]*%%([^0-9A-Fa-f]|$|.[^0-9A-Fa-f]|.$)\" 1;\n"
            "        \"~^[^?]*%%([01].|7[Ff]|2[DdEeFf5]|5[CcFf]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|"
            "7[Ee])\" 1;\n"
            "    }\n"
            "    # The first line that fits: token, method, path.\n"
            "    map \"$gateway_token $request_method $request_uri\" $gateway_key {\n"
            "        default \"\";\n",
            plan->files, plan->files);
}

static void write_server_head(FILE *out, const struct gateway_plan *plan)
{
    fprintf(out,
            "    }\n"
            "    map $gateway_key $gateway_authorization {\n"
            "        default \"\";\n"
            "        include %s/keys.nginx;\n"
            "    }\n",
            plan->files);
}

static void write_upstream(FILE *out, const struct gateway_plan *plan,
                           const struct policy_rule *first)
{
    fputs("    upstream origin {\n", out);
    if (plan->connect != NULL)
        fprintf(out, "        server %s;\n", plan->connect);
    else
        fprintf(out, "        server %s:%u;\n", first->host, (unsigned)first->port);
    fputs("        keepalive 16;\n    }\n", out);
}

static void write_server(FILE *out, const struct gateway_plan *plan,
                         const struct policy_rule *first, const char *ca)
{
    char port[TEXT_MAX_PORT];
    text_port_write(first->port, port);
    fprintf(out,
            "    server {\n        listen %s;\n        client_max_body_size 0;\n"
            "        client_header_timeout 10s;\n",
            plan->listen);
    write_return(out, "$gateway_token = \"\"", 401, "bridge_placeholder",
                 "This is no token of this gateway: take OPENAI_API_KEY from your environment, and "
                 "send it once.");
    write_return(out, "$gateway_odd", 403, "bridge_scope",
                 "Servers may read this path in more than one way.");
    write_return(out, "$gateway_key = \"\"", 403, "bridge_scope",
                 "No rule of the policy lets this token make this request.");
    write_return(out, "$gateway_authorization = \"\"", 503, "key_missing",
                 "The gateway has no key for this request.");
    fprintf(out,
            "        location / {\n"
            "            proxy_pass https://origin$request_uri;\n"
            "            proxy_http_version 1.1;\n"
            "            proxy_set_header Host %s%s;\n"
            "            proxy_set_header Connection \"\";\n"
            "            proxy_set_header Authorization $gateway_authorization;\n"
            "            proxy_buffering off;\n"
            "            proxy_request_buffering off;\n"
            "            proxy_connect_timeout 5s;\n"
            "            proxy_read_timeout 1h;\n"
            "            proxy_send_timeout 1h;\n"
            "            # another address of the origin's; a request that was sent and has a body "
            "goes once\n"
            "            proxy_next_upstream error;\n"
            "            proxy_ssl_verify on;\n"
            "            proxy_ssl_verify_depth 4;\n"
            "            proxy_ssl_trusted_certificate %s;\n"
            "            proxy_ssl_name %s;\n"
            "            proxy_ssl_server_name on;\n"
            "            proxy_ssl_protocols TLSv1.2 TLSv1.3;\n"
            "        }\n"
            "    }\n"
            "}\n",
            first->host, port, ca, first->host);
}

enum bridge_result nginx_write(FILE *out, const struct gateway_plan *plan,
                               char why[BRIDGE_SENTENCE])
{
    const struct policy_image *image = plan->gateway->image;
    const struct policy_rule *first = &image->rules[0];
    const char *ca;
    enum bridge_result result =
        trust_for(image, first->host, first->port, plan->cacert, trust_file(), &ca, why);
    if (result != BRIDGE_OK)
        return result;
    write_maps_head(out, plan);
    for (uint32_t i = 0; result == BRIDGE_OK && i < image->nrules; i++)
        result = write_rule(out, plan, &image->rules[i], why);
    if (result != BRIDGE_OK)
        return result;
    write_server_head(out, plan);
    write_upstream(out, plan, first);
    write_server(out, plan, first, ca);
    return BRIDGE_OK;
}
