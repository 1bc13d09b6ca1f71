/*
 * run_player.h - a process of CALLS that calls_run has play sequences, and what it saw of one.
 *
 * Errors: calls_run ends.
 */
#ifndef COMMISSIONED_CALLS_RUN_PLAYER_H
#define COMMISSIONED_CALLS_RUN_PLAYER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct player {
    pid_t pid;
    FILE *to;
    FILE *from;
};

/* What one process saw of a sequence. */
struct seen {
    char *text; /* what is to be the same */
    size_t size;
    char *broken; /* the first rule that was broken, or NULL */
    unsigned keys;
    int status;
};

/* `shift`: its handles lie elsewhere, for numbers that are not 0. */
void player_start(struct player *player, const char *calls, const char *library, int shift);
void player_stop(struct player *player);

void player_ask(struct player *player, uint64_t seed, uint64_t kept);

/* `shown`, where it is not NULL, gets the whole trace. */
void player_hear(struct player *player, struct seen *seen, FILE *shown);
void seen_forget(struct seen *seen);

/* Ends calls_run, saying what could not be done. */
void run_die(const char *what);

#endif
