/*
 * weak.c - a program that uses libcurl where there is one, and links none: its references are weak.
 * It writes down what comes of them. A library in front of none makes them lead somewhere.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include <curl/curl.h>

#undef curl_easy_setopt

#pragma weak curl_easy_init
#pragma weak curl_multi_init
#pragma weak curl_easy_cleanup
#pragma weak curl_easy_duphandle
#pragma weak curl_easy_perform
#pragma weak curl_easy_reset
#pragma weak curl_easy_setopt

static int has_libcurl(void)
{
    char line[4096];
    int found = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL)
        found |= strstr(line, "libcurl") != NULL;
    if (maps != NULL)
        fclose(maps);
    return found;
}

int main(void)
{
    printf("a libcurl: %d\n", has_libcurl());
    printf("by name: %d %d\n", dlsym(RTLD_DEFAULT, "curl_easy_init") != NULL,
           dlsym(RTLD_NEXT, "curl_easy_init") != NULL);
    if (curl_easy_init == NULL) {
        printf("no reference\n");
        return 0;
    }
    printf("handles: %d %d %d\n", curl_easy_init() != NULL, curl_multi_init() != NULL,
           curl_easy_duphandle(NULL) != NULL);
    printf("codes: %d %d\n", curl_easy_perform(NULL), curl_easy_setopt(NULL, CURLOPT_URL, ""));
    curl_easy_reset(NULL);
    curl_easy_cleanup(NULL);
    return 0;
}
