#include "preload/policy/interprets.h"

#include <string.h>

#include "preload/loader/elf_find.h"

static const struct {
    const char *symbol;
    const char *language;
} engines[] = {
    {"Py_BytesMain", "python"}, {"Py_Main", "python"},    {"perl_parse", "perl"},
    {"ruby_run_node", "ruby"},  {"zend_execute", "php"},  {"napi_create_function", "node"},
    {"lua_newstate", "lua"},    {"Tcl_CreateInterp", ""}, {"scm_boot_guile", ""},
    {"Rf_initialize_R", "R"},
};

/* The first of the list is the program, and it stays. */
const char *interprets_what(void)
{
    const struct link_map *program = elf_loaded();
    if (program == NULL || program->l_ld == NULL)
        return NULL;
    for (size_t i = 0; i < sizeof engines / sizeof engines[0]; i++)
        if (elf_find_in(program->l_addr, program->l_ld, engines[i].symbol,
                        elf_hash_of(engines[i].symbol)) != NULL)
            return engines[i].language;
    return NULL;
}
