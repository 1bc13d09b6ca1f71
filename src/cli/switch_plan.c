/* What enable and disable would write, told and not done. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/cli.h"
#include "cli/preload_file.h"
#include "cli/switch.h"
#include "core/cleanup.h"

static int end(void)
{
    puts("Nothing was changed.");
    return CLI_OK;
}

static void tell_of_mark(const struct switch_tree *tree)
{
    struct switch_mark mark;
    if (switch_pends(tree, &mark))
        printf("would remove %s/etc/" MARK_NAME "\n", tree->root);
}

int switch_plan_on(const struct switch_tree *tree, const char *entry, bool trial, unsigned seconds)
{
    if (trial)
        printf("would try %s with programs of this system\n", entry);
    if (seconds > 0)
        printf("would write %s/etc/" MARK_NAME ", and start a process that takes it back in %u "
               "seconds unless it is confirmed\n",
               tree->root, seconds);
    if (tree->exists)
        printf("would keep %s as it is now beside it, as ld.so.preload.before\n", tree->file);
    printf("would write the line %s into %s\n", entry, tree->file);
    return end();
}

int switch_plan_confirm(const struct switch_tree *tree)
{
    tell_of_mark(tree);
    return end();
}

int switch_plan_off(const struct switch_tree *tree)
{
    auto_free char *text = preload_without(tree->text);
    const char *at = tree->seen;
    struct preload_entry entry;
    unsigned line = 1;
    if (text == NULL)
        return cli_fail(CLI_FAILED, "out of memory");
    while (preload_next(&at, &line, &entry))
        if (preload_is_ours(&entry))
            printf("would take %.*s out of %s, line %u\n", (int)entry.length, entry.start,
                   tree->file, entry.line);
    if (tree->exists && *text == '\0')
        printf("would remove %s, in which nothing else is\n", tree->file);
    tell_of_mark(tree);
    return end();
}
