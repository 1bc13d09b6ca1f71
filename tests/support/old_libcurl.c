#include "old_libcurl.h"

#include <stdio.h>
#include <stdlib.h>

#include <curl/curl.h>

bool libcurl_before(unsigned version)
{
    const char *under_test = getenv("TEST_LIBCURL");
    unsigned long is = under_test != NULL ? strtoul(under_test, NULL, 16)
                                          : curl_version_info(CURLVERSION_NOW)->version_num;
    return is < version;
}

bool old_libcurl(void)
{
    return libcurl_before(0x075000) || getenv("TEST_OLD_LIBCURL") != NULL;
}

bool skips_old_libcurl(const char *test)
{
    if (!old_libcurl())
        return false;
    printf("SKIP %s: libcurl before 7.80 shows neither its hops nor its peers\n", test);
    fflush(stdout);
    return true;
}
