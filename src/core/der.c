#include "core/der.h"

#include <string.h>

enum {
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_SEQUENCE = 0x30,
    DER_VERSION = 0xa0,
    MAX_LENGTH_BYTES = 3,
};

struct element {
    unsigned char tag;
    struct der whole;
    struct der content;
};

/* Reads the head of the element at *at, and moves behind the head. */
static bool read_head(struct der *at, struct element *element)
{
    const unsigned char *p = at->data;
    size_t head = 2, length;
    if (at->length < head)
        return false;
    length = p[1];
    if (length & 0x80) {
        size_t bytes = length & 0x7f;
        if (bytes == 0 || bytes > MAX_LENGTH_BYTES || at->length < head + bytes)
            return false;
        length = 0;
        for (size_t i = 0; i < bytes; i++)
            length = length << 8 | p[2 + i];
        head += bytes;
    }
    element->tag = p[0];
    element->whole = (struct der){p, head + length};
    element->content = (struct der){p + head, length};
    *at = (struct der){p + head, at->length - head};
    return true;
}

/* Reads the whole element at *at, and moves behind it. */
static bool read_element(struct der *at, struct element *element)
{
    struct der inside = *at;
    if (!read_head(&inside, element) || element->content.length > inside.length)
        return false;
    *at = (struct der){at->data + element->whole.length, at->length - element->whole.length};
    return true;
}

static bool is_time(unsigned char tag)
{
    return tag == DER_UTC_TIME || tag == DER_GENERALIZED_TIME;
}

/* RFC 5280, 4.1: version, serial number, signature algorithm, issuer, validity, subject. */
static bool read_names(struct der at, struct der_names *names, struct element *validity)
{
    struct element element;
    if (!read_head(&at, &element) || element.tag != DER_SEQUENCE || !read_head(&at, &element) ||
        element.tag != DER_SEQUENCE || !read_element(&at, &element))
        return false;
    if (element.tag == DER_VERSION && !read_element(&at, &element))
        return false;
    if (!read_element(&at, &element) || !read_element(&at, &element) || element.tag != DER_SEQUENCE)
        return false;
    names->issuer = element.whole;
    if (!read_element(&at, validity) || !read_element(&at, &element) || element.tag != DER_SEQUENCE)
        return false;
    names->subject = element.whole;
    return true;
}

bool der_names(struct der certificate, struct der_names *names)
{
    struct element validity;
    return read_names(certificate, names, &validity);
}

/* A request and a list of what was revoked begin like a certificate, but have no two times. */
bool der_is_certificate(struct der whole)
{
    struct der at = whole;
    struct der_names names;
    struct element element, validity;
    return read_element(&at, &element) && at.length == 0 && read_names(whole, &names, &validity) &&
           validity.tag == DER_SEQUENCE && read_element(&validity.content, &element) &&
           is_time(element.tag) && read_element(&validity.content, &element) &&
           is_time(element.tag);
}

bool der_equal(struct der a, struct der b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}
