#define CURL_DISABLE_DEPRECATION /* curl_multi_socket */
#include "preload/binding/own_names.h"

#include <dlfcn.h>
#include <stddef.h>

#include <curl/curl.h>

#include "preload/libcurl/provider.h"
#include "preload/loader/elf_find.h"
#include "preload/request/handle.h"

/* Arrays of characters rather than pointers, each of which would be a relocation at start-up. */
static const char names[OWN_NAMES][26] = {
#define TEXT(name) #name,
    OWN_NAME_LIST(TEXT)
#undef TEXT
};

void *own_function(unsigned number)
{
    switch (number) {
#define FUNCTION(name)                                                                             \
    case OWN_##name:                                                                               \
        return (void *)name;
        OWN_NAME_LIST(FUNCTION)
#undef FUNCTION
    }
    return NULL;
}

/* Every import of a libcurl user comes here: what libcurl's names have in
 * common is compared once. */
unsigned own_name(const char *name)
{
    static const char prefix[] = "curl_";
    enum { PREFIX = sizeof prefix - 1 };
    unsigned i = 0, end = OWN_LIBCURLS, from = 0;
    while (from < PREFIX && name[from] == prefix[from])
        from++;
    if (from < PREFIX) {
        i = OWN_LIBCURLS;
        end = OWN_NAMES;
        from = 0;
    }
    while (i < end && !elf_same_name(names[i] + from, name + from))
        i++;
    return i < end ? i : OWN_NAMES;
}

void *own_entry(unsigned name, const struct provider *provider)
{
    if (name == OWN_curl_easy_init)
        return handle_easy_entry(provider_number(provider));
    if (name == OWN_curl_multi_init)
        return handle_multi_entry(provider_number(provider));
    return own_function(name);
}
