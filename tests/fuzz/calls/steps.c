#include "steps.h"

#include <stdio.h>
#include <string.h>

#include "loop.h"
#include "options.h"
#include "world.h"

const char *const callback_names[CALLBACKS] = {
    "write",   "header",      "read",    "progress", "debug",   "prereq", "opensocket",
    "sockopt", "closesocket", "ssl-ctx", "resolver", "trailer", "seek",   "push"};

/* splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators". */
static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static unsigned below(uint64_t *state, unsigned limit)
{
    return (unsigned)(next(state) >> 33) % limit;
}

struct weight {
    enum op op;
    unsigned weight;
};

static enum op choose(uint64_t *state, const struct weight *weights)
{
    unsigned sum = 0;
    for (const struct weight *w = weights; w->weight > 0; w++)
        sum += w->weight;
    unsigned at = below(state, sum);
    while (at >= weights->weight)
        at -= weights++->weight;
    return weights->op;
}

static const struct weight outer[] = {
    {OP_SET, 220},      {OP_URL, 90},          {OP_PORT, 12},
    {OP_CURLU, 20},     {OP_CURLU_CHANGE, 20}, {OP_PERFORM, 150},
    {OP_ADD, 80},       {OP_REMOVE, 15},       {OP_DRIVE, 90},
    {OP_FINISH, 50},    {OP_NEW, 20},          {OP_RESET, 12},
    {OP_DUP, 20},       {OP_CLEANUP, 8},       {OP_MULTI_CLEANUP, 5},
    {OP_MULTI_SET, 20}, {OP_SHARE, 40},        {OP_GETINFO, 10},
    {OP_PAUSE, 10},     {OP_ARM, 110},         {OP_CONNECT_TIME, 15},
    {OP_DROP_IDLE, 12}, {OP_IMPOSTOR, 20},     {OP_TRAP, 12},
    {OP_SET, 0}};

static const struct weight inner[] = {
    {OP_SET, 200},         {OP_URL, 60},     {OP_PORT, 20},  {OP_CURLU, 20}, {OP_CURLU_CHANGE, 20},
    {OP_PERFORM, 30},      {OP_ADD, 6},      {OP_REMOVE, 4}, {OP_NEW, 4},    {OP_DUP, 12},
    {OP_CLEANUP, 4},       {OP_GETINFO, 20}, {OP_FAIL, 15},  {OP_PAUSE, 4},  {OP_DRIVE, 6},
    {OP_MULTI_CLEANUP, 6}, {OP_SET, 0}};

static struct act make_act(uint64_t *state, const struct weight *weights)
{
    struct act act = {.op = choose(state, weights)};
    /* Handle 0 has the most of it, so that things meet. */
    unsigned handle = below(state, 8);
    act.handle = handle < 4 ? 0 : handle < 6 ? 1 : handle - 4;
    act.value = below(state, 1 << 16);
    act.second = below(state, 1 << 16);
    act.third = below(state, 1 << 16);
    act.fourth = below(state, 1 << 16);
    return act;
}

enum { FIRST_STEPS = 5 };

/* SSL_CTX is seldom: with it set nothing is expected any more. */
static const enum callback arms[] = {
    CB_WRITE,      CB_HEADER,   CB_HEADER,      CB_READ,     CB_PROGRESS, CB_PROGRESS, CB_PROGRESS,
    CB_PROGRESS,   CB_DEBUG,    CB_DEBUG,       CB_DEBUG,    CB_DEBUG,    CB_DEBUG,    CB_PREREQ,
    CB_PREREQ,     CB_SOCKOPT,  CB_CLOSESOCKET, CB_RESOLVER, CB_TRAILER,  CB_SEEK,     CB_SSL_CTX,
    CB_OPENSOCKET, CB_PROGRESS, CB_HEADER,      CB_PUSH};

size_t steps_count(uint64_t seed)
{
    return 6 + below(&seed, MAX_STEPS - 6 - 16);
}

