#include "callbacks.h"
#include "options.h"
#include "oracle.h"
#include "trace.h"
#include "world.h"

static struct curl_slist *make_list(const char *const lines[])
{
    struct curl_slist *list = NULL;
    for (; *lines != NULL; lines++)
        list = curl_slist_append(list, *lines);
    return list;
}

enum { LIST_LINES = 4, HEADER_LISTS = 9, CONNECT_TO_LISTS = 4 };

/* They live as long as the program: what libcurl still uses may not be freed. */
static struct curl_slist *header_list(long which)
{
    static struct curl_slist *lists[HEADER_LISTS];
    static const char *const lines[HEADER_LISTS][LIST_LINES] = {
        [1] = {"X-Mine: 1"},
        [2] = {"Authorization: Bearer own"},
        [3] = {"Host: " WORLD_HOST},
        [4] = {"Host: evil.example"},
        [5] = {"X-Mine: 2", "Authorization: Basic b3duOm93bg==", "X-Last: 2"},
        [6] = {"Authorization:"},
        [7] = {"Expect:", "Host:"},
        [8] = {"Connection: close", "Cookie: h=1"},
    };
    if (lists[which] == NULL)
        lists[which] = make_list(lines[which]);
    return lists[which];
}

static struct curl_slist *connect_to_list(long which)
{
    static struct curl_slist *lists[CONNECT_TO_LISTS];
    static const char *const lines[CONNECT_TO_LISTS][LIST_LINES] = {
        [1] = {WORLD_HOST ":443:10.0.0.2:443"},
        [2] = {WORLD_HOST ":443:" WORLD_HOST ":8443"},
        [3] = {"evil.example:443:10.0.0.1:443"},
    };
    if (lists[which] == NULL)
        lists[which] = make_list(lines[which]);
    return lists[which];
}

static CURLcode set_list(struct handle *handle, const struct option *option)
{
    struct curl_slist *list = NULL;
    if (option->kind == KIND_HEADERS)
        list = header_list(option->number);
    else if (option->kind == KIND_RESOLVE)
        list = world_resolve((unsigned)option->number);
    else
        list = connect_to_list(option->number);
    return curl_easy_setopt(handle->easy, (CURLoption)option->option, list);
}

static CURLcode set_value(struct handle *handle, const struct option *option)
{
    CURLoption number = (CURLoption)option->option;
    if (option->kind == KIND_HEADERS && option->number == APPENDS) {
        curl_slist_append(header_list(1), "X-Late: 1");
        return CURLE_OK;
    }
    switch (option->kind) {
    case KIND_LONG:
        return curl_easy_setopt(handle->easy, number, option->number);
    case KIND_TEXT:
        return curl_easy_setopt(handle->easy, number, option->text);
    case KIND_CALLBACK:
        return callback_set(handle, (enum callback)(option->number >> 4), option->number & 15);
    default:
        return set_list(handle, option);
    }
}

CURLcode option_set(struct handle *handle, const struct option *option)
{
    /* While it is set, for callbacks may see it (libcurl calls some at once). */
    bool verification =
        option->option == CURLOPT_SSL_VERIFYPEER || option->option == CURLOPT_SSL_VERIFYHOST;
    if (option->option == CURLOPT_SSL_VERIFYPEER && option->number == 0)
        handle->peer_off = true;
    if (option->option == CURLOPT_SSL_VERIFYHOST && option->number == 0)
        handle->host_off = true;
    if (option->kind == KIND_RESOLVE)
        handle->resolve = (unsigned)option->number;
    if (option->kind == KIND_CONNECT_TO && option->number == 2)
        handle->is_rerouted = true;
    handle_note(handle, option->harmless || (verification && oracle_verifies));
    CURLcode code = set_value(handle, option);
    if (code != CURLE_OK)
        return code;
    if (option->option == CURLOPT_SSL_VERIFYPEER)
        handle->peer_off = option->number == 0;
    if (option->option == CURLOPT_SSL_VERIFYHOST)
        handle->host_off = option->number == 0;
    handle_note(handle, true);
    return code;
}
