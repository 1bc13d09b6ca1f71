#include "inject.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static bool is_header(const struct curl_slist *node, const char *name, size_t length)
{
    return node->data != NULL && strncasecmp(node->data, name, length) == 0 &&
           (node->data[length] == ':' || node->data[length] == ';');
}

const char *inject_find(const struct curl_slist *list, const char *name, size_t length)
{
    for (; list != NULL; list = list->next) {
        if (!is_header(list, name, length))
            continue;
        const char *value = list->data + length + 1;
        while (*value == ' ' || *value == '\t')
            value++;
        return value;
    }
    return NULL;
}

static bool set_headers(struct record *record, struct curl_slist *list)
{
    int saved = errno;
    CURLcode code =
        record->provider->real.easy_setopt(record->handle, CURLOPT_HTTPHEADER, (uintptr_t)list);
    errno = saved;
    return code == CURLE_OK;
}

/*
 * The application's list without its Authorization headers: those in front are stepped over. One
 * that stands behind other headers would need a changed copy of the list, so it is not replaced.
 */
static bool skip_authorization(struct curl_slist **list)
{
    static const char name[] = "Authorization";
    while (*list != NULL && is_header(*list, name, sizeof name - 1))
        *list = (*list)->next;
    return inject_find(*list, name, sizeof name - 1) == NULL;
}

bool inject_key(struct record *record, const char *header, bool replace)
{
    struct curl_slist *rest = record->headers;
    if (replace && !skip_authorization(&rest))
        return false;
    bool standing = (record->state & RECORD_ARMED) != 0;
    /* libcurl does not write to the list; the cast takes nothing from anybody. */
    record->node.data = (char *)(uintptr_t)header;
    record->node.next = rest;
    if (!standing && !set_headers(record, &record->node))
        return false;
    record->state |= RECORD_ARMED | RECORD_KEYED;
    return true;
}

void inject_nothing(struct record *record)
{
    if (!(record->state & RECORD_ARMED))
        return;
    set_headers(record, record->headers);
    record->state &= ~(uint32_t)RECORD_ARMED;
    record->node.data = NULL;
    record->node.next = NULL;
}
