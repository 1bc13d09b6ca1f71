#include "play.h"

#include <errno.h>
#include <string.h>

#include "callbacks.h"
#include "drive.h"
#include "handle.h"
#include "net.h"
#include "options.h"
#include "server.h"
#include "shared.h"
#include "trace.h"

enum { DEPTH = 3 };

static bool is_busy(const struct handle *handle)
{
    return handle->performing > 0 || handle->multi >= 0;
}

static void say(const struct handle *handle, const char *what, int code)
{
    trace("h%u %s: %d errno=%d", handle->index, what, code, errno);
}

static void set_url(struct handle *handle, const struct act *act)
{
    char url[512];
    steps_url(act, url, sizeof url);
    errno = 0;
    int code = (int)curl_easy_setopt(handle->easy, CURLOPT_URL, url);
    handle->url_is_odd = strchr(url, '@') != NULL;
    handle->transfer_odd |= handle->under_way;
    trace("h%u url %s: %d errno=%d", handle->index, url, code, errno);
}

static void set_port(struct handle *handle, const struct act *act)
{
    static const long ports[] = {0, 443, 8443, 80};
    handle_note(handle, false);
    say(handle, "port", (int)curl_easy_setopt(handle->easy, CURLOPT_PORT, ports[act->value % 4]));
}

static void set_curlu(struct handle *handle, const struct act *act)
{
    CURLU *url = act->value % 3 == 0 ? NULL : curlu_of(act->value % 3 - 1u);
    handle_note(handle, false);
    say(handle, "curlu", (int)curl_easy_setopt(handle->easy, CURLOPT_CURLU, url));
}

static void change_curlu(const struct act *act)
{
    char url[512];
    steps_url(act, url, sizeof url);
    CURLUcode code =
        curl_url_set(curlu_of(act->handle % CURLUS), CURLUPART_URL, url, CURLU_GUESS_SCHEME);
    trace("u%u %s: %d", act->handle % CURLUS, url, (int)code);
}

static void set(struct handle *handle, const struct act *act)
{
    const struct option *option = &options[act->value % noptions];
    errno = 0;
    CURLcode code = option_set(handle, option);
    trace("h%u set %s: %d errno=%d", handle->index, option->name, (int)code, errno);
}

static void perform(struct handle *handle)
{
    bool fresh = !is_busy(handle);
    if (callback_depth >= DEPTH)
        return;
    if (fresh)
        handle_begin(handle);
    handle->driven |= fresh; /* libcurl refuses a handle that is in a multi handle */
    handle->performing++;
    errno = 0;
    CURLcode code = curl_easy_perform(handle->easy);
    int error = errno;
    handle->performing--;
    trace("h%u perform: %d errno=%d", handle->index, (int)code, error);
    if (fresh)
        handle_end(handle, code);
}

static void add(struct handle *handle, unsigned number)
{
    bool fresh = !is_busy(handle);
    CURLM *multi = multi_of(number);
    if (fresh)
        handle_begin(handle);
    errno = 0;
    CURLMcode code = curl_multi_add_handle(multi, handle->easy);
    say(handle, "add", (int)code);
    if (code == CURLM_OK)
        handle->multi = (int)number;
    else if (fresh)
        handle->under_way = false;
}

static void remove_from(struct handle *handle, unsigned number)
{
    CURLM *multi = multi_of(number);
    errno = 0;
    CURLMcode code = curl_multi_remove_handle(multi, handle->easy);
    say(handle, "remove", (int)code);
    if (code != CURLM_OK || handle->multi != (int)number)
        return;
    handle->multi = -1;
    handle->was_cut = handle->under_way;
    if (handle->under_way)
        handle_end(handle, CURLE_GOT_NOTHING);
}

static void reset(struct handle *handle)
{
    if (callback_depth > 0 || handle->multi >= 0)
        return; /* libcurl's own memory would not be in order */
    errno = 0;
    curl_easy_reset(handle->easy);
    trace("h%u reset errno=%d", handle->index, errno);
    handle_prepare(handle);
}

