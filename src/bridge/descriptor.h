/*
 * descriptor.h - handing descriptors to another process, and leaving none open by accident.
 *
 * Source: unix(7), SCM_RIGHTS; close_range(2).
 */
#ifndef COMMISSIONED_BRIDGE_DESCRIPTOR_H
#define COMMISSIONED_BRIDGE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>

/* Sends fd with `size` bytes of data, at least one, as one message. */
bool descriptor_send(int socket, int fd, const void *data, size_t size);

/* Receives what descriptor_send sent: the descriptor, closed on exec, or -1 where it was another
 * message or none. */
int descriptor_receive(int socket, void *data, size_t size);

/* Closes `first` and all above it. */
void descriptor_close_from(int first);

#endif
