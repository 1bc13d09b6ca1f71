/*
 * run --env: which server the child will send the key to.
 *
 * A client that finds OPENAI_API_KEY also looks in its environment for the server. There are many
 * names for that, and each that is left at another provider's address sends it our key.
 * MUST:     every name in the table is set to ours, or is empty, or leads where the key may go.
 * MUST:     a name that is not in the table, but is of that kind and holds an address, is judged
 *           too.
 * MUST NOT: give the key where the environment says that servers are not to be verified.
 *
 * http_proxy and its like are left: to an https origin a proxy gets a CONNECT and no header. They
 * matter where the caller's own base URL is plain http on this machine.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "bridge/client_env.h"
#include "cli/cli.h"
#include "cli/policy.h"
#include "cli/run.h"
#include "core/text.h"
#include "core/variable.h"

enum form {
    BASE,   /* "https://host/v1": set to it */
    HOST,   /* "host": set to it */
    ORIGIN, /* "https://host": set to it */
    OTHERS, /* clients differ in what they want here: judged, and never set */
    PATHS,  /* the same, but many have a path or a word here: judged where it is an address */
    PART,   /* no address, but a part of one that is not ours: must be empty */
};

/* What reads it stands behind each name, by its documentation or source. */
static const struct server_variable {
    const char *name;
    enum form form;
} variables[] = {
    {"OPENAI_API_HOST", HOST},          /* promptfoo; big-AGI and Chatbot UI with a scheme */
    {"OPENAI_HOST", ORIGIN},            /* goose */
    {"OPENAI_BASE_PATH", PATHS},        /* goose: a path; programs on openai-node 3: the URL */
    {"OPENAI_API_BASE_URLS", OTHERS},   /* Open WebUI: several, with ';' */
    {"OPENAI_ENDPOINT", OTHERS},        /* programs of people's own, on LangChain */
    {"OPENAI_API_ENDPOINT", OTHERS},    /* the same */
    {"OPENAI_API_URL", OTHERS},         /* the same */
    {"OPENAI_URL", OTHERS},             /* tgpt */
    {"OPENAI_PROXY", OTHERS},           /* LangChain: a proxy; others: the server itself */
    {"OPENAI_PROXY_URL", OTHERS},       /* LobeChat: the server itself */
    {"OPENAI_REVERSE_PROXY", OTHERS},   /* LibreChat: the server itself */
    {"AZURE_OPENAI_ENDPOINT", OTHERS},  /* openai-python; LangChain takes OPENAI_API_KEY there */
    {"AZURE_OPENAI_BASE_PATH", OTHERS}, /* LangChain.js */
    {"AZURE_OPENAI_API_INSTANCE_NAME", PART}, /* LangChain.js: INSTANCE.openai.azure.com */
    {"AZURE_OPENAI_BASE_URL", OTHERS},        /* promptfoo */
    {"AZURE_OPENAI_API_BASE_URL", OTHERS},    /* promptfoo */
    {"AZURE_OPENAI_API_HOST", OTHERS},        /* promptfoo */
    {"AZURE_API_BASE", OTHERS},               /* LiteLLM, aider */
    {"AZURE_API_BASE_URL", OTHERS},           /* promptfoo */
    {"AZURE_API_HOST", OTHERS},               /* promptfoo */
    {"LITELLM_PROXY_API_BASE", OTHERS},       /* LiteLLM, for models of litellm_proxy/ */
    {"LITELLM_API_BASE", OTHERS},             /* programs on LiteLLM */
    {"LITELLM_ENDPOINT", OTHERS},             /* the same */
    {"ANTHROPIC_BASE_URL", OTHERS},    /* anthropic-sdk; has a key of its own, unless misled */
    {"ANTHROPIC_API_BASE", OTHERS},    /* LiteLLM; the same */
    {"ANTHROPIC_API_URL", OTHERS},     /* LangChain; the same */
    {"LLM_BASE_URL", OTHERS},          /* OpenHands */
    {"LLM_API_BASE", OTHERS},          /* programs on LiteLLM */
    {"API_BASE_URL", PATHS},           /* shell-gpt, which takes "default" too */
    {"BASE_URL", PATHS},               /* NextChat, crewAI: before the names above */
    {"API_BASE", PATHS},               /* crewAI */
    {"COMMISSIONED_BASE_URL", OTHERS}, /* programs for this service, beside its key's name */
    {"COMMISSIONED_API_BASE", OTHERS}, /* the same */
    {"COMMISSIONED_API_URL", OTHERS},  /* the same */
    {"COMMISSIONED_API_HOST", OTHERS}, /* the same */
    {"COMMISSIONED_ENDPOINT", OTHERS}, /* the same */
    {"OCO_API_URL", OTHERS},           /* opencommit */
#define ROW(name) {name, BASE},
    CLIENT_BASE_URLS(ROW)
#undef ROW
};

