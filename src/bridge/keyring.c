#include "bridge/keyring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/base64.h"
#include "bridge/error_body.h"
#include "core/cleanup.h"
#include "core/secret.h"

static const char field[] = "Authorization: ";

struct kept_key {
    char *name;
    char *value;     /* base64 of the field's value, or NULL */
    time_t until;    /* 0: the policy has it */
    uint32_t serial; /* of the value: each has another */
    bool refused;    /* the origin answered 401 to this value */
};

time_t keyring_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return now.tv_sec;
}

static char *encode(const char *text)
{
    size_t size = strlen(text);
    char *out = malloc(base64_room(size));
    if (out != NULL)
        base64_encode(text, size, out);
    return out;
}

static void drop_value(struct kept_key *key)
{
    if (key->value != NULL)
        secret_free(key->value, strlen(key->value));
    key->value = NULL;
    key->until = 0;
    key->refused = false;
}

static struct kept_key *find(const struct keyring *ring, const char *name)
{
    for (uint32_t i = 0; i < ring->count; i++)
        if (strcmp(ring->keys[i].name, name) == 0)
            return &ring->keys[i];
    return NULL;
}

static struct kept_key *find_or_add(struct keyring *ring, const char *name)
{
    struct kept_key *key = find(ring, name);
    if (key != NULL)
        return key;
    key = reallocarray(ring->keys, ring->count + 1, sizeof *key);
    if (key == NULL)
        return NULL;
    ring->keys = key;
    key += ring->count;
    *key = (struct kept_key){.name = strdup(name)};
    if (key->name == NULL)
        return NULL;
    ring->count++;
    return key;
}

static bool take(struct keyring *ring, struct kept_key *key, const struct policy_key *from)
{
    char *value = encode(from->header + strlen(field));
    if (value == NULL)
        return false;
    if (key->value != NULL && strcmp(key->value, value) == 0) {
        secret_free(value, strlen(value));
        key->until = 0;
        return true;
    }
    drop_value(key);
    key->value = value;
    key->serial = ++ring->serials;
    return true;
}

static void keep(struct keyring *ring, struct kept_key *key, uint32_t stale, time_t now)
{
    if (key->value == NULL)
        return;
    if (key->until == 0)
        key->until = now + (time_t)stale;
    if (key->until <= now)
        drop_value(key);
    else if (ring->expires == 0 || key->until < ring->expires)
        ring->expires = key->until;
}

static bool names_key(const struct policy_image *image, const char *name)
{
    for (uint32_t i = 0; i < image->nkeys; i++)
        if (strcmp(image->keys[i].name, name) == 0)
            return true;
    return false;
}

static void drop_others(struct keyring *ring, const struct policy_image *image)
{
    for (uint32_t i = 0; i < ring->count; i++)
        if (!names_key(image, ring->keys[i].name))
            drop_value(&ring->keys[i]);
}

bool keyring_update(struct keyring *ring, const struct policy_image *image, const char *trouble,
                    time_t now)
{
    ring->expires = 0;
    drop_others(ring, image);
    for (uint32_t i = 0; i < image->nkeys; i++) {
        const struct policy_key *from = &image->keys[i];
        bool has = trouble == NULL && from->header != NULL;
        struct kept_key *key = find_or_add(ring, from->name);
        if (key == NULL || (has && !take(ring, key, from)))
            return false;
        if (!has)
            keep(ring, key, from->stale_seconds, now);
    }
    return true;
}

static bool has_value(const struct keyring *ring, const char *name)
{
    const struct kept_key *key = find(ring, name);
    return key != NULL && key->value != NULL;
}

bool keyring_refuse(struct keyring *ring, const struct policy_image *image, uint32_t serial)
{
    for (uint32_t i = 0; i < image->nkeys; i++) {
        struct kept_key *key = find(ring, image->keys[i].name);
        uint32_t next = image->keys[i].next;
        if (key == NULL || key->value == NULL || key->serial != serial)
            continue;
        if (key->refused || next == POLICY_NONE || !has_value(ring, image->keys[next].name))
            return false;
        key->refused = true;
        return true;
    }
    return false;
}

