/* gateway_plan.h - what is to be written for an engine that somebody else runs. */
#ifndef COMMISSIONED_BRIDGE_GATEWAY_PLAN_H
#define COMMISSIONED_BRIDGE_GATEWAY_PLAN_H

#include "bridge/gateway.h"
#include "bridge/result.h"

struct gateway_plan {
    const struct gateway *gateway;
    const char *listen; /* ADDRESS:PORT or unix:PATH */
    const char *files;  /* the folder of the files that are referred to */
    const char *cacert; /* NULL: the system's */
    const char *connect;
};

#endif
