/*
 * handle.h - the program's handles, and what the oracle has to know of them.
 */
#ifndef COMMISSIONED_CALLS_HANDLE_H
#define COMMISSIONED_CALLS_HANDLE_H

#include <stdbool.h>
#include <stdio.h>

#include <curl/curl.h>

#include "steps.h"

struct handle {
    CURL *easy;
    unsigned index;
    int multi;           /* in which, or -1 */
    unsigned performing; /* curl_easy_perform, nested */
    char error[CURL_ERROR_SIZE];
    unsigned resolve; /* world_resolve's number */
    size_t to_read;   /* bytes that the read callback still has */
    FILE *errors;     /* CURLOPT_STDERR */
    char *error_text;
    size_t error_size;

    bool peer_off; /* verification, as set now */
    bool host_off;
    bool url_is_odd;  /* CURLOPT_URL names a user */
    bool is_odd;      /* something is set that may speak against a key, until reset */
    bool stays_odd;   /* ... and after that: it was pushed */
    bool has_left;    /* ... and until a transfer ends well: libcurl before 8.19 may have a header
                         from one that did not */
    bool is_rerouted; /* CONNECT_TO leads from app's port 443 to 8443; the URL counts, as its
                         certificate is checked */

    /* The transfer under way, or the last one. */
    bool under_way;
    bool driven;        /* libcurl read what is set for it */
    bool writes;        /* its request is being written, on a connection that stands */
    bool has_stream;    /* an HTTP/2 request of it came */
    bool was_cut;       /* it was taken out of its multi handle before it was done */
    bool was_off;       /* verification was off at some time that matters to its connection */
    bool transfer_odd;  /* what may speak against a key was set meanwhile */
    bool was_elsewhere; /* a request of it went elsewhere, or a redirect named a user */
    bool began_anew;    /* it may have: its multi handle was driven within its own callback */
    size_t key_bytes;   /* that arrived with its requests */
    unsigned nrequests;
};

extern struct handle handles[HANDLES];
extern bool handle_tainted;   /* some handle had an SSL_CTX callback */
extern unsigned handle_shift; /* handles lie elsewhere, for numbers that are not 0 */

/* The handle of that number, made where there is none. */
struct handle *handle_of(unsigned number);

/* The handle whose requests carry this User-Agent, or NULL. */
struct handle *handle_by_agent(const char *agent);

/* A new handle, or one after reset, gets what the small internet needs. */
void handle_prepare(struct handle *handle);
void handle_name(struct handle *handle);

void handle_begin(struct handle *handle);
/* Says what the program can ask about the transfer. */
void handle_end(struct handle *handle, CURLcode result);

void handle_note(struct handle *handle, bool harmless);

/* A debug callback is shown this, before it does anything. */
void handle_shown(struct handle *handle, curl_infotype type, const char *data, size_t size);

/* The server has a request of it, and has judged it. */
void handle_asked(struct handle *handle, bool http2);

/* Somebody is about to drive this multi handle. */
void handle_drive(int multi);

/* ... within a callback of somebody who drives it: libcurl 7.88.1 does not see in a debug callback
 * that it is in one, and begins the transfer again that is about to begin. */
void handle_drive_within(int multi);

extern const char *handle_ca_file;

#endif
