/*
 * keyring.h - the keys in force: those of the policy, and for as long as `stale` allows the last
 * good one of a key that cannot be had.
 *
 * Ownership: keyring_free wipes and frees.
 * Secrets:   the values, which are ready for the engine.
 */
#ifndef COMMISSIONED_BRIDGE_KEYRING_H
#define COMMISSIONED_BRIDGE_KEYRING_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "bridge/admin.h"
#include "commissioned/policy_image.h"

struct kept_key;

struct keyring {
    struct kept_key *keys;
    uint32_t count;
    uint32_t serials; /* how many values were had so far */
    time_t expires;   /* when a kept key ends, on the clock of keyring_now; 0: none is kept */
};

/* Seconds of a clock that runs on while the machine sleeps. */
time_t keyring_now(void);

/*
 * Takes over the keys of an image. `trouble` (NULL: none) says why the policy cannot be read any
 * more; the image is then the last that could, and none of its keys can be had. False where memory
 * ran out.
 */
bool keyring_update(struct keyring *ring, const struct policy_image *image, const char *trouble,
                    time_t now);

/*
 * The origin answered 401 to the value of this serial: the key's `next` takes over, where it can be
 * had (policy_key.next), until the refused one becomes another. True where the engine has to be
 * told.
 */
bool keyring_refuse(struct keyring *ring, const struct policy_image *image, uint32_t serial);

/* What stands for the image's key of this number, after what was refused. */
const struct policy_key *keyring_in_force(const struct keyring *ring,
                                          const struct policy_image *image, uint32_t number);

/* What an engine that starts is to find in its map: a line each of a name, a blank and a value. The
 * caller's, by secret_free; NULL where memory ran out. */
char *keyring_map(const struct keyring *ring, const struct policy_image *image,
                  const char *trouble);

/* Tells the engine: kN is the value of the image's key N with its serial, VALUE:SERIAL, and ekN the
 * answer where there is none. */
bool keyring_tell(const struct keyring *ring, const struct policy_image *image, const char *trouble,
                  const struct admin *admin);

void keyring_free(struct keyring *ring);

#endif