static void duplicate(struct handle *handle, unsigned number)
{
    struct handle *copy = &handles[number];
    if (copy->easy != NULL)
        return;
    errno = 0;
    CURL *easy = curl_easy_duphandle(handle->easy);
    trace("h%u duplicate: %s errno=%d", handle->index, easy != NULL ? "made" : "NULL", errno);
    if (easy == NULL)
        return;
    *copy = (struct handle){.easy = easy,
                            .index = number,
                            .multi = -1,
                            .peer_off = handle->peer_off,
                            .host_off = handle->host_off,
                            .url_is_odd = handle->url_is_odd,
                            .is_odd = handle->is_odd,
                            .stays_odd = handle->stays_odd,
                            .is_rerouted = handle->is_rerouted,
                            .resolve = handle->resolve};
    handle_name(copy);
}

/*
 * Left out: libcurl 7.88.1 reads a handle that was freed (seen by valgrind, without us) where an
 * HTTP/2 request of it had no answer yet when it left its multi handle, and the answer comes later.
 * What that does depends on what lies there by then.
 */
static bool is_read_when_freed(const struct handle *handle)
{
    return curl_version_info(CURLVERSION_NOW)->version_num < 0x080000 && handle->has_stream &&
           (handle->under_way || handle->was_cut);
}

static void cleanup(struct handle *handle)
{
    if (handle->performing > 0 || (callback_depth > 0 && handle->multi >= 0))
        return;
    errno = 0;
    curl_easy_cleanup(handle->easy);
    trace("h%u cleanup errno=%d", handle->index, errno);
    handle->easy = NULL;
    handle->multi = -1;
    handle->under_way = false;
}

static void cleanup_multi(unsigned number)
{
    static bool cleans;
    if (multis[number] == NULL || cleans || (callback_depth > 0 && !is_driven(number)))
        return;
    cleans = true;
    errno = 0;
    CURLMcode code = curl_multi_cleanup(multis[number]);
    cleans = false;
    trace("m%u cleanup: %d errno=%d", number, (int)code, errno);
    if (code != CURLM_OK)
        return;
    multis[number] = NULL;
    for (int i = 0; i < HANDLES; i++) {
        struct handle *handle = &handles[i];
        if (handle->easy == NULL || handle->multi != (int)number)
            continue;
        handle->multi = -1;
        if (handle->under_way)
            handle_end(handle, CURLE_GOT_NOTHING);
    }
}

static void set_multi(unsigned number, unsigned what)
{
    CURLM *multi = multi_of(number);
    if (what < 2)
        callback_set_push(multi, what == 0);
    else
        curl_multi_setopt(multi, what == 2 ? CURLMOPT_MAX_HOST_CONNECTIONS : CURLMOPT_MAXCONNECTS,
                          1L);
}

static void set_share(struct handle *handle, const struct act *act)
{
    CURLSH *share = act->value % 6 == 0 ? NULL : share_of(act->value % 6 == 1);
    if (is_busy(handle))
        return; /* not allowed: CURLOPT_SHARE(3) */
    say(handle, "share", (int)curl_easy_setopt(handle->easy, CURLOPT_SHARE, share));
}

static void trap(struct handle *handle)
{
    if (is_busy(handle))
        return;
    curl_easy_setopt(handle->easy, CURLOPT_SHARE, share_of(0));
    callback_set(handle, CB_SSL_CTX, 2);
    world_deceive(true);
    perform(handle);
}

static void ask(const struct handle *handle)
{
    static const CURLINFO infos[] = {CURLINFO_EFFECTIVE_URL, CURLINFO_PRIMARY_IP, CURLINFO_SCHEME,
                                     CURLINFO_EFFECTIVE_METHOD, CURLINFO_REDIRECT_URL};
    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
        char *text = NULL;
        errno = 0;
        CURLcode code = curl_easy_getinfo(handle->easy, infos[i], &text);
        trace("h%u getinfo %d: %d %s errno=%d", handle->index, (int)infos[i], (int)code,
              text != NULL ? text : "(null)", errno);
    }
}

