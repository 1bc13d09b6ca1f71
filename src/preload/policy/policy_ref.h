/* policy_ref.h - one policy in force, and who uses it: see policy_loader.h. */
#ifndef COMMISSIONED_POLICY_REF_H
#define COMMISSIONED_POLICY_REF_H

#include <stdbool.h>
#include <stdint.h>

#include "commissioned/policy_image.h"
#include "core/plain.h"

struct policy_ref {
    struct policy_image *image;
    unsigned references; /* LOCK_POLICY */
    unsigned number;     /* no other policy of the process has the same */
    bool debug;          /* COMMISSIONED_AUTH_DEBUG was 1 when the policy was read */
    bool needs_method;   /* a rule names methods */
    struct plain plain;  /* nothing is with debug output, which shows every hop */
    bool failure_told;   /* the journal has the sentence; atomic */
    bool refusal_told;   /* ... of a peer whose certificate is not good; atomic */
    size_t size;         /* of this object */
    dev_t root_device;   /* of the process's root folder when the policy was read, ... */
    ino_t root_number;   /* ... and its inode */
    uint8_t *told;       /* per key: bits of report.c; atomic */
    bool promoted[];     /* per key: its `next` has taken over; atomic, only ever set */
};

#endif