const struct policy_key *keyring_in_force(const struct keyring *ring,
                                          const struct policy_image *image, uint32_t number)
{
    const struct policy_key *key = &image->keys[number];
    for (uint32_t i = 0; i < image->nkeys; i++) {
        const struct kept_key *kept = find(ring, key->name);
        if (kept == NULL || !kept->refused || key->next == POLICY_NONE ||
            !has_value(ring, image->keys[key->next].name))
            break;
        key = &image->keys[key->next];
    }
    return key;
}

static const struct kept_key *find_in_force(const struct keyring *ring,
                                            const struct policy_image *image, uint32_t number)
{
    return find(ring, keyring_in_force(ring, image, number)->name);
}

static const char *why_missing(const struct policy_key *key, const char *trouble)
{
    if (trouble != NULL)
        return trouble;
    return key->error != NULL ? key->error : "the key cannot be had";
}

static char *missing_answer(const struct policy_key *key, const char *trouble)
{
    auto_free char *body = error_body("key_missing", why_missing(key, trouble));
    return body != NULL ? encode(body) : NULL;
}

static bool write_map(FILE *out, const struct keyring *ring, const struct policy_image *image,
                      const char *trouble)
{
    for (uint32_t i = 0; i < image->nkeys; i++) {
        const struct kept_key *key = find_in_force(ring, image, i);
        auto_free char *answer = missing_answer(&image->keys[i], trouble);
        if (answer == NULL)
            return false;
        fprintf(out, "ek%u %s\n", (unsigned)i, answer);
        if (key != NULL && key->value != NULL)
            fprintf(out, "k%u %s:%u\n", (unsigned)i, key->value, (unsigned)key->serial);
    }
    return true;
}

/* The room is known before, so that no copy is left behind by growing. */
static size_t map_room(const struct keyring *ring, const struct policy_image *image)
{
    enum { NAMES = 48 }; /* with the serial */
    size_t room = 1;
    for (uint32_t i = 0; i < image->nkeys; i++) {
        const struct kept_key *key = find_in_force(ring, image, i);
        room += NAMES + base64_room(8 * POLICY_MAX_SENTENCE);
        room += key != NULL && key->value != NULL ? strlen(key->value) : 0;
    }
    return room;
}

char *keyring_map(const struct keyring *ring, const struct policy_image *image, const char *trouble)
{
    size_t room = map_room(ring, image);
    char *text = calloc(1, room);
    FILE *out = text != NULL ? fmemopen(text, room, "w") : NULL;
    if (out == NULL) {
        free(text);
        return NULL;
    }
    setvbuf(out, NULL, _IONBF, 0);
    bool whole = write_map(out, ring, image, trouble);
    fclose(out);
    if (whole)
        return text;
    secret_free(text, room);
    return NULL;
}

/* The answer first: a request that finds no key finds that. */
static bool tell_missing(const struct admin *admin, const char *name, const char *error_name,
                         const struct policy_key *key, const char *trouble)
{
    auto_free char *answer = missing_answer(key, trouble);
    return answer != NULL && admin_set(admin, error_name, answer) && admin_delete(admin, name);
}

static bool set_value(const struct admin *admin, const char *name, const struct kept_key *key)
{
    char *pair;
    if (asprintf(&pair, "%s:%u", key->value, (unsigned)key->serial) < 0)
        return false;
    bool told = admin_set(admin, name, pair);
    secret_free(pair, strlen(pair));
    return told;
}

bool keyring_tell(const struct keyring *ring, const struct policy_image *image, const char *trouble,
                  const struct admin *admin)
{
    for (uint32_t i = 0; i < image->nkeys; i++) {
        const struct kept_key *key = find_in_force(ring, image, i);
        char name[16], error_name[16];
        bool told;
        snprintf(name, sizeof name, "k%u", (unsigned)i);
        snprintf(error_name, sizeof error_name, "ek%u", (unsigned)i);
        if (key != NULL && key->value != NULL)
            told = set_value(admin, name, key);
        else
            told = tell_missing(admin, name, error_name, &image->keys[i], trouble);
        if (!told)
            return false;
    }
    return true;
}

void keyring_free(struct keyring *ring)
{
    for (uint32_t i = 0; i < ring->count; i++) {
        drop_value(&ring->keys[i]);
        free(ring->keys[i].name);
    }
    free(ring->keys);
    *ring = (struct keyring){0};
}
