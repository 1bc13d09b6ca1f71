#include "bridge/haproxy_origin.h"

#include <string.h>
#include <unistd.h>

#include "bridge/family.h"
#include "bridge/trust.h"

bool haproxy_quotable(const char *text)
{
    return text[strcspn(text, "'\\ \t\r\n#")] == '\0';
}

/* HAProxy does not start where it is told to read a file that is not there. */
static bool has_resolvers(const struct haproxy_plan *plan)
{
    return plan->connect == NULL && (plan->bind != NULL || access("/etc/resolv.conf", R_OK) == 0);
}

/* What /etc/hosts alone knows was resolved at the start, and must not be
 * forgotten for lack of DNS. */
void haproxy_write_resolvers(FILE *out, const struct haproxy_plan *plan)
{
    if (has_resolvers(plan))
        fputs("resolvers system\n"
              "    parse-resolv-conf\n"
              "    hold nx 20d\n"
              "    hold other 20d\n"
              "    hold refused 20d\n"
              "    hold timeout 20d\n",
              out);
}

/* HAProxy takes one address, of IPv6 where it has the choice, also where no way leads there. What
 * is printed is for another machine, and most have IPv4. */
static const char *family(const struct haproxy_plan *plan)
{
    return plan->bind == NULL && family_is_ipv6_only() ? "ipv6" : "ipv4";
}

static const char systems_own[] = "@system-ca";

static enum bridge_result find_trusted(const struct haproxy_plan *plan, const char **file,
                                       char why[BRIDGE_SENTENCE])
{
    const char *system = trust_file();
    enum bridge_result result = trust_for(plan->image, plan->host, plan->port, plan->cacert,
                                          system != NULL ? system : systems_own, file, why);
    if (result == BRIDGE_OK && !haproxy_quotable(*file))
        return bridge_fail(why, BRIDGE_FAILED,
                           "%s: the name of a file of certificates may have no quote, blank or '#'",
                           *file);
    return result;
}

/* The engine is started again where this line is another. */
static void write_fingerprint(FILE *out, const struct haproxy_plan *plan)
{
    char hash[SHA256_HEX + 1];
    if (trust_fingerprint(plan->image, plan->host, plan->port, hash))
        fprintf(out, "# certificates: %s\n", hash);
}

enum bridge_result haproxy_write_origin(FILE *out, const struct haproxy_plan *plan,
                                        char why[BRIDGE_SENTENCE])
{
    const char *file;
    enum bridge_result result = find_trusted(plan, &file, why);
    if (result != BRIDGE_OK)
        return result;
    if (plan->host[strspn(plan->host, "abcdefghijklmnopqrstuvwxyz0123456789.-_")] != '\0')
        return bridge_fail(why, BRIDGE_BAD_POLICY,
                           "%s: an engine verifies names, and this is none: name the origin by its "
                           "name",
                           plan->host);
    write_fingerprint(out, plan);
    if (file == systems_own)
        fputs(".if version_before(2.6)\n"
              ".alert \"there is no file of trusted certificates: install the package "
              "ca-certificates, or name one with --cacert\"\n"
              ".endif\n",
              out);
    fprintf(out, "backend origin\n    server origin ");
    if (plan->connect != NULL)
        fprintf(out, "%s", plan->connect);
    else
        fprintf(out, "%s:%u", plan->host, (unsigned)plan->port);
    fprintf(out, " ssl verify required ca-file '%s' verifyhost %s sni str(%s) alpn http/1.1", file,
            plan->host, plan->host);
    if (has_resolvers(plan))
        fprintf(out, " resolvers system resolve-prefer %s", family(plan));
    fputs(" init-addr libc,none\n", out);
    return BRIDGE_OK;
}
