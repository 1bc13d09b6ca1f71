/*
 * loop.h - an event loop of the program's own over curl_multi_socket_action and its like, as
 * servers have one.
 */
#ifndef COMMISSIONED_CALLS_LOOP_H
#define COMMISSIONED_CALLS_LOOP_H

#include <curl/curl.h>

/* One multi handle at a time: the callbacks of the loop are set on it. */
void loop_watch(CURLM *multi);

/* Two of them are older than curl_multi_socket_action, and deprecated. */
enum loop_way { LOOP_ACTION, LOOP_SOCKET, LOOP_SOCKET_ALL, LOOP_WAYS };

/* So many rounds, or fewer where nothing runs any more; how many transfers still run. */
int loop_drive(CURLM *multi, unsigned rounds, enum loop_way by);

#endif
