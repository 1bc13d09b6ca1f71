/* exports_config.c - symbols of libconfig's names, exported by the program: calling one ends it. */
#include <stdio.h>
#include <stdlib.h>

#define HIJACK(name)                                                                               \
    void name(void);                                                                               \
    __attribute__((visibility("default"))) void name(void)                                         \
    {                                                                                              \
        printf(#name " was called in the program\n");                                              \
        _Exit(1);                                                                                  \
    }

HIJACK(config_init)
HIJACK(config_destroy)
HIJACK(config_read)
HIJACK(config_read_string)
HIJACK(config_setting_lookup)
HIJACK(config_setting_get_string)
HIJACK(config_root_setting)
