/* get.c - the smallest client: get URL ROUTE, in good hands ($ORIGIN_CA). Prints the status. */
#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

static size_t discard(char *data, size_t size, size_t count, void *user)
{
    (void)data, (void)user;
    return size * count;
}

int main(int argc, char **argv)
{
    long status = 0;
    CURL *easy = curl_easy_init();
    if (argc < 3 || easy == NULL)
        return 2;
    struct curl_slist *routes = curl_slist_append(NULL, argv[2]);
    curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, routes);
    curl_easy_setopt(easy, CURLOPT_CAINFO, getenv("ORIGIN_CA"));
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK)
        fprintf(stderr, "%s\n", curl_easy_strerror(code));
    printf("%ld", status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(routes);
    return (int)code;
}
