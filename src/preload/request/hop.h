/*
 * hop.h - our CURLOPT_PREREQFUNCTION: gathers the facts of a hop, decides, and carries the decision
 * out.
 *
 * Source:  CURLOPT_PREREQFUNCTION(3), since libcurl 7.80. `data` is the handle's record.
 * Threads: libcurl calls it on the thread that drives the transfer.
 * Errors:  doubt means no key.
 */
#ifndef COMMISSIONED_HOP_H
#define COMMISSIONED_HOP_H

#include "preload/record/record.h"

/*
 * Decides and carries out. False where the request must not be sent: then the record says that the
 * transfer failed. Called by hop_prereq, and before the transfer where libcurl is too old for that.
 */
bool hop_decide(struct record *record);

/*
 * After the application set an option that the decision rests on, between the hop with a key and
 * the request: the same key stays or goes.
 */
void hop_decide_again(struct record *record);

int hop_prereq(void *data, char *remote, char *local, int remote_port, int local_port);

#endif