enum { COUNT = sizeof variables / sizeof variables[0] };

/* The loopback range and its names: RFC 6761 section 6.3, RFC 1122 section 3.2.1.3. */
static bool is_this_machine(const struct target *target)
{
    struct in_addr four;
    return strcmp(target->host, "localhost") == 0 || strcmp(target->host, "::1") == 0 ||
           strcmp(target->host, "[::1]") == 0 ||
           (inet_pton(AF_INET, target->host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127);
}

static bool is_named(const struct policy_image *image, const struct target *target)
{
    for (uint32_t i = 0; i < image->norigins; i++)
        if (image->origins[i].port == target->port &&
            strcmp(image->origins[i].host, target->host) == 0)
            return target->tls;
    return false;
}

/* Of HTTP in the clear, a proxy sees all; python and curl ask it for this machine too. */
static bool goes_to_a_proxy(const struct target *target)
{
    static const char *const proxies[] = {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
    const char *without = getenv("no_proxy") != NULL ? getenv("no_proxy") : getenv("NO_PROXY");
    if (target->tls ||
        (without != NULL && (strcmp(without, "*") == 0 || strstr(without, target->host) != NULL)))
        return false;
    for (size_t i = 0; i < sizeof proxies / sizeof proxies[0]; i++)
        if (variable(proxies[i]) != NULL)
            return true;
    return false;
}

static int refuse(const char *name, size_t length, const char *why)
{
    return cli_fail(CLI_RUN_FAILED,
                    "%.*s %s: start this with 'env -u %.*s', or name its origin in the "
                    "configuration",
                    (int)length, name, why, (int)length, name);
}

/* An address without a scheme is one of https. */
static int judge(const struct policy_image *image, const char *name, size_t length,
                 const char *value)
{
    char url[PATH_MAX];
    char path[PATH_MAX];
    struct target target;
    const char *scheme = strstr(value, "://");
    bool several =
        strpbrk(value, ";, ") != NULL || (scheme != NULL && strstr(scheme + 3, "://") != NULL);
    snprintf(url, sizeof url, "%s%s", scheme != NULL ? "" : "https://", value);
    if (several || strlen(value) >= PATH_MAX - 16 || !target_read(url, &target, path))
        return refuse(name, length, "is no URL that can be judged, and may be sent the key");
    if (target.userinfo || !(is_this_machine(&target) || is_named(image, &target)))
        return refuse(name, length, "names an origin that no rule names, and would get the key");
    if (goes_to_a_proxy(&target))
        return cli_fail(CLI_RUN_FAILED,
                        "%.*s is plain http, and http_proxy would see the key: set "
                        "no_proxy=%s",
                        (int)length, name, target.host);
    return CLI_OK;
}

static const struct server_variable *find(const char *name, size_t length)
{
    for (size_t i = 0; i < COUNT; i++)
        if (strlen(variables[i].name) == length && memcmp(variables[i].name, name, length) == 0)
            return &variables[i];
    return NULL;
}

/* Names that programs make up, such as MYAPP_OPENAI_BASE_URL, LLM_ENDPOINT and LITELLM_MY_PROXY. */
static bool is_of_the_kind(const char *entry, size_t length)
{
    static const char *const families[] = {"LITELLM_", "LLM_", "GPT_", "CHATGPT_"};
    static const char *const parts[] = {"BASE", "PROXY", "URL", "HOST", "ENDPOINT", "SERVER"};
    char name[128];
    bool family = false, part = false;
    if (length >= sizeof name)
        return false;
    memcpy(name, entry, length);
    name[length] = '\0';
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        family |= strncmp(name, families[i], strlen(families[i])) == 0;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        part |= strstr(name, parts[i]) != NULL;
    return strcasestr(name, "openai") != NULL || strcasestr(name, "open_ai") != NULL ||
           (family && part);
}

/* "api.example.org" is one where the name says that it is meant as one. */
static bool is_address(const char *entry, size_t length, const char *value)
{
    static const char *const ends[] = {"HOST",   "ENDPOINT", "DOMAIN", "BASE",
                                       "SERVER", "URL",      "ORIGIN", NULL};
    if (strstr(value, "://") != NULL || strncmp(value, "//", 2) == 0)
        return true;
    if (value[0] == '/' || strncmp(value, "./", 2) == 0)
        return false;
    for (const char *const *end = ends; *end != NULL; end++) {
        size_t tail = strlen(*end);
        if (length > tail && strncasecmp(entry + length - tail, *end, tail) == 0)
            return strpbrk(value, ".:") != NULL;
    }
    return false;
}

static int judge_entry(const struct policy_image *image, const char *entry)
{
    size_t length = strcspn(entry, "=");
    const char *value = entry + length + (entry[length] == '=');
    const struct server_variable *variable = find(entry, length);
    bool address = is_address(entry, length, value);
    if (*value == '\0')
        return CLI_OK;
    if (variable == NULL)
        return address && is_of_the_kind(entry, length) ? judge(image, entry, length, value)
                                                        : CLI_OK;
    if (variable->form == PART)
        return refuse(entry, length, "names another provider's server");
    if (variable->form == PATHS && !address)
        return CLI_OK;
    return judge(image, entry, length, value);
}

/* The base URL that the caller chose under any of its names, or the rule's. */
static void choose_base(const struct policy_rule *rule, char url[PATH_MAX])
{
    char port[TEXT_MAX_PORT];
    for (size_t i = 0; i < COUNT; i++) {
        const char *value = variables[i].form == BASE ? getenv(variables[i].name) : NULL;
        if (value != NULL && *value != '\0') {
            snprintf(url, PATH_MAX, "%s", value);
            return;
        }
    }
    text_port_write(rule->port, port);
    /* A rule for the whole origin says nothing of the path;
     * Commissioned's programs are below /v1. */
    snprintf(url, PATH_MAX, "https://%s%s%s", rule->host, port,
             strcmp(rule->path, "/") == 0 ? "/v1" : rule->path);
}

/* "https://host:1/v1" -> the part of it that the form wants. */
static void cut(const char *url, enum form form, char out[PATH_MAX])
{
    const char *scheme = strstr(url, "://");
    const char *host = scheme != NULL ? scheme + 3 : url;
    const char *from = form == HOST ? host : url;
    size_t length = form == BASE ? strlen(url) : (size_t)(host - from) + strcspn(host, "/?#");
    snprintf(out, PATH_MAX, "%.*s", (int)length, from);
}

/* A peer that is not verified may be anybody. On this machine there is nobody else. */
static int refuse_unverified(const char *url)
{
    static const struct {
        const char *name, *off;
    } switches[] = {{"NODE_TLS_REJECT_UNAUTHORIZED", "0"},           /* nodejs.org/api/cli.html */
                    {"PYTHONHTTPSVERIFY", "0"},                      /* PEP 493 */
                    {"CURL_CA_BUNDLE", ""},                          /* requests before 2.28 */
                    {"PERL_LWP_SSL_VERIFY_HOSTNAME", "0"},           /* LWP::UserAgent(3pm) */
                    {"PERL_HTTP_TINY_SSL_INSECURE_BY_DEFAULT", "1"}, /* HTTP::Tiny(3pm) */
                    {"AIOHTTP_CLIENT_SESSION_SSL", "false"},         /* Open WebUI */
                    {"SSL_VERIFY", "False"},                         /* LiteLLM */
                    {"AIDER_VERIFY_SSL", "false"},                   /* aider, by configargparse */
                    {"AIDER_VERIFY_SSL", "no"},
                    {"AIDER_VERIFY_SSL", "0"}};
    struct target target;
    char path[PATH_MAX];
    if (target_read(url, &target, path) && is_this_machine(&target))
        return CLI_OK;
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        const char *value = getenv(switches[i].name);
        if (value != NULL && strcasecmp(value, switches[i].off) == 0)
            return cli_fail(CLI_RUN_FAILED,
                            "%s=%s lets the key go to a server that nobody verified: start this "
                            "with 'env -u %s'",
                            switches[i].name, value, switches[i].name);
    }
    return CLI_OK;
}

int run_point_servers(const struct policy_image *image, const struct policy_rule *rule)
{
    char url[PATH_MAX];
    for (char **entry = environ; *entry != NULL; entry++) {
        int status = judge_entry(image, *entry);
        if (status != CLI_OK)
            return status;
    }
    choose_base(rule, url);
    if (refuse_unverified(url) != CLI_OK)
        return CLI_RUN_FAILED;
    for (size_t i = 0; i < COUNT; i++) {
        char value[PATH_MAX];
        const char *set = getenv(variables[i].name);
        if (variables[i].form >= OTHERS || (set != NULL && *set != '\0'))
            continue;
        cut(url, variables[i].form, value);
        if (setenv(variables[i].name, value, 1) != 0)
            return cli_fail(CLI_RUN_FAILED, "out of memory");
    }
    return CLI_OK;
}
