/*
 * play.h - runs a sequence, once in a process.
 */
#ifndef COMMISSIONED_CALLS_PLAY_H
#define COMMISSIONED_CALLS_PLAY_H

#include <stdint.h>

/* Bit i of `kept`: step i is run. */
void play(uint64_t seed, uint64_t kept);

#endif
