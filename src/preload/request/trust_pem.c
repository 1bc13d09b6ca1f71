#include "preload/request/trust_pem.h"

#include <stdint.h>
#include <string.h>

/* ---- DER ---------------------------------------------------------------------------------------
 */

enum { DER_SEQUENCE = 0x30, DER_VERSION = 0xa0, LENGTH_BYTES_MOST = 3 };

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
        if (bytes == 0 || bytes > LENGTH_BYTES_MOST || at->length < head + bytes)
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

/* RFC 5280, 4.1: version, serial number, signature algorithm, issuer, validity, subject. */
bool der_names(struct der certificate, struct der_names *names)
{
    struct der at = certificate;
    struct element element;
    if (!read_head(&at, &element) || element.tag != DER_SEQUENCE || !read_head(&at, &element) ||
        element.tag != DER_SEQUENCE || !read_element(&at, &element))
        return false;
    if (element.tag == DER_VERSION && !read_element(&at, &element))
        return false;
    if (!read_element(&at, &element) || !read_element(&at, &element) || element.tag != DER_SEQUENCE)
        return false;
    names->issuer = element.whole;
    if (!read_element(&at, &element) || !read_element(&at, &element) || element.tag != DER_SEQUENCE)
        return false;
    names->subject = element.whole;
    return true;
}

bool der_equal(struct der a, struct der b)
{
    return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

/* ---- PEM ---------------------------------------------------------------------------------------
 */

static const char begin_line[] = "-----BEGIN CERTIFICATE-----";
static const char end_line[] = "-----END CERTIFICATE-----";

/* Where `what` stands from `text` on, or NULL. */
static const char *find(const char *text, const char *end, const char *what, size_t length)
{
    for (; (size_t)(end - text) >= length; text++)
        if (*text == '-' && memcmp(text, what, length) == 0)
            return text;
    return NULL;
}

const char *pem_next(const char **text, const char *end, size_t *length)
{
    const char *start = find(*text, end, begin_line, sizeof begin_line - 1);
    if (start == NULL)
        return NULL;
    start += sizeof begin_line - 1;
    const char *stop = find(start, end, end_line, sizeof end_line - 1);
    if (stop == NULL)
        return NULL;
    *text = stop + sizeof end_line - 1;
    *length = (size_t)(stop - start);
    return start;
}

/* The value of a base64 digit; 64 for what is none. */
static unsigned digit(unsigned char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26u;
    if (c >= '0' && c <= '9')
        return c - '0' + 52u;
    return c == '+' ? 62 : c == '/' ? 63 : 64;
}

size_t pem_decode(const char *text, size_t length, unsigned char *to, size_t room)
{
    uint32_t bits = 0;
    unsigned count = 0;
    size_t used = 0;
    for (size_t i = 0; i < length && used < room && text[i] != '='; i++) {
        unsigned value = digit((unsigned char)text[i]);
        if (value == 64 && text[i] != '\n' && text[i] != '\r' && text[i] != ' ' && text[i] != '\t')
            return 0;
        if (value == 64)
            continue;
        bits = bits << 6 | value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            to[used++] = (unsigned char)(bits >> count);
        }
    }
    return used;
}
