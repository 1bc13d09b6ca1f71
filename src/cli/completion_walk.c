#include "cli/completion.h"

void completion_verbs(FILE *out, const struct cli_verb *verb)
{
    for (const struct cli_verb *const *v = verb->verbs; v != NULL && *v != NULL; v++)
        fprintf(out, "%s ", (*v)->name);
}

void completion_walk(FILE *out, void (*visit)(FILE *out, const struct cli_verb *parent,
                                              const struct cli_verb *verb))
{
    for (const struct cli_verb *const *v = cli_command.verbs; *v != NULL; v++) {
        for (const struct cli_verb *const *sub = (*v)->verbs; sub != NULL && *sub != NULL; sub++)
            visit(out, *v, *sub);
        visit(out, NULL, *v);
    }
}