struct step steps_make(uint64_t seed, size_t number)
{
    uint64_t state = seed ^ (number + 1) * UINT64_C(0xd6e8feb86659fd93);
    next(&state);
    struct step step = {.act = make_act(&state, outer)};
    step.inner = make_act(&state, inner);
    step.callback = arms[below(&state, sizeof arms / sizeof arms[0])];
    if (number < FIRST_STEPS) {
        step.act.op = OP_SET;
        step.act.value %= OPTIONS_FIRST;
    }
    /* Many debug calls come before a request does. */
    bool late = step.callback == CB_DEBUG || below(&state, 4) == 0;
    step.nth = below(&state, late ? 36 : 4);
    return step;
}

/* ---- URLs ------------------------------------------------------------------------------------ */

static const char *const places[] = {"https://" WORLD_HOST,
                                     "https://" WORLD_HOST,
                                     "https://" WORLD_HOST,
                                     "https://" WORLD_HOST,
                                     "wss://" WORLD_HOST,
                                     "http://" WORLD_HOST,
                                     "https://" WORLD_HOST ":8443",
                                     "https://evil.example",
                                     "https://evil.example",
                                     "http://evil.example",
                                     "https://" WORLD_HOST ":443",
                                     WORLD_HOST,
                                     "https://u:p@" WORLD_HOST,
                                     "HTTPS://App.Commissioned.Tech",
                                     "https://evil.example:8443",
                                     "http://" WORLD_HOST ":443",
                                     "file://",
                                     "ftp://evil.example"};
static const char *const scopes[] = {"/v1", "/v1",     "/v1",      "/v1",         "/other",
                                     "",    "/v1evil", "/v1/../x", "/v1/%2e%2e/x"};
static const char *const words[] = {"",        "",       "",       "",      "",       "/401",
                                    "/digest", "/basic", "/drop",  "/half", "/hush",  "/close",
                                    "/again",  "/slow",  "/chunk", "/big",  "/early", "/hsts",
                                    "/cookie", "/push",  "/403",   "/204",  "/500",   "/alt"};
enum {
    NPLACES = sizeof places / sizeof places[0],
    NSCOPES = sizeof scopes / sizeof scopes[0],
    NWORDS = sizeof words / sizeof words[0],
};

void steps_url(const struct act *act, char *url, size_t size)
{
    char redirects[16] = "";
    unsigned bits = act->fourth;
    if (bits % 2 == 0) {
        unsigned count = 1 + bits / 2 % 3;
        snprintf(redirects, sizeof redirects, "/to-%.*s", (int)count,
                 (const char[]){(char)('a' + bits / 8 % 13), (char)('a' + bits / 128 % 13),
                                (char)('a' + bits / 2048 % 26)});
    }
    snprintf(url, size, "%s%s%s%s/ok", places[act->value % NPLACES], scopes[act->second % NSCOPES],
             redirects, words[act->third % NWORDS]);
}

bool steps_by_loop(unsigned multi, unsigned how)
{
    return multi == STEPS_LOOPED && how % 3 != 0;
}

unsigned steps_loop_way(unsigned how)
{
    unsigned way = how / 3 % 4;
    return way < LOOP_WAYS ? way : LOOP_ACTION;
}

/* ---- in words -------------------------------------------------------------------------------- */

static const char *const op_names[OPS] = {
    [OP_SET] = "set",
    [OP_URL] = "url",
    [OP_PORT] = "port",
    [OP_CURLU] = "curlu",
    [OP_CURLU_CHANGE] = "change",
    [OP_PERFORM] = "perform",
    [OP_ADD] = "add to",
    [OP_REMOVE] = "remove",
    [OP_DRIVE] = "drive",
    [OP_FINISH] = "finish",
    [OP_NEW] = "new",
    [OP_RESET] = "reset",
    [OP_DUP] = "duplicate as",
    [OP_CLEANUP] = "cleanup",
    [OP_MULTI_CLEANUP] = "cleanup",
    [OP_MULTI_SET] = "set",
    [OP_SHARE] = "share",
    [OP_GETINFO] = "getinfo",
    [OP_PAUSE] = "pause",
    [OP_ARM] = "arm",
    [OP_CONNECT_TIME] = "connects take",
    [OP_TRAP] = "in share s0, accepts every certificate and performs while app is an impostor",
    [OP_IMPOSTOR] = "app's new connections lead to",
    [OP_DROP_IDLE] = "servers end idle connections",
    [OP_FAIL] = "the callback fails"};

