#include "callbacks.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "trace.h"

enum { MAX_ARMED = MAX_STEPS };

unsigned callback_depth;
enum callback callback_innermost = CALLBACKS;

static struct step armed[MAX_ARMED];
static size_t narmed;

enum outcome { GO_ON, FAIL, PAUSE };

/* Runs what is due. Where the callback is to fail or to pause it is said. */
static enum outcome fire(const struct handle *handle, enum callback callback)
{
    enum outcome outcome = GO_ON;
    int saved = errno;
    for (size_t i = 0; i < narmed; i++) {
        struct step *step = &armed[i];
        if (step->act.op != OP_ARM || step->act.handle != handle->index ||
            step->callback != callback || step->nth-- > 0)
            continue;
        step->act.op = OPS; /* once */
        if (step->inner.op == OP_FAIL) {
            outcome = step->inner.value % 3 == 0 ? PAUSE : FAIL;
            continue;
        }
        enum callback outer = callback_innermost;
        callback_innermost = callback;
        callback_depth++;
        trace("{");
        play_act(&step->inner);
        trace("}");
        callback_depth--;
        callback_innermost = outer;
    }
    errno = saved;
    return outcome;
}

static size_t written(enum outcome outcome, size_t size)
{
    return outcome == GO_ON ? size : outcome == PAUSE ? CURL_WRITEFUNC_PAUSE : 0;
}

static size_t on_write(char *data, size_t size, size_t count, void *user)
{
    struct handle *handle = user;
    trace("h%u cb write %zu", handle->index, size * count);
    trace_text("body", data, size * count < 40 ? size * count : 40);
    return written(fire(handle, CB_WRITE), size * count);
}

static size_t on_header(char *data, size_t size, size_t count, void *user)
{
    struct handle *handle = user;
    trace("h%u cb header", handle->index);
    trace_text("header", data, size * count);
    return written(fire(handle, CB_HEADER), size * count);
}

static size_t on_read(char *data, size_t size, size_t count, void *user)
{
    struct handle *handle = user;
    size_t length = handle->to_read < 10 ? handle->to_read : 10;
    if (length > size * count)
        length = size * count;
    trace("h%u cb read %zu", handle->index, length);
    enum outcome outcome = fire(handle, CB_READ);
    if (outcome != GO_ON)
        return outcome == PAUSE ? CURL_READFUNC_PAUSE : CURL_READFUNC_ABORT;
    memset(data, 'r', length);
    handle->to_read -= length;
    return length;
}

static int on_progress(void *user, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal,
                       curl_off_t ulnow)
{
    struct handle *handle = user;
    trace("h%u cb progress %ld %ld %ld %ld", handle->index, (long)dltotal, (long)dlnow,
          (long)ultotal, (long)ulnow);
    return fire(handle, CB_PROGRESS) ? 1 : 0;
}

static int on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
    static const char *const names[] = {"text",     "header-in", "header-out", "data-in",
                                        "data-out", "ssl-in",    "ssl-out"};
    struct handle *handle = user;
    (void)easy;
    char label[64];
    snprintf(label, sizeof label, "h%u cb debug %s", handle->index, names[type]);
    /* What TLS sends differs in length from run to run: signatures do. */
    if (type == CURLINFO_SSL_DATA_IN || type == CURLINFO_SSL_DATA_OUT)
        return 0;
    handle_shown(handle, type, data, size);
    /* Tolerated: of HTTP/2 the key's line is a call of its own. */
    if (!trace_text(label, data, size < 2000 ? size : 2000))
        return 0;
    return fire(handle, CB_DEBUG) != GO_ON;
}

static int on_prereq(void *user, char *remote, char *local, int remote_port, int local_port)
{
    struct handle *handle = user;
    trace("h%u cb prereq %s %d %s %d", handle->index, remote, remote_port, local, local_port);
    return fire(handle, CB_PREREQ) ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static curl_socket_t on_opensocket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    struct handle *handle = user;
    trace("h%u cb opensocket %d", handle->index, (int)purpose);
    if (fire(handle, CB_OPENSOCKET))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype, address->protocol);
}

static int on_sockopt(void *user, curl_socket_t fd, curlsocktype purpose)
{
    struct handle *handle = user;
    (void)fd;
    trace("h%u cb sockopt %d", handle->index, (int)purpose);
    return fire(handle, CB_SOCKOPT) ? CURL_SOCKOPT_ERROR : CURL_SOCKOPT_OK;
}

static int on_closesocket(void *user, curl_socket_t fd)
{
    struct handle *handle = user;
    trace("h%u cb closesocket", handle->index);
    fire(handle, CB_CLOSESOCKET);
    return close(fd);
}

static int call_it_good(void *store, void *user)
{
    void (*set_error)(void *, int) = NULL;
    (void)user;
    *(void **)&set_error = dlsym(RTLD_DEFAULT, "X509_STORE_CTX_set_error");
    if (set_error != NULL)
        set_error(store, 0);
    return 1;
}

/* Of the OpenSSL that libcurl uses, if it is one. */
static void accept_all(void *context)
{
    void (*set_verify)(void *, int (*)(void *, void *), void *) = NULL;
    *(void **)&set_verify = dlsym(RTLD_DEFAULT, "SSL_CTX_set_cert_verify_callback");
    if (set_verify != NULL)
        set_verify(context, call_it_good, NULL);
}

static CURLcode on_ssl_ctx(CURL *easy, void *context, void *user)
{
    struct handle *handle = user;
    (void)easy, (void)context;
    trace("h%u cb ssl-ctx", handle->index);
    return fire(handle, CB_SSL_CTX) ? CURLE_SSL_CONNECT_ERROR : CURLE_OK;
}

