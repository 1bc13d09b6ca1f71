/* commissioned-devserver env: how a program trusts and reaches the server, for people to read. */
#include <getopt.h>
#include <stdlib.h>

#include "core/cleanup.h"
#include "devserver/command.h"

void ds_guide(FILE *out, const char *host, uint16_t port, const char *folder)
{
    /* cppcheck 2.10 misreads numbered conversions */
    /* cppcheck-suppress invalidPrintfArgType_s */
    fprintf(
        out,
        "Trust it (this CA can sign nothing else: its key is gone):\n"
        "  curl, libcurl of the curl command   export CURL_CA_BUNDLE=%1$s/ca.pem\n"
        "  OpenSSL, Python                     export SSL_CERT_FILE=%1$s/ca.pem\n"
        "  Node.js                             export NODE_EXTRA_CA_CERTS=%1$s/ca.pem\n"
        "Reach it by its real name:\n"
        "  curl --connect-to %2$s:443:127.0.0.1:%3$u https://%2$s/v1/models\n"
        "  curl --resolve %2$s:%3$u:127.0.0.1 https://%2$s:%3$u/v1/models\n"
        "  or give programs that know no such option a mount and network namespace of their own:\n"
        "    unshare --map-root-user --mount --net sh -c '\n"
        "      ip link set lo up\n"
        "      { echo \"127.0.0.1 %2$s\"; cat /etc/hosts; } >%1$s/hosts\n"
        "      mount --bind %1$s/hosts /etc/hosts\n"
        "      commissioned-devserver serve --state %1$s --listen 127.0.0.1:443 --log %1$s/log &\n"
        "      exec \"$SHELL\"'\n"
        "Reach it as localhost:\n"
        "  OpenAI SDKs                         export OPENAI_BASE_URL=https://localhost:%3$u/v1\n"
        "Make a key:\n"
        "  commissioned-devserver key create --state %1$s --name NAME\n",
        folder, host, (unsigned)port);
}

int ds_command_env(int argc, char **argv)
{
    static const struct option options[] = {{"state", required_argument, NULL, 's'},
                                            {"port", required_argument, NULL, 'p'},
                                            {"host", required_argument, NULL, 'h'},
                                            {0}};
    const char *state = NULL;
    const char *host = DS_DEFAULT_HOST;
    unsigned long port = 8443;
    struct ds_why why;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 's')
            state = optarg;
        else if (option == 'h')
            host = optarg;
        else if (option == 'p')
            port = strtoul(optarg, NULL, 10);
        else
            return DS_EXIT_USAGE;
    }
    if (optind < argc || port < 1 || port > 65535)
        return ds_complain(DS_EXIT_USAGE, "env takes --port 1 to 65535, --host and --state only");
    auto_free char *folder = ds_command_state(state, &why);
    if (folder == NULL)
        return ds_complain(DS_EXIT_FAILED, "%s", why.text);
    ds_guide(stdout, host, (uint16_t)port, folder);
    return DS_EXIT_OK;
}
