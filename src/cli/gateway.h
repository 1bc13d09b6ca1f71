/* cli/gateway.h - what the verbs below `gateway` share. */
#ifndef COMMISSIONED_CLI_GATEWAY_H
#define COMMISSIONED_CLI_GATEWAY_H

#include <limits.h>

#include "bridge/gateway_text.h"
#include "cli/cli.h"
#include "cli/policy.h"

#define GATEWAY_FILES  "/etc/commissioned-auth/gateway"
#define GATEWAY_TOKENS "/etc/commissioned-auth/tokens"
#define GATEWAY_LISTEN "127.0.0.1:8455"

enum gateway_option {
    GATEWAY_OPTION_ENGINE,
    GATEWAY_OPTION_LISTEN,
    GATEWAY_OPTION_CONFIG,
    GATEWAY_OPTION_TOKENS,
    GATEWAY_OPTION_FILES,
    GATEWAY_OPTION_CACERT,
    GATEWAY_OPTION_CONNECT,
    GATEWAY_OPTION_SECRET, /* of print alone */
};

/* What was asked for, with what was left out filled in. */
struct gateway_call {
    enum gateway_engine engine;
    const char *listen;
    const char *tokens;
    const char *files;
    const char *connect;
    char cacert[PATH_MAX]; /* empty: the system's */
    struct policy_asker asker;
};

/* Exit code. */
int gateway_call_read(struct gateway_call *wanted, const struct cli_call *call);

/* HOST:PORT, or [ADDRESS]:PORT. `option` is named where it is neither. Exit code, CLI_FAILED. */
int gateway_check_address(const char *option, const char *text);

/* The exit code of a bridge's result, with its sentence said. */
int gateway_fail(enum bridge_result result, const char *why);

extern const struct cli_verb cli_verb_gateway_print;
extern const struct cli_verb cli_verb_gateway_check;
extern const struct cli_verb cli_verb_gateway_run;

#endif