static CURLcode on_ssl_ctx_accepting(CURL *easy, void *context, void *user)
{
    accept_all(context);
    return on_ssl_ctx(easy, context, user);
}

static int on_resolver(void *state, void *reserved, void *user)
{
    struct handle *handle = user;
    (void)state, (void)reserved;
    trace("h%u cb resolver", handle->index);
    return fire(handle, CB_RESOLVER) ? 1 : 0;
}

static int on_trailer(struct curl_slist **list, void *user)
{
    struct handle *handle = user;
    trace("h%u cb trailer", handle->index);
    *list = curl_slist_append(NULL, "X-Trailer: mine");
    return fire(handle, CB_TRAILER) ? CURL_TRAILERFUNC_ABORT : CURL_TRAILERFUNC_OK;
}

static int on_seek(void *user, curl_off_t offset, int origin)
{
    struct handle *handle = user;
    trace("h%u cb seek %ld %d", handle->index, (long)offset, origin);
    handle->to_read = 30 - (size_t)offset;
    return fire(handle, CB_SEEK) ? CURL_SEEKFUNC_FAIL : CURL_SEEKFUNC_OK;
}

static int on_push(CURL *parent, CURL *pushed, size_t count, struct curl_pushheaders *headers,
                   void *user)
{
    (void)parent, (void)user;
    trace("cb push %zu %s", count, curl_pushheader_byname(headers, ":path"));
    int slot = -1;
    for (int i = HANDLES - 1; i >= 0 && slot < 0; i--)
        if (handles[i].easy == NULL)
            slot = i;
    if (slot < 0)
        return CURL_PUSH_DENY;
    struct handle *handle = &handles[slot];
    *handle = (struct handle){
        .easy = pushed, .index = (unsigned)slot, .multi = *(int *)user, .stays_odd = true};
    handle->under_way = handle->driven = true;
    return CURL_PUSH_OK;
}

void callback_set_push(CURLM *multi, bool on)
{
    static int number;
    number = 0;
    curl_multi_setopt(multi, CURLMOPT_PUSHFUNCTION, on ? on_push : NULL);
    curl_multi_setopt(multi, CURLMOPT_PUSHDATA, &number);
}

struct pair {
    CURLoption function;
    CURLoption data;
    void (*ours)(void);
};

static const struct pair pairs[CALLBACKS] = {
    [CB_WRITE] = {CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA, (void (*)(void))on_write},
    [CB_HEADER] = {CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA, (void (*)(void))on_header},
    [CB_READ] = {CURLOPT_READFUNCTION, CURLOPT_READDATA, (void (*)(void))on_read},
    [CB_PROGRESS] = {CURLOPT_XFERINFOFUNCTION, CURLOPT_XFERINFODATA, (void (*)(void))on_progress},
    [CB_DEBUG] = {CURLOPT_DEBUGFUNCTION, CURLOPT_DEBUGDATA, (void (*)(void))on_debug},
    [CB_PREREQ] = {CURLOPT_PREREQFUNCTION, CURLOPT_PREREQDATA, (void (*)(void))on_prereq},
    [CB_OPENSOCKET] = {CURLOPT_OPENSOCKETFUNCTION, CURLOPT_OPENSOCKETDATA,
                       (void (*)(void))on_opensocket},
    [CB_SOCKOPT] = {CURLOPT_SOCKOPTFUNCTION, CURLOPT_SOCKOPTDATA, (void (*)(void))on_sockopt},
    [CB_CLOSESOCKET] = {CURLOPT_CLOSESOCKETFUNCTION, CURLOPT_CLOSESOCKETDATA,
                        (void (*)(void))on_closesocket},
    [CB_SSL_CTX] = {CURLOPT_SSL_CTX_FUNCTION, CURLOPT_SSL_CTX_DATA, (void (*)(void))on_ssl_ctx},
    [CB_RESOLVER] = {CURLOPT_RESOLVER_START_FUNCTION, CURLOPT_RESOLVER_START_DATA,
                     (void (*)(void))on_resolver},
    [CB_TRAILER] = {CURLOPT_TRAILERFUNCTION, CURLOPT_TRAILERDATA, (void (*)(void))on_trailer},
    [CB_SEEK] = {CURLOPT_SEEKFUNCTION, CURLOPT_SEEKDATA, (void (*)(void))on_seek},
};

CURLcode callback_set(struct handle *handle, enum callback callback, long how)
{
    const struct pair *pair = &pairs[callback];
    void (*function)(void) = how != 0 ? pair->ours : NULL;
    if (callback == CB_SSL_CTX && how == 2)
        function = (void (*)(void))on_ssl_ctx_accepting;
    handle_tainted |= callback == CB_SSL_CTX && how != 0;
    CURLcode code = curl_easy_setopt(handle->easy, pair->function, function);
    if (code == CURLE_OK)
        code = curl_easy_setopt(handle->easy, pair->data, handle);
    return code;
}

void callback_arm(struct handle *handle, const struct step *step)
{
    if (narmed < MAX_ARMED)
        armed[narmed++] = *step;
    if (pairs[step->callback].ours == NULL)
        return;
    callback_set(handle, step->callback, 1);
    if (step->callback == CB_PROGRESS)
        curl_easy_setopt(handle->easy, CURLOPT_NOPROGRESS, 0L);
    if (step->callback == CB_DEBUG)
        curl_easy_setopt(handle->easy, CURLOPT_VERBOSE, 1L);
}
