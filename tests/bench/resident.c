/* Prints how much private memory of its own it has dirtied, in kB, and uses nothing else. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char line[256];
    FILE *file = fopen("/proc/self/smaps_rollup", "re");
    if (file == NULL)
        return EXIT_FAILURE;
    while (fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "Private_Dirty:", 14) == 0)
            printf("%ld\n", strtol(line + 14, NULL, 10));
    return fclose(file) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
