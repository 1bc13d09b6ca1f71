/* order.h - what is asked of a bridge. The strings stay the caller's. */
#ifndef COMMISSIONED_BRIDGE_ORDER_H
#define COMMISSIONED_BRIDGE_ORDER_H

#include <stdbool.h>

#include "commissioned/policy_image.h"

struct bridge_order {
    const struct policy_request *request; /* who asks: the program that will be run */
    const char *key;    /* the rules of this key alone; NULL: all rules of the first one's origin */
    const char *cacert; /* absolute path of the certificates to trust; NULL: the system's */
    const char *connect; /* HOST:PORT to connect to in the origin's place; NULL: the origin */
    bool isolate;        /* the program gets a network of its own, with nothing in it but this */
};

/* The first rule that names this key (NULL: any); its origin is the bridge's. NULL where there is
 * none. */
const struct policy_rule *order_first_rule(const struct policy_image *image, const char *key);

#endif
