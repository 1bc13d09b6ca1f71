/*
 * devserver/uses.h - which keys were used, noted in memory and written down in batches.
 *
 * A request costs one look-up in a table, never a write: at most one write a key and flush.
 *
 * Threads:   note from any; flush from one. The table has a lock of its own.
 * Ownership: the caller's until ds_uses_free, which does not flush.
 * Errors:    what cannot be written is forgotten, with a sentence: it is only a date.
 */
#ifndef COMMISSIONED_DEVSERVER_USES_H
#define COMMISSIONED_DEVSERVER_USES_H

#include "devserver/keys.h"

struct ds_uses;

struct ds_uses *ds_uses_new(void);
void ds_uses_free(struct ds_uses *uses);
void ds_uses_note(struct ds_uses *uses, int64_t id, int64_t time);
bool ds_uses_flush(struct ds_uses *uses, struct ds_keys *keys, struct ds_why *why);

#endif
