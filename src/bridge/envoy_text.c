#include "bridge/envoy_text.h"

#include <stdlib.h>
#include <string.h>

#include "bridge/error_body.h"
#include "bridge/trust.h"

#define TYPE "\"@type\": type.googleapis.com/envoy.extensions."

/* What may stand between single quotes of YAML, in a path that is compared and not matched. */
static bool is_plain(const char *text)
{
    return text[strcspn(text, "'\"\\ \t%#")] == '\0';
}

static enum bridge_result check_rules(const struct policy_image *image, char why[BRIDGE_SENTENCE])
{
    for (uint32_t i = 0; i < image->nrules; i++) {
        const struct policy_rule *rule = &image->rules[i];
        if (rule->key != image->rules[0].key)
            return bridge_fail(why, BRIDGE_BAD_POLICY,
                               "%s:%u: Envoy gives one key, and the rule '%s' has another than the "
                               "first rule: use haproxy, or one gateway for each",
                               rule->file, (unsigned)rule->line, rule->name);
        if (rule->missing == POLICY_MISSING_PASS)
            return bridge_fail(
                why, BRIDGE_BAD_POLICY,
                "%s:%u: Envoy cannot send a request of the rule '%s' without its key: "
                "take missing = \"pass\" away",
                rule->file, (unsigned)rule->line, rule->name);
        if (!is_plain(rule->path))
            return bridge_fail(
                why, BRIDGE_BAD_POLICY,
                "%s:%u: the path of the rule '%s' has a character that Envoy does not "
                "take: write it without quotes, backslashes, '%%' and '#'",
                rule->file, (unsigned)rule->line, rule->name);
    }
    return BRIDGE_OK;
}

static bool is_loopback(const char *listen)
{
    return strncmp(listen, "127.", 4) == 0 || strncmp(listen, "localhost:", 10) == 0;
}

static void write_address(FILE *out, const char *indent, const char *address)
{
    const char *colon = strrchr(address, ':');
    fprintf(out, "%saddress: {socket_address: {address: '%.*s', port_value: %s}}\n", indent,
            (int)(colon - address), address, colon + 1);
}

static void write_listener(FILE *out, const struct gateway_plan *plan)
{
    fputs("node: {id: commissioned-gateway, cluster: commissioned-gateway}\n"
          "static_resources:\n"
          "  listeners:\n"
          "  - name: gateway\n",
          out);
    if (strncmp(plan->listen, "unix:", 5) == 0)
        fprintf(out, "    address: {pipe: {path: '%s', mode: 0660}}\n", plan->listen + 5);
    else
        write_address(out, "    ", plan->listen);
    fprintf(out,
            "    filter_chains:\n"
            "    - filters:\n"
            "      - name: envoy.filters.network.http_connection_manager\n"
            "        typed_config:\n"
            "          " TYPE "filters.network.http_connection_manager.v3.HttpConnectionManager\n"
            "          stat_prefix: gateway\n"
            "          stream_idle_timeout: 0s\n"
            "          request_headers_timeout: 10s\n"
            "          normalize_path: true\n"
            "          path_with_escaped_slashes_action: REJECT_REQUEST\n"
            "          http_filters:\n"
            "          - name: envoy.filters.http.credential_injector\n"
            "            typed_config:\n"
            "              " TYPE "filters.http.credential_injector.v3.CredentialInjector\n"
            "              overwrite: true\n"
            "              credential:\n"
            "                name: envoy.http.injected_credentials.generic\n"
            "                typed_config:\n"
            "                  " TYPE "http.injected_credentials.generic.v3.Generic\n"
            "                  credential:\n"
            "                    name: key\n"
            "                    sds_config: {path_config_source: {path: '%s/key.yaml'}}\n"
            "                  header: Authorization\n"
            "                  header_value_prefix: 'Bearer '\n"
            "          - name: envoy.filters.http.router\n"
            "            typed_config:\n"
            "              " TYPE "filters.http.router.v3.Router\n",
            plan->files);
}

static void write_route(FILE *out, const struct policy_rule *rule)
{
    fputs("              - match:\n", out);
    if (rule->path_len == 1)
        fputs("                  prefix: /\n", out);
    else
        fprintf(out, "                  path_separated_prefix: '%s'\n", rule->path);
    if (rule->methods != NULL) {
        fputs("                  headers:\n"
              "                  - name: ':method'\n"
              "                    string_match: {safe_regex: {regex: '",
              out);
        for (const char *const *m = rule->methods; *m != NULL; m++)
            fprintf(out, "%s%s", *m, m[1] != NULL ? "|" : "'}}\n");
    }
    fprintf(out,
            "                route: {cluster: origin, timeout: 0s, host_rewrite_literal: '%s'}\n",
            rule->host);
}

