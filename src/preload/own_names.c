#include "own_names.h"

#include <curl/curl.h>
#include <dlfcn.h>

#include "elf_find.h"
#include "handle.h"
#include "provider.h"

static const char names[OWN_NAMES][26] = {"curl_easy_init",
                                          "curl_multi_init",
                                          "curl_easy_cleanup",
                                          "curl_easy_duphandle",
                                          "curl_easy_perform",
                                          "curl_easy_reset",
                                          "curl_easy_setopt",
                                          "curl_multi_add_handle",
                                          "curl_multi_cleanup",
                                          "curl_multi_info_read",
                                          "curl_multi_remove_handle",
                                          "curl_multi_setopt",
                                          "dlsym",
                                          "dlvsym"};

void *own_function(unsigned name)
{
    switch (name) {
    case OWN_EASY_INIT:
        return (void *)curl_easy_init;
    case OWN_MULTI_INIT:
        return (void *)curl_multi_init;
    case 2:
        return (void *)curl_easy_cleanup;
    case 3:
        return (void *)curl_easy_duphandle;
    case 4:
        return (void *)curl_easy_perform;
    case 5:
        return (void *)curl_easy_reset;
    case 6:
        return (void *)curl_easy_setopt;
    case 7:
        return (void *)curl_multi_add_handle;
    case 8:
        return (void *)curl_multi_cleanup;
    case 9:
        return (void *)curl_multi_info_read;
    case 10:
        return (void *)curl_multi_remove_handle;
    case 11:
        return (void *)curl_multi_setopt;
    case OWN_DLSYM:
        return (void *)dlsym;
    default:
        return (void *)dlvsym;
    }
}

unsigned own_name(const char *name)
{
    unsigned i = 0;
    while (i < OWN_NAMES && !elf_same_name(names[i], name))
        i++;
    return i;
}

void *own_entry(unsigned name, const struct provider *provider)
{
    if (name == OWN_EASY_INIT)
        return handle_easy_entry(provider_number(provider));
    if (name == OWN_MULTI_INIT)
        return handle_multi_entry(provider_number(provider));
    return own_function(name);
}
