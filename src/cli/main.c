#include "cli/cli.h"
#include "cli/gone_reader.h"

int main(int argc, char **argv)
{
    gone_reader_is_outlived();
    return cli_dispatch(&cli_command, CLI_NAME, argc, argv);
}