static void write_routes(FILE *out, const struct policy_image *image)
{
    char *body =
        error_body("bridge_scope", "No rule of the policy lets this gateway make this request.");
    fputs("          route_config:\n"
          "            name: rules\n"
          "            virtual_hosts:\n"
          "            - name: origin\n"
          "              domains: ['*']\n"
          "              routes:\n"
          "              - match:\n"
          "                  prefix: /\n"
          "                  headers:\n"
          "                  - name: ':method'\n"
          "                    string_match: {exact: TRACE, ignore_case: true}\n"
          "                direct_response: {status: 403}\n",
          out);
    for (uint32_t i = 0; i < image->nrules; i++)
        write_route(out, &image->rules[i]);
    fprintf(out,
            "              - match: {prefix: /}\n"
            "                direct_response:\n"
            "                  status: 403\n"
            "                  body: {inline_string: '%s'}\n",
            body != NULL ? body : "");
    free(body);
}

static void write_cluster(FILE *out, const struct gateway_plan *plan, const char *ca)
{
    const struct policy_rule *first = &plan->gateway->image->rules[0];
    char origin[300];
    snprintf(origin, sizeof origin, "%s:%u", first->host, (unsigned)first->port);
    fputs("  clusters:\n"
          "  - name: origin\n"
          "    type: STRICT_DNS\n"
          "    dns_lookup_family: V4_PREFERRED\n"
          "    connect_timeout: 5s\n"
          "    load_assignment:\n"
          "      cluster_name: origin\n"
          "      endpoints:\n"
          "      - lb_endpoints:\n"
          "        - endpoint:\n",
          out);
    write_address(out, "            ", plan->connect != NULL ? plan->connect : origin);
    fprintf(out,
            "    transport_socket:\n"
            "      name: envoy.transport_sockets.tls\n"
            "      typed_config:\n"
            "        " TYPE "transport_sockets.tls.v3.UpstreamTlsContext\n"
            "        sni: '%s'\n"
            "        common_tls_context:\n"
            "          tls_params: {tls_minimum_protocol_version: TLSv1_2, "
            "tls_maximum_protocol_version: TLSv1_3}\n"
            "          validation_context:\n"
            "            trusted_ca: {filename: '%s'}\n"
            "            match_typed_subject_alt_names:\n"
            "            - {san_type: DNS, matcher: {exact: '%s'}}\n",
            first->host, ca, first->host);
}

enum bridge_result envoy_write(FILE *out, const struct gateway_plan *plan,
                               char why[BRIDGE_SENTENCE])
{
    const struct policy_rule *first = &plan->gateway->image->rules[0];
    const char *ca;
    enum bridge_result result = trust_for(plan->gateway->image, first->host, first->port,
                                          plan->cacert, trust_file(), &ca, why);
    if (result == BRIDGE_OK && strncmp(plan->listen, "unix:", 5) != 0 && !is_loopback(plan->listen))
        return bridge_fail(why, BRIDGE_BAD_POLICY,
                           "Envoy cannot check tokens, so whoever reaches %s would have the key: "
                           "listen on 127.0.0.1 or unix:PATH",
                           plan->listen);
    if (result == BRIDGE_OK)
        result = check_rules(plan->gateway->image, why);
    if (result != BRIDGE_OK)
        return result;
    write_listener(out, plan);
    write_routes(out, plan->gateway->image);
    write_cluster(out, plan, ca);
    return BRIDGE_OK;
}

/* The folder is watched: a volume's files change by a link beside them that is renamed. */
enum bridge_result envoy_write_secret(FILE *out, const struct gateway_plan *plan,
                                      char why[BRIDGE_SENTENCE])
{
    const struct policy_image *image = plan->gateway->image;
    const struct policy_key *key = &image->keys[image->rules[0].key];
    const char *slash = key->source != NULL ? strrchr(key->source, '/') : NULL;
    if (slash == NULL || slash == key->source || key->source[0] != '/' || !is_plain(key->source))
        return bridge_fail(why, BRIDGE_BAD_POLICY,
                           "Envoy reads a key from a file of its own, and '%s' is in none: give it "
                           "file = \"/...\"",
                           key->name);
    fprintf(out,
            "resources:\n"
            "- \"@type\": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret\n"
            "  name: key\n"
            "  generic_secret:\n"
            "    secret:\n"
            "      filename: '%s'\n"
            "      watched_directory: {path: '%.*s'}\n",
            key->source, (int)(slash - key->source), key->source);
    return BRIDGE_OK;
}
