/*
 * shared.h - what several handles may use at once: shares, and URLs that libcurl has parsed.
 */
#ifndef COMMISSIONED_CALLS_SHARED_H
#define COMMISSIONED_CALLS_SHARED_H

#include <curl/curl.h>

/* Made where there is none. */
CURLSH *share_of(unsigned number);
CURLU *curlu_of(unsigned number);

/* No handle uses them any more. */
void shared_end(void);

#endif
