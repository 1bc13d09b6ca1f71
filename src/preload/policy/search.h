/*
 * search.h - one look for the policy: where it may be, whether anything is there, and what it says.
 *
 * Ownership: search_begin maps, for its paths are long and the caller's stack may be short;
 *            search_end unmaps. The image is the caller's.
 * Threads:   search_begin any, with no lock held: the dynamic loader may wait for a thread that
 *            waits for us. search_read one at a time (LOCK_BUILD).
 * Errors:    NULL where memory ran out, which search_read and search_end take.
 */
#ifndef COMMISSIONED_SEARCH_H
#define COMMISSIONED_SEARCH_H

#include <stdbool.h>

#include "commissioned/policy_image.h"
#include "core/places.h"
#include "preload/policy/find_module.h"

struct search {
    struct module module; /* where something is there */
    bool there;           /* a configuration, as far as that can be known */
    struct places places; /* last, for it is long, and each page of it costs a page fault */
};

struct search *search_begin(void);
void search_end(struct search *search);

/* NULL where there is no policy. *passing: the answer is of the moment (policy_image.h), and may be
 * NULL although there is one. */
struct policy_image *search_read(const struct search *search, bool *passing);

/* Whether a configuration is there, or no memory to look for one. */
bool search_finds_any(void);

#endif
