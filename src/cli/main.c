#include "cli/cli.h"

int main(int argc, char **argv)
{
    return cli_dispatch(&cli_command, CLI_NAME, argc, argv);
}
