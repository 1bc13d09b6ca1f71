#include "preload/request/inject.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "core/names.h"
#include "preload/loader/slab.h"

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* What stands behind the name and its separator, or NULL for a line of another name. libcurl sends
 * a blank between the two as it is, and servers differ in what they take it for. */
static const char *value_of(const char *line, const char *name, size_t length)
{
    if (strncasecmp(line, name, length) != 0)
        return NULL;
    const char *separator = skip_blanks(line + length);
    return *separator == ':' || *separator == ';' ? skip_blanks(separator + 1) : NULL;
}

/* libcurl sends an entry as it is: one with line breaks is several lines. A carriage return alone
 * is one to some servers (Python's, measured). NULL behind the last. */
static const char *next_line(const char *text)
{
    text += strcspn(text, "\r\n");
    while (*text == '\r' || *text == '\n')
        text++;
    return *text != '\0' ? text : NULL;
}

static const char *find_in(const char *text, const char *name, size_t length)
{
    const char *value = NULL;
    for (; text != NULL && value == NULL; text = next_line(text))
        value = value_of(text, name, length);
    return value;
}

const char *inject_find(const struct curl_slist *list, const char *name, size_t length)
{
    const char *value = NULL;
    for (; list != NULL && value == NULL; list = list->next)
        value = find_in(list->data, name, length);
    return value;
}

/* libcurl keeps the pointer and calls nobody: errno stays as it was. */
static bool set_headers(struct record *record, struct curl_slist *list)
{
    return record->provider->real.easy_setopt(record->handle, CURLOPT_HTTPHEADER,
                                              (uintptr_t)list) == CURLE_OK;
}

static const char authorization[] = AUTHORIZATION;
enum { NAME_LENGTH = sizeof authorization - 1 };

static bool is_authorization(const struct curl_slist *node)
{
    return node->data != NULL && value_of(node->data, authorization, NAME_LENGTH) != NULL;
}

bool inject_can_replace(const struct curl_slist *list)
{
    for (; list != NULL; list = list->next)
        if (list->data != NULL && next_line(list->data) != NULL &&
            find_in(list->data, authorization, NAME_LENGTH) != NULL)
            return false;
    return true;
}

bool inject_is_folded(const struct curl_slist *list)
{
    for (; list != NULL; list = list->next)
        if (list->data != NULL && (list->data[0] == ' ' || list->data[0] == '\t'))
            return true;
    return false;
}

/* The last Authorization header of a list, or NULL. */
static struct curl_slist *last_authorization(struct curl_slist *list)
{
    struct curl_slist *last = NULL;
    for (; list != NULL; list = list->next)
        if (is_authorization(list))
            last = list;
    return last;
}

__attribute__((noinline)) static void free_copies_slow(struct record_rare *rare)
{
    if (rare->copies == NULL)
        return;
    slab_unmap(rare->copies, rare->ncopies * sizeof *rare->copies);
    rare->copies = NULL;
    rare->ncopies = 0;
}

static inline void free_copies(struct record_rare *rare)
{
    if (rare != NULL)
        free_copies_slow(rare);
}

/* New nodes for the `count` headers in front of `end`, Authorization left out; their text is
 * shared. */
static bool copy_front(struct record *record, size_t count, struct curl_slist *end,
                       struct curl_slist **list)
{
    struct record_rare *rare = record_rare(record);
    struct curl_slist *copies = rare != NULL ? slab_map(count * sizeof *copies) : NULL;
    if (copies == NULL)
        return false;
    rare->copies = copies;
    rare->ncopies = count;
    struct curl_slist **link = list;
    for (const struct curl_slist *from = record->headers; from != end; from = from->next) {
        if (is_authorization(from))
            continue;
        copies->data = from->data;
        *link = copies;
        link = &copies++->next;
    }
    *link = end->next;
    return true;
}

/*
 * The application's list without its Authorization headers. What follows the last of them is the
 * application's own list, so that what it appends later is seen; what stands before others is
 * linked anew.
 */
static bool without_authorization(struct record *record, struct curl_slist **list)
{
    struct curl_slist *end = last_authorization(record->headers);
    size_t count = 0;
    *list = record->headers;
    if (end == NULL)
        return true;
    for (const struct curl_slist *node = record->headers; node != end; node = node->next)
        count += !is_authorization(node);
    *list = end->next;
    return count == 0 || copy_front(record, count, end, list);
}

/* The header in front of `rest`. */
static inline void link_in_front(struct record *record, const char *header, struct curl_slist *rest)
{
    /* libcurl does not write to the list; the cast takes nothing from anybody. */
    record->node.data = (char *)(uintptr_t)header;
    record->node.next = rest;
}

static inline bool put_in_front(struct record *record)
{
    if (!(record->state & RECORD_ARMED) && !set_headers(record, &record->node))
        return false;
    record->state |= RECORD_ARMED | RECORD_KEYED;
    return true;
}

bool inject_key(struct record *record, const char *header)
{
    link_in_front(record, header, record->headers);
    free_copies(record->rare);
    return put_in_front(record);
}

bool inject_key_alone(struct record *record, const char *header)
{
    struct curl_slist *rest;
    free_copies(record->rare);
    bool stands = without_authorization(record, &rest);
    if (stands) {
        link_in_front(record, header, rest);
        stands = put_in_front(record);
    }
    if (!stands)
        free_copies(record->rare);
    return stands;
}

static bool set_unrestricted(const struct record *record, bool on)
{
    return record->provider->real.easy_setopt(record->handle, CURLOPT_UNRESTRICTED_AUTH,
                                              (uintptr_t)on) == CURLE_OK;
}

bool inject_lift(struct record *record)
{
    if (!set_unrestricted(record, true))
        return false;
    record->state |= RECORD_LIFTED;
    return true;
}

void inject_settle(struct record *record)
{
    if (!(record->state & RECORD_LIFTED))
        return;
    set_unrestricted(record, false);
    record->state &= ~(uint32_t)RECORD_LIFTED;
}

bool inject_again(struct record *record)
{
    record->state &= ~(uint32_t)RECORD_ARMED;
    bool stands = inject_key_alone(record, record->node.data);
    record->state |= RECORD_ARMED; /* even so, for inject_nothing */
    return stands;
}

void inject_forget(struct record *record)
{
    free_copies(record->rare);
}

void inject_nothing(struct record *record)
{
    if (!(record->state & RECORD_ARMED))
        return;
    inject_settle(record);
    set_headers(record, record->headers);
    record->state &= ~(uint32_t)RECORD_ARMED;
    record->node.data = NULL;
    record->node.next = NULL;
    free_copies(record->rare);
}
