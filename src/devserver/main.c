#include "devserver/command.h"

int main(int argc, char **argv)
{
    return ds_command(argc, argv);
}
