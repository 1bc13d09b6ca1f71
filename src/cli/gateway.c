#include "cli/gateway.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"

static const struct cli_option options[] = {{0}};

static const struct cli_verb *const verbs[] = {&cli_verb_gateway_print, &cli_verb_gateway_check,
                                               &cli_verb_gateway_run, NULL};

const struct cli_verb cli_verb_gateway = {
    .name = "gateway",
    .summary = "one engine for a machine or a pod",
    .about = "The policy on an engine that many programs share. They show it tokens: see\n"
             "'commissioned-auth token'. The engine alone can read the keys.\n",
    .options = options,
    .verbs = verbs,
};

static bool is_port(const char *text)
{
    uint32_t port;
    return text_number_read(text, UINT16_MAX, &port) && port > 0;
}

int gateway_check_address(const char *option, const char *text)
{
    size_t host = text[0] == '[' ? strspn(text + 1, "0123456789abcdefABCDEF:.") + 2
                                 : strspn(text, "0123456789abcdefghijklmnopqrstuvwxyz"
                                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_");
    const char *colon = strrchr(text, ':');
    if (host == 0 || colon == NULL || colon != text + host ||
        (text[0] == '[' && colon[-1] != ']') || !is_port(colon + 1))
        return cli_fail(CLI_FAILED, "%s: '%s' is not HOST:PORT", option, text);
    return CLI_OK;
}

static int check_listen(const char *text)
{
    if (strncmp(text, "unix:/", 6) == 0 && text[strcspn(text, "'\"\\ \t;#,")] == '\0')
        return CLI_OK;
    return gateway_check_address("--listen", text);
}

static int check_names(const struct gateway_call *wanted)
{
    if (wanted->files[0] != '/' || wanted->files[strcspn(wanted->files, "'\"\\ \t;#")] != '\0')
        return cli_fail(CLI_FAILED, "--files: '%s' is no absolute path without blanks and quotes",
                        wanted->files);
    return CLI_OK;
}

static const char *value_or(const struct cli_call *call, enum gateway_option option,
                            const char *otherwise)
{
    return call->value[option] != NULL ? call->value[option] : otherwise;
}

int gateway_call_read(struct gateway_call *wanted, const struct cli_call *call)
{
    const char *engine = value_or(call, GATEWAY_OPTION_ENGINE, "haproxy");
    const char *cacert = call->value[GATEWAY_OPTION_CACERT];
    int status;
    memset(wanted, 0, sizeof *wanted);
    wanted->engine = gateway_engine_named(engine);
    wanted->listen = value_or(call, GATEWAY_OPTION_LISTEN, GATEWAY_LISTEN);
    wanted->tokens = value_or(call, GATEWAY_OPTION_TOKENS, GATEWAY_TOKENS);
    wanted->files = value_or(call, GATEWAY_OPTION_FILES, GATEWAY_FILES);
    wanted->connect = call->value[GATEWAY_OPTION_CONNECT];
    if (wanted->engine == GATEWAY_ENGINES)
        return cli_fail(CLI_FAILED, "--engine: '%s' is neither haproxy nor nginx nor envoy",
                        engine);
    if (cacert != NULL && realpath(cacert, wanted->cacert) == NULL)
        return cli_fail(CLI_FAILED, "--cacert: %s: %m", cacert);
    status = check_listen(wanted->listen);
    if (status == CLI_OK)
        status = check_names(wanted);
    if (status == CLI_OK && wanted->connect != NULL)
        status = gateway_check_address("--connect", wanted->connect);
    if (status == CLI_OK)
        status = asker_prepare(&wanted->asker, NULL, NULL);
    if (status == CLI_OK && call->value[GATEWAY_OPTION_CONFIG] != NULL)
        status = asker_only_file(&wanted->asker, call->value[GATEWAY_OPTION_CONFIG]);
    return status;
}

int gateway_fail(enum bridge_result result, const char *why)
{
    return cli_fail(result == BRIDGE_BAD_POLICY ? CLI_BAD_CONFIG : CLI_FAILED, "%s", why);
}
