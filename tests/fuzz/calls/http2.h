/*
 * http2.h - a connection that speaks HTTP/2, by libnghttp2.
 */
#ifndef COMMISSIONED_CALLS_HTTP2_H
#define COMMISSIONED_CALLS_HTTP2_H

#include <stddef.h>

struct connection;
struct http2;

struct http2 *http2_start(struct connection *connection);
void http2_receive(struct http2 *http2, const char *data, size_t size);
void http2_end(struct http2 *http2);

#endif
