/*
 * watch.h - notices that a file of the policy changed.
 *
 * inotify(7) tells at once; file systems on which it tells nothing are asked by the caller, by
 * policy_image_current.
 */
#ifndef COMMISSIONED_BRIDGE_WATCH_H
#define COMMISSIONED_BRIDGE_WATCH_H

#include "commissioned/policy_image.h"

/* A descriptor that becomes readable once something happens in the folders of the image's files and
 * of one more (NULL: none), or -1. It replaces `before` (-1: none). */
int watch_files(int before, const struct policy_image *image, const char *also);

/* Takes what was told off the descriptor. */
void watch_drain(int fd);

#endif
