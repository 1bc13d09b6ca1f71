#include "cli/style.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/variable.h"

static bool coloured(void)
{
    const char *terminal = getenv("TERM");
    return variable("NO_COLOR") == NULL && isatty(STDOUT_FILENO) && terminal != NULL &&
           strcmp(terminal, "dumb") != 0;
}

void style_print(enum style style, const char *word)
{
    static const char *const colours[] = {"\033[32m", "\033[33m", "\033[31m", ""};
    if (style != STYLE_PLAIN && coloured())
        printf("%s%s\033[0m", colours[style], word);
    else
        fputs(word, stdout);
}
