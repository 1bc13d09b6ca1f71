#include "preload/request/verify_task.h"

#include <stdio.h>

enum peer verify_says(const struct verify_task *task, enum peer peer, const char *why)
{
    snprintf(task->detail, MAX_PEER_DETAIL, "%s: %s",
             peer == PEER_REFUSED ? "the peer's certificate is not good by the trust that counts"
                                  : "the peer's certificate could not be verified",
             why);
    return peer;
}

/* Whoever stands there has a certificate of nobody's: the server at home, or a thief. */
enum peer verify_says_stranger(const struct verify_task *task, const char *why)
{
    char text[128]; /* what verify_says puts before it fits as well */
    snprintf(text, sizeof text, "%s: if the server is your own, name its authority by ca_file",
             why);
    return verify_says(task, PEER_REFUSED, text);
}

enum peer verify_trust(const struct verify_task *task, struct trust_search *search)
{
    if (search->ca != NULL && search->ca->pem == NULL)
        return verify_says(task, PEER_UNKNOWN, search->ca->error);
    if (!trust_find(search))
        return verify_says(task, PEER_UNKNOWN, "this process can open no file now");
    if (!search->read)
        return verify_says(task, PEER_UNKNOWN, "no certificate authority can be read");
    return PEER_UNASKED;
}