static const char *say_way(const struct act *act)
{
    static const char *const loops[LOOP_WAYS] = {" by its loop", " by its loop with multi_socket",
                                                 " by its loop with multi_socket_all"};
    static const char *const waits[] = {"", "", ", wakes and polls", ", polls"};
    if (steps_by_loop(act->value % MULTIS, act->fourth))
        return loops[steps_loop_way(act->fourth)];
    return waits[act->fourth / 3 % 4];
}

static void say_act(const struct act *act, char *text, size_t size)
{
    char url[512];
    const char *name = op_names[act->op];
    unsigned handle = act->handle;
    switch (act->op) {
    case OP_SET: {
        const struct option *option = &options[act->value % noptions];
        const char *value = option->text;
        if (option->kind == KIND_LONG)
            snprintf(text, size, "h%u set %s %ld", handle, option->name, option->number);
        else if (option->kind == KIND_CALLBACK)
            snprintf(text, size, "h%u set %s %ld", handle, option->name, option->number & 15);
        else
            snprintf(text, size, "h%u set %s %s", handle, option->name,
                     value != NULL ? value : "NULL");
        return;
    }
    case OP_URL:
        steps_url(act, url, sizeof url);
        snprintf(text, size, "h%u url %s", handle, url);
        return;
    case OP_CURLU_CHANGE:
        steps_url(act, url, sizeof url);
        snprintf(text, size, "u%u change to %s", handle % CURLUS, url);
        return;
    case OP_PORT:
        snprintf(text, size, "h%u port %d", handle,
                 (const int[]){0, 443, 8443, 80}[act->value % 4]);
        return;
    case OP_CURLU:
        if (act->value % 3 == 0)
            snprintf(text, size, "h%u curlu NULL", handle);
        else
            snprintf(text, size, "h%u curlu u%u", handle, act->value % 3 - 1);
        return;
    case OP_ADD:
    case OP_REMOVE:
        snprintf(text, size, "h%u %s m%u", handle, name, act->value % MULTIS);
        return;
    case OP_DRIVE:
        snprintf(text, size, "m%u drive %u rounds%s%s", act->value % MULTIS, 1 + act->second % 4,
                 say_way(act), act->third % 2 == 0 ? ", read messages" : "");
        return;
    case OP_FINISH:
    case OP_MULTI_CLEANUP:
        snprintf(text, size, "m%u %s", act->value % MULTIS, name);
        return;
    case OP_MULTI_SET:
        snprintf(text, size, "m%u set %s", act->value % MULTIS,
                 (const char *const[]){"PUSHFUNCTION", "no PUSHFUNCTION", "MAX_HOST_CONNECTIONS 1",
                                       "MAXCONNECTS 1"}[act->second % 4]);
        return;
    case OP_DUP:
        snprintf(text, size, "h%u duplicate as h%u", handle, act->value % HANDLES);
        return;
    case OP_SHARE:
        if (act->value % 6 == 0)
            snprintf(text, size, "h%u share NULL", handle);
        else
            snprintf(text, size, "h%u share s%u", handle, act->value % 6 == 1);
        return;
    case OP_CONNECT_TIME:
        snprintf(text, size, "connects take %d ms", (const int[]){0, 0, 15, 60}[act->value % 4]);
        return;
    case OP_IMPOSTOR:
        snprintf(text, size, "%s %s", name, act->value % 2 == 0 ? "an impostor" : "app");
        return;
    case OP_FAIL:
        snprintf(text, size, "%s", act->value % 3 == 0 ? "the callback pauses" : name);
        return;
    case OP_DROP_IDLE:
        snprintf(text, size, "%s", name);
        return;
    default:
        snprintf(text, size, "h%u %s", handle, name);
    }
}

void steps_say(const struct step *step, char *text, size_t size)
{
    char what[640];
    if (step->act.op != OP_ARM) {
        say_act(&step->act, text, size);
        return;
    }
    say_act(&step->inner, what, sizeof what);
    snprintf(text, size, "h%u in its %s callback, call %u from here: %s", step->act.handle,
             callback_names[step->callback], step->nth + 1, what);
}
