/* What a key, its scopes and its rate look like as text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "core/secret.h"
#include "devserver/keys.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static const struct {
    const char *name;
    unsigned bit;
} scope_names[] = {
    {"models", DS_SCOPE_MODELS},
    {"chat", DS_SCOPE_CHAT},
    {"embeddings", DS_SCOPE_EMBEDDINGS},
    {"keys", DS_SCOPE_KEYS},
};

bool ds_key_generate(struct ds_key_text *key)
{
    unsigned char random[32];
    char *out = key->text + sizeof DS_KEY_MARK - 1;
    /* getrandom(2): up to 256 bytes are given whole once the pool is ready, or not at all. */
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    memcpy(key->text, DS_KEY_MARK, sizeof DS_KEY_MARK);
    unsigned bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < sizeof random; i++) {
        bits = (bits << 8 | random[i]) & 0xffffu;
        for (held += 8; held >= 6; held -= 6)
            *out++ = alphabet[bits >> (held - 6) & 63u];
    }
    *out++ = alphabet[bits << (6 - held) & 63u];
    *out = '\0';
    secret_wipe(random, sizeof random);
    return true;
}

bool ds_key_is_shaped(const char *text, size_t length)
{
    size_t mark = sizeof DS_KEY_MARK - 1;
    if (length != DS_KEY_LENGTH || memcmp(text, DS_KEY_MARK, mark) != 0)
        return false;
    for (size_t i = mark; i < length; i++)
        if (text[i] == '\0' || strchr(alphabet, text[i]) == NULL)
            return false;
    return true;
}

void ds_digest(const void *text, size_t length, unsigned char digest[DS_DIGEST_SIZE])
{
    /* It fails only where the library was built without SHA-256; zeros match nothing stored. */
    if (gnutls_hash_fast(GNUTLS_DIG_SHA256, text, length, digest) != 0)
        memset(digest, 0, DS_DIGEST_SIZE);
}

const char *ds_scope_name(size_t index, unsigned *bit)
{
    if (index >= sizeof scope_names / sizeof scope_names[0])
        return NULL;
    *bit = scope_names[index].bit;
    return scope_names[index].name;
}

static unsigned scope_bit(const char *name, size_t length)
{
    unsigned bit;
    const char *known;
    for (size_t i = 0; (known = ds_scope_name(i, &bit)) != NULL; i++)
        if (strlen(known) == length && memcmp(known, name, length) == 0)
            return bit;
    return 0;
}

bool ds_scopes_parse(const char *text, unsigned *scopes, struct ds_why *why)
{
    *scopes = 0;
    for (;;) {
        size_t length = strcspn(text, ",");
        unsigned bit = scope_bit(text, length);
        if (bit == 0)
            return ds_fail(why, "unknown scope '%.*s': use models, chat, embeddings or keys",
                           (int)(length < 40 ? length : 40), text);
        *scopes |= bit;
        if (text[length] == '\0')
            return true;
        text += length + 1;
    }
}

static uint32_t window_seconds(const char *unit)
{
    static const char units[] = "smhd";
    static const uint32_t seconds[] = {1, 60, 3600, 86400};
    if (unit[0] == '\0' || unit[1] != '\0')
        return 0;
    const char *found = strchr(units, unit[0]);
    return found == NULL ? 0 : seconds[found - units];
}

bool ds_rate_parse(const char *text, struct ds_rate *rate, struct ds_why *why)
{
    char *end = NULL;
    errno = 0;
    unsigned long count = text[0] >= '0' && text[0] <= '9' ? strtoul(text, &end, 10) : 0;
    uint32_t seconds = end != NULL && *end == '/' ? window_seconds(end + 1) : 0;
    if (errno != 0 || count < 1 || count > 1000000 || seconds == 0)
        return ds_fail(
            why, "'%.40s' is not a rate: write 60/m, with a count of 1 to 1000000 and s, m, h or d",
            text);
    rate->count = (uint32_t)count;
    rate->seconds = seconds;
    return true;
}

void ds_rate_print(struct ds_rate rate, char text[32])
{
    const char *unit = rate.seconds == 1      ? "s"
                       : rate.seconds == 60   ? "m"
                       : rate.seconds == 3600 ? "h"
                                              : "d";
    text[0] = '\0';
    if (rate.count > 0)
        snprintf(text, 32, "%u/%s", rate.count, unit);
}

/* A name goes into tables, logs and JSON: printable ASCII keeps all three readable. */
bool ds_key_name_check(const char *what, const char *name, struct ds_why *why)
{
    size_t length = strlen(name);
    if (length < 1 || length > DS_MAX_NAME)
        return ds_fail(why, "the key's %s must be 1 to %d characters long", what, (int)DS_MAX_NAME);
    for (size_t i = 0; i < length; i++)
        if (name[i] < 0x20 || name[i] > 0x7e)
            return ds_fail(why, "the key's %s must be printable ASCII", what);
    return true;
}
