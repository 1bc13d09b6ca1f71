/*
 * commissioned-auth-trial - what `enable`, `status` and `doctor` run under the library, once an
 * ABI: is it the library that was built, is it loaded, does a program with libcurl live with it.
 *
 * Usage: commissioned-auth-trial LIBRARY [load]. With LD_PRELOAD set the library is looked at; with
 * it or without, one transfer is made on loopback, unless `load` says that this is not asked.
 * Exit status: 0 good; 1 the transfer failed, 2 not loaded, 3 damaged, 4 no libcurl here. What is
 * wrong is one sentence on standard output.
 *
 * It is beside the policy module and not beside the command, because a machine has one command and
 * may have the library for several ABIs.
 */
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/curl.h"
#include "cli/loopback.h"
#include "trial/sum.h"

enum { GOOD, TRANSFER_FAILED, NOT_LOADED, DAMAGED, NO_CURL, TRANSFER_SECONDS = 10 };

static int say(int status, const char *library, const char *fact)
{
    printf("%s%s%s\n", library, *library != '\0' ? " " : "", fact);
    return status;
}

static int is_library(struct dl_phdr_info *info, size_t size, void *data)
{
    const struct stat *library = data;
    struct stat st;
    (void)size;
    return info->dlpi_name != NULL && stat(info->dlpi_name, &st) == 0 &&
           st.st_dev == library->st_dev && st.st_ino == library->st_ino;
}

static int look_at(const char *library)
{
    struct stat st;
    if (sum_check(library) == SUM_DIFFERS)
        return say(DAMAGED, library, "is damaged: its code is not what was installed");
    if (stat(library, &st) != 0 || dl_iterate_phdr(is_library, &st) == 0)
        return say(NOT_LOADED, library, "is not loaded");
    return GOOD;
}

static int transfer(void)
{
    struct curl_calls curl;
    struct loopback server;
    char url[64];
    if (!curl_load(&curl, NULL))
        return NO_CURL;
    CURL *handle = curl.easy_init();
    if (handle == NULL || !loopback_start(&server, "-"))
        return say(TRANSFER_FAILED, "", "no libcurl handle, or no loopback to try a transfer on");
    snprintf(url, sizeof url, "http://127.0.0.1:%u/start", server.port);
    curl.easy_setopt(handle, CURLOPT_URL, url);
    curl.easy_setopt(handle, CURLOPT_PROXY, "");
    curl.easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl.easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl.easy_setopt(handle, CURLOPT_TIMEOUT, (long)TRANSFER_SECONDS);
    CURLcode code = curl.easy_perform(handle);
    curl.easy_cleanup(handle);
    loopback_stop(&server);
    if (code != CURLE_OK)
        return say(TRANSFER_FAILED, "a transfer on loopback fails:", curl.easy_strerror(code));
    return server.count == 2 ? GOOD
                             : say(TRANSFER_FAILED, "a transfer on loopback", "is not followed");
}

int main(int argc, char **argv)
{
    int status = GOOD;
    if (argc == 3 && strcmp(argv[1], "--sum") == 0)
        return sum_print(argv[2]) ? GOOD : DAMAGED;
    if (argc < 2) {
        fputs("usage: commissioned-auth-trial LIBRARY [load]; 'commissioned-auth enable' runs it\n",
              stderr);
        return TRANSFER_FAILED;
    }
    if (getenv("LD_PRELOAD") != NULL)
        status = look_at(argv[1]);
    return status != GOOD || argc > 2 ? status : transfer();
}
