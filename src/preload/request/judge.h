/*
 * judge.h - decide(), with what only some hops have to be asked: a .netrc, and the peer itself.
 *
 * Threads: the thread that uses the handle. Errors: doubt means no key. errno is kept.
 */
#ifndef COMMISSIONED_JUDGE_H
#define COMMISSIONED_JUDGE_H

#include "core/decide.h"
#include "preload/record/record.h"

/* Adds to the hop's facts. The decision may point to `detail`. */
struct decision judge_hop(const struct record *record, struct hop *hop,
                          char detail[MAX_PEER_DETAIL]);

#endif
