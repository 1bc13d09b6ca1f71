/*
 * family.h - by which protocol this machine reaches the world.
 *
 * Source: connect(2) of a datagram socket sends nothing, and fails where there is no route; the
 *         addresses are of RFC 5737 and RFC 3849, and belong to nobody.
 */
#ifndef COMMISSIONED_BRIDGE_FAMILY_H
#define COMMISSIONED_BRIDGE_FAMILY_H

#include <stdbool.h>

/* By IPv6, and not by IPv4. */
bool family_is_ipv6_only(void);

#endif
