#include "bridge/trust.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

const char *trust_file(void)
{
    static const char *const files[] = {"/etc/ssl/certs/ca-certificates.crt",
                                        "/etc/pki/tls/certs/ca-bundle.crt",
                                        "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (access(files[i], R_OK) == 0)
            return files[i];
    return NULL;
}

static const struct policy_rule *next_rule(const struct policy_image *image,
                                           const struct policy_rule *rule, const char *host,
                                           uint16_t port)
{
    const struct policy_rule *end = image->rules + image->nrules;
    for (rule = rule == NULL ? image->rules : rule + 1; rule < end; rule++)
        if (rule->port == port && strcmp(rule->host, host) == 0)
            return rule;
    return NULL;
}

static bool names_same(const struct policy_rule *one, const struct policy_rule *other)
{
    if (one->ca == NULL || other->ca == NULL)
        return one->ca == other->ca;
    return strcmp(one->ca->path, other->ca->path) == 0;
}

/* The file that all rules name: *ca is NULL where they name none. */
static enum bridge_result find_named(const struct policy_image *image, const char *host,
                                     uint16_t port, const struct policy_ca **ca,
                                     char why[BRIDGE_SENTENCE])
{
    const struct policy_rule *first = next_rule(image, NULL, host, port);
    const struct policy_rule *rule = first;
    *ca = first != NULL ? first->ca : NULL;
    while (rule != NULL && (rule = next_rule(image, rule, host, port)) != NULL)
        if (!names_same(first, rule))
            return bridge_fail(
                why, BRIDGE_BAD_POLICY,
                "%s:%u: the rule '%s' has another ca_file than the rule '%s', and an "
                "engine has one connection for both: give them the same",
                rule->file, (unsigned)rule->line, rule->name, first->name);
    if (*ca != NULL && (*ca)->error != NULL)
        return bridge_fail(why, BRIDGE_BAD_POLICY, "%s", (*ca)->error);
    return BRIDGE_OK;
}

enum bridge_result trust_for(const struct policy_image *image, const char *host, uint16_t port,
                             const char *cacert, const char *system, const char **file,
                             char why[BRIDGE_SENTENCE])
{
    const struct policy_ca *ca = NULL;
    enum bridge_result result =
        cacert == NULL ? find_named(image, host, port, &ca, why) : BRIDGE_OK;
    if (result != BRIDGE_OK)
        return result;
    *file = cacert != NULL ? cacert : ca != NULL ? ca->path : system;
    if (*file == NULL)
        return bridge_fail(why, BRIDGE_FAILED,
                           "there is no file of trusted certificates: install the package "
                           "'ca-certificates', or name one with --cacert");
    return BRIDGE_OK;
}

bool trust_fingerprint(const struct policy_image *image, const char *host, uint16_t port,
                       char hash[SHA256_HEX + 1])
{
    const struct policy_rule *rule = next_rule(image, NULL, host, port);
    if (rule == NULL || rule->ca == NULL || rule->ca->pem == NULL)
        return false;
    sha256_hex(rule->ca->pem, strlen(rule->ca->pem), hash);
    return true;
}
