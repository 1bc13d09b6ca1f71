#include "socks.h"

#include <stdio.h>
#include <string.h>

enum { NAME = 256 };

static const struct site *reach_address(const unsigned char *address, const unsigned char *port)
{
    uint32_t number = (uint32_t)address[0] << 24 | (uint32_t)address[1] << 16 |
                      (uint32_t)address[2] << 8 | address[3];
    return world_find(number, (uint16_t)(port[0] << 8 | port[1]));
}

static const struct site *reach_name(const char *name, size_t length, const unsigned char *port)
{
    char authority[NAME + 8];
    snprintf(authority, sizeof authority, "%.*s:%d", (int)length, name, port[0] << 8 | port[1]);
    return world_reach(authority);
}

/* `yes` and `no` are answers of `size` bytes. */
static void answer(struct connection *c, const struct site *site, const char *yes, const char *no,
                   size_t size)
{
    connection_say(c, site != NULL ? yes : no, size);
    if (site != NULL)
        connection_turn(c, site);
    else
        c->ends = true;
}

static size_t take_4(struct connection *c)
{
    const unsigned char *in = (const unsigned char *)c->in;
    const char *user = c->in + 8;
    const char *end = c->nin > 8 ? memchr(user, 0, c->nin - 8) : NULL;
    if (end == NULL)
        return 0;
    const struct site *site = NULL;
    if (in[4] == 0 && in[5] == 0 && in[6] == 0) {
        const char *name = end + 1;
        end = memchr(name, 0, c->nin - (size_t)(name - c->in));
        if (end == NULL)
            return 0;
        site = reach_name(name, (size_t)(end - name), in + 2);
    } else {
        site = reach_address(in + 4, in + 2);
    }
    size_t size = (size_t)(end - c->in) + 1;
    answer(c, site, "\0\x5a\0\0\0\0\0", "\0\x5b\0\0\0\0\0", 8);
    return size;
}

static size_t greet_5(struct connection *c)
{
    size_t size = c->nin >= 2 ? 2 + (size_t)(unsigned char)c->in[1] : SIZE_MAX;
    if (c->nin < size)
        return 0;
    connection_say(c, "\5", 2);
    c->greeted = true;
    return size;
}

static size_t take_5(struct connection *c)
{
    const unsigned char *in = (const unsigned char *)c->in;
    if (!c->greeted)
        return greet_5(c);
    if (c->nin < 5)
        return 0;
    bool named = in[3] == 3;
    size_t length = named ? in[4] : 4;
    size_t begin = named ? 5 : 4;
    size_t size = begin + length + 2;
    if (c->nin < size)
        return 0;
    const struct site *site = named ? reach_name(c->in + begin, length, in + begin + length)
                                    : reach_address(in + begin, in + begin + length);
    answer(c, site, "\5\0\0\1\0\0\0\0\0", "\5\5\0\1\0\0\0\0\0", 10);
    return size;
}

size_t socks_take(struct connection *c)
{
    return c->in[0] == 4 ? take_4(c) : take_5(c);
}
