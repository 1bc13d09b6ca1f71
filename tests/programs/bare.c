/*
 * bare nothing|handle|request URL - a program that makes no system calls of its own but those of
 * its loader, and one at its end. Its exit status is 3 where the request carried a key.
 * It prints the file that BARE_SHOWS names, at its end.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <curl/curl.h>

extern int bare_curl_had_key;

static void show(const char *file)
{
    char text[4096];
    ssize_t size;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    while ((size = read(fd, text, sizeof text)) > 0)
        if (write(STDOUT_FILENO, text, (size_t)size) != size)
            break;
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "nothing") == 0)
        _exit(0);
    CURL *easy = curl_easy_init();
    if (argc > 2) {
        curl_easy_setopt(easy, CURLOPT_URL, argv[2]);
        curl_easy_perform(easy);
    }
    curl_easy_cleanup(easy);
    if (getenv("BARE_SHOWS") != NULL)
        show(getenv("BARE_SHOWS"));
    _exit(bare_curl_had_key ? 3 : 0);
}