static void pause_it(struct handle *handle)
{
    if (callback_depth > 0)
        return;
    say(handle, "pause", (int)curl_easy_pause(handle->easy, CURLPAUSE_CONT));
}

static void play_on_handle(const struct act *act)
{
    struct handle *handle = handle_of(act->handle);
    switch (act->op) {
    case OP_SET:
        set(handle, act);
        break;
    case OP_URL:
        set_url(handle, act);
        break;
    case OP_PORT:
        set_port(handle, act);
        break;
    case OP_CURLU:
        set_curlu(handle, act);
        break;
    case OP_PERFORM:
        perform(handle);
        break;
    case OP_ADD:
        add(handle, act->value % MULTIS);
        break;
    case OP_REMOVE:
        remove_from(handle, act->value % MULTIS);
        break;
    case OP_RESET:
        reset(handle);
        break;
    case OP_DUP:
        duplicate(handle, act->value % HANDLES);
        break;
    case OP_CLEANUP:
        if (!is_read_when_freed(handle))
            cleanup(handle);
        break;
    case OP_SHARE:
        set_share(handle, act);
        break;
    case OP_TRAP:
        trap(handle);
        break;
    case OP_GETINFO:
        ask(handle);
        break;
    case OP_PAUSE:
        pause_it(handle);
        break;
    default:
        break;
    }
}

void play_act(const struct act *act)
{
    static const int64_t times[] = {0, 0, 15, 60};
    net_settle(); /* what was sent before is judged by what was set before */
    switch (act->op) {
    case OP_CURLU_CHANGE:
        change_curlu(act);
        break;
    case OP_DRIVE:
        drive(act->value % MULTIS, 1 + act->second % 4, act->fourth);
        if (act->third % 2 == 0)
            read_messages(multi_of(act->value % MULTIS));
        break;
    case OP_FINISH:
        finish(act->value % MULTIS, act->fourth);
        break;
    case OP_MULTI_CLEANUP:
        cleanup_multi(act->value % MULTIS);
        break;
    case OP_MULTI_SET:
        set_multi(act->value % MULTIS, act->second % 4);
        break;
    case OP_CONNECT_TIME:
        net_set_connect_time(times[act->value % 4]);
        break;
    case OP_IMPOSTOR:
        world_deceive(act->value % 2 == 0);
        break;
    case OP_DROP_IDLE:
        server_drop_idle();
        break;
    default:
        play_on_handle(act);
    }
}

static void end(void)
{
    for (unsigned i = 0; i < MULTIS; i++)
        if (multis[i] != NULL)
            finish(i, 1);
    for (unsigned i = 0; i < HANDLES; i++) {
        struct handle *handle = &handles[i];
        if (handle->easy != NULL && handle->multi >= 0)
            remove_from(handle, (unsigned)handle->multi);
    }
    for (unsigned i = 0; i < HANDLES; i++)
        if (handles[i].easy != NULL)
            cleanup(&handles[i]);
    for (unsigned i = 0; i < MULTIS; i++)
        cleanup_multi(i);
    shared_end();
}

void play(uint64_t seed, uint64_t kept)
{
    char text[768];
    for (unsigned i = 0; i < HANDLES; i++)
        handles[i] = (struct handle){.index = i, .multi = -1};
    for (size_t i = 0; i < steps_count(seed); i++) {
        if ((kept >> i & 1) == 0)
            continue;
        struct step step = steps_make(seed, i);
        steps_say(&step, text, sizeof text);
        trace("-- %s", text);
        if (step.act.op == OP_ARM) {
            callback_arm(handle_of(step.act.handle), &step);
        } else {
            play_act(&step.act);
        }
    }
    trace("-- end");
    end();
}
