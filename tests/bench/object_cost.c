#include "object_cost.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name stands behind its number where it is first used, and then the
 * number alone: "(12) name". */
struct name {
    const char *ending;
    char number[24];
};

struct reader {
    struct name object;
    struct name callee;
    bool is_inside;   /* the costs that follow are the object's */
    bool calls_it;    /* the call that follows is one of the callee */
    bool is_of_calls; /* the next cost is a call's */
    double sum;
};

static bool is_named(struct name *name, const char *text)
{
    size_t length = strcspn(text, ")") + 1;
    size_t ending = strlen(name->ending), end = strcspn(text, "\n");
    if (end > length && end >= ending && memcmp(text + end - ending, name->ending, ending) == 0)
        snprintf(name->number, sizeof name->number, "%.*s", (int)length, text);
    return name->number[0] != '\0' && strncmp(text, name->number, length) == 0;
}

static void add_cost(struct reader *reader, const char *line)
{
    const char *cost = strrchr(line, ' ');
    if (cost != NULL && reader->is_inside && (!reader->is_of_calls || reader->calls_it))
        reader->sum += strtod(cost, NULL);
    reader->calls_it = reader->calls_it && !reader->is_of_calls;
    reader->is_of_calls = false;
}

static void read_line(struct reader *reader, const char *line)
{
    if (strncmp(line, "ob=", 3) == 0)
        reader->is_inside = is_named(&reader->object, line + 3);
    else if (strncmp(line, "cob=", 4) == 0)
        is_named(&reader->object, line + 4); /* its number may be given here */
    else if (strncmp(line, "fn=", 3) == 0)
        is_named(&reader->callee, line + 3);
    else if (strncmp(line, "cfn=", 4) == 0)
        reader->calls_it = is_named(&reader->callee, line + 4);
    else if (strncmp(line, "calls=", 6) == 0)
        reader->is_of_calls = true;
    else if (isdigit((unsigned char)line[0]) || strchr("+-*", line[0]) != NULL)
        add_cost(reader, line);
}

double object_cost(const char *path, const char *object, const char *callee)
{
    struct reader reader = {.object.ending = object, .callee.ending = callee};
    char line[4096];
    FILE *file = fopen(path, "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (line[0] != '\n')
            read_line(&reader, line);
    if (file != NULL)
        fclose(file);
    return reader.object.number[0] != '\0' ? reader.sum : -1;
}
