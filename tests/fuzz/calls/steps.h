/*
 * steps.h - a sequence, made of a seed. Each step comes from the seed and its own number alone, so
 * that leaving one out changes no other.
 */
#ifndef COMMISSIONED_CALLS_STEPS_H
#define COMMISSIONED_CALLS_STEPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_STEPS = 64, HANDLES = 4, MULTIS = 2, SHARES = 2, CURLUS = 2 };

enum op {
    OP_SET,          /* row `row` of options.h */
    OP_URL,          /* CURLOPT_URL */
    OP_PORT,         /* CURLOPT_PORT */
    OP_CURLU,        /* CURLOPT_CURLU: one of the program's, or NULL */
    OP_CURLU_CHANGE, /* curl_url_set on one of them */
    OP_PERFORM,
    OP_ADD,
    OP_REMOVE,
    OP_DRIVE,  /* a few rounds of a multi handle */
    OP_FINISH, /* ... until nothing runs */
    OP_NEW,
    OP_RESET,
    OP_DUP,
    OP_CLEANUP,
    OP_MULTI_CLEANUP,
    OP_MULTI_SET,
    OP_SHARE,
    OP_GETINFO,
    OP_PAUSE,
    OP_ARM,          /* the inner step runs in a callback's nth call from now */
    OP_CONNECT_TIME, /* how long connects take */
    OP_TRAP,         /* a handle that accepts every certificate meets the impostor, in share 0 */
    OP_IMPOSTOR,     /* whoever connects to app reaches an impostor, or app again */
    OP_DROP_IDLE,    /* the servers end idle connections */
    OP_FAIL,         /* inner: the callback answers what ends the transfer, or pauses it */
    OPS,
};

enum callback {
    CB_WRITE,
    CB_HEADER,
    CB_READ,
    CB_PROGRESS,
    CB_DEBUG,
    CB_PREREQ,
    CB_OPENSOCKET,
    CB_SOCKOPT,
    CB_CLOSESOCKET,
    CB_SSL_CTX,
    CB_RESOLVER,
    CB_TRAILER,
    CB_SEEK,
    CB_PUSH,
    CALLBACKS,
};

extern const char *const callback_names[CALLBACKS];

struct act {
    enum op op;
    unsigned handle;
    unsigned value, second, third, fourth; /* below 65536; what they mean is the op's */
};

struct step {
    struct act act;
    enum callback callback; /* of OP_ARM */
    unsigned nth;
    struct act inner;
};

size_t steps_count(uint64_t seed);
struct step steps_make(uint64_t seed, size_t number);

/* An URL of the small internet. */
void steps_url(const struct act *act, char *url, size_t size);

/* How a multi handle is driven, by the fourth value of its act: the last one has an event loop's
 * callbacks. */
enum { STEPS_LOOPED = MULTIS - 1 };
bool steps_by_loop(unsigned multi, unsigned how);
unsigned steps_loop_way(unsigned how); /* an enum loop_way */

/* In words. */
void steps_say(const struct step *step, char *text, size_t size);

#endif
