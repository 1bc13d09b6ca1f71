/*
 * policy/index.h - filling the look-up table of an image (policy_image.h, struct policy_index).
 * For src/policy alone. Pure; any thread.
 */
#ifndef COMMISSIONED_POLICY_INDEX_H
#define COMMISSIONED_POLICY_INDEX_H

#include "commissioned/policy_image.h"

/* How many slots a policy of `nrules` rules takes: a power of two, or 0. */
uint32_t policy_index_slots(uint32_t nrules);

/* Fills slots[0..image->index.nslots) and chain[0..image->nrules) and sets image->index. */
void policy_index_fill(struct policy_image *image, uint32_t *slots, uint32_t *chain);

#endif
