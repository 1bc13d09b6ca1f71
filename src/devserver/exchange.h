/*
 * devserver/exchange.h - one request and its answer, as libmicrohttpd tells of them.
 *
 * Threads: every function is called by the connection's own server thread; what is shared is in
 *          struct ds_shared, whose parts have locks of their own.
 * Source:  GNU libmicrohttpd reference manual, MHD_AccessHandlerCallback.
 */
#ifndef COMMISSIONED_DEVSERVER_EXCHANGE_H
#define COMMISSIONED_DEVSERVER_EXCHANGE_H

#include <microhttpd.h>

#include "devserver/admit.h"

/* MHD_AccessHandlerCallback and MHD_RequestCompletedCallback; `data` is the struct ds_shared. */
enum MHD_Result ds_exchange_handle(void *data, struct MHD_Connection *connection, const char *url,
                                   const char *method, const char *version, const char *upload,
                                   size_t *upload_size, void **slot);
void ds_exchange_completed(void *data, struct MHD_Connection *connection, void **slot,
                           enum MHD_RequestTerminationCode reason);

#endif
