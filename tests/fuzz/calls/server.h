/*
 * server.h - all the servers of the small internet, in the thread of the program.
 *
 * Their answers depend on the path of a request alone (answer.c), never on the key. Each request is
 * a line of the trace, without the key, and is judged (oracle.h).
 */
#ifndef COMMISSIONED_CALLS_SERVER_H
#define COMMISSIONED_CALLS_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "world.h"

enum { REQUEST_TEXT = 2048, REQUEST_HEADERS = 64 };

struct header {
    const char *name;
    const char *value;
};

struct request {
    const struct site *site;
    unsigned connection; /* its number */
    unsigned nth;        /* on its connection, from 1 */
    char method[64];
    char target[REQUEST_TEXT];
    const char *sni;
    struct header headers[REQUEST_HEADERS];
    size_t nheaders;
    bool http2;
};

/* The value of the first such header, or NULL. */
const char *request_header(const struct request *request, const char *name);

/* What an answer is made of. */
struct answer {
    unsigned status;
    char headers[2048]; /* "Name: value\r\n" each */
    char body[1024];
    size_t repeats;   /* how many times the body goes */
    int64_t after;    /* milliseconds */
    unsigned interim; /* 100 or 103 in front of it, or 0 */
    bool drops;       /* nothing is said, the connection ends */
    bool halves;      /* it ends within the header */
    bool closes;      /* it ends afterwards, unsaid */
    bool says_close;  /* ... and said */
    bool chunked;
    bool tunnels;     /* the connection becomes one to request->target */
    const char *push; /* a path that is pushed along, HTTP/2 alone */
};

/* answer.c */
void answer_make(const struct request *request, struct answer *answer);

/* The certificates and keys of FOLDER. */
void server_start(const char *folder);

/* Takes over the descriptor, unless nobody listens there. */
bool server_accept(int fd, const struct sockaddr_in *to);

/* True where something happened, so that it is worth another call. */
bool server_step(void);

/* When the next delayed answer is due, or INT64_MAX. */
int64_t server_next(void);

/* Ends connections on which no request is under way, as servers do after a while. */
void server_drop_idle(void);

#endif
