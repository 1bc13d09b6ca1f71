/* unload_plugin.c - makes a handle as soon as it is loaded. Of a libcurl's size, so that the kernel
 * puts it where one was. */
#include <curl/curl.h>

__attribute__((used)) static const char size[600000] = {1};

__attribute__((constructor)) static void begin(void)
{
    CURL *easy = curl_easy_init();
    if (easy != NULL)
        curl_easy_cleanup(easy);
}
