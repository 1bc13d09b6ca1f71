#include "handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "callbacks.h"
#include "net.h"
#include "trace.h"
#include "world.h"

struct handle handles[HANDLES];
bool handle_tainted;
unsigned handle_shift;
const char *handle_ca_file;

struct handle *handle_by_agent(const char *agent)
{
    if (agent == NULL || strncmp(agent, "handle-", 7) != 0)
        return NULL;
    unsigned index = (unsigned)(agent[7] - '0');
    return index < HANDLES ? &handles[index] : NULL;
}

void handle_name(struct handle *handle)
{
    char agent[16];
    snprintf(agent, sizeof agent, "handle-%u", handle->index);
    curl_easy_setopt(handle->easy, CURLOPT_USERAGENT, agent);
}

void handle_prepare(struct handle *handle)
{
    CURL *easy = handle->easy;
    handle->peer_off = handle->host_off = handle->url_is_odd = handle->is_odd = false;
    if (handle->errors == NULL)
        handle->errors = open_memstream(&handle->error_text, &handle->error_size);
    handle_name(handle);
    callback_set(handle, CB_WRITE, 1);
    callback_set(handle, CB_HEADER, 1);
    callback_set(handle, CB_READ, 1);
    handle->resolve = 0;
    curl_easy_setopt(easy, CURLOPT_CAINFO, handle_ca_file);
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL); /* GnuTLS would read all that is in it */
    curl_easy_setopt(easy, CURLOPT_PROXY_CAINFO, handle_ca_file);
    curl_easy_setopt(easy, CURLOPT_PROXY_CAPATH, NULL);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, handle->error);
    curl_easy_setopt(easy, CURLOPT_STDERR, handle->errors);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 20000L);
    curl_easy_setopt(easy, CURLOPT_URL, "https://" WORLD_HOST "/v1/ok");
}

/* Memory in front of the next handle, so that it lies elsewhere. */
static void shift(const struct handle *handle)
{
    static void *kept[HANDLES]; /* as long as the program lives */
    if (handle_shift > 0 && kept[handle->index] == NULL)
        kept[handle->index] = malloc((size_t)handle_shift * 112 * (handle->index + 1));
}

struct handle *handle_of(unsigned number)
{
    struct handle *handle = &handles[number];
    if (handle->easy != NULL)
        return handle;
    *handle = (struct handle){.index = number,
                              .multi = -1,
                              .errors = handle->errors,
                              .error_text = handle->error_text,
                              .error_size = handle->error_size};
    shift(handle);
    errno = 0;
    handle->easy = curl_easy_init();
    trace("h%u init errno=%d", handle->index, errno);
    handle_prepare(handle);
    return handle;
}

/*
 * Of what is set before it is driven the last counts. What is set while HTTP/2 writes the request
 * comes too late for that one, whose peer is verified and whose key is in the text; a connection
 * that is made after it counts again.
 */
static void note_verification(struct handle *handle)
{
    bool off = handle->peer_off || handle->host_off;
    if (!handle->driven)
        handle->was_off = off;
    else if (!handle->writes)
        handle->was_off |= off;
}

void handle_note(struct handle *handle, bool harmless)
{
    handle->is_odd |= !harmless;
    handle->transfer_odd |= handle->under_way && !harmless;
    note_verification(handle);
}

static bool begins(const char *data, size_t size, const char *with)
{
    return size >= strlen(with) && memcmp(data, with, strlen(with)) == 0;
}

/* The lines in which libcurl shows an HTTP/2 request that it has made, and
 * those before it is sent. */
void handle_shown(struct handle *handle, curl_infotype type, const char *data, size_t size)
{
    bool writes = begins(data, size, "h2h3 [") || begins(data, size, "[HTTP/2] [");
    bool goes_on = writes || begins(data, size, "Using Stream ID: ");
    if (type != CURLINFO_TEXT)
        return;
    handle->writes = writes || (goes_on && handle->writes);
    note_verification(handle);
}

void handle_asked(struct handle *handle, bool http2)
{
    handle->has_stream |= http2;
    handle->writes = false;
    note_verification(handle);
}

void handle_drive(int multi)
{
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].multi == multi)
            handles[i].driven = true;
}

void handle_drive_within(int multi)
{
    for (int i = 0; i < HANDLES; i++)
        if (handles[i].multi == multi)
            handles[i].began_anew = true;
}

void handle_begin(struct handle *handle)
{
    handle->under_way = true;
    handle->driven = handle->writes = handle->has_stream = handle->was_cut = false;
    handle->was_off = handle->peer_off || handle->host_off;
    handle->transfer_odd = false;
    handle->was_elsewhere = handle->began_anew = false;
    handle->key_bytes = 0;
    handle->nrequests = 0;
    handle->to_read = 30;
    /* Again, for libcurl puts the list in the cache of the multi handle that it meets first. */
    curl_easy_setopt(handle->easy, CURLOPT_RESOLVE, world_resolve(handle->resolve));
}

static void say_text(const struct handle *handle, CURLINFO info, const char *name)
{
    char *text = NULL;
    errno = 0;
    CURLcode code = curl_easy_getinfo(handle->easy, info, &text);
    trace("h%u %s %s%s errno=%d", handle->index, name, text != NULL ? text : "(null)",
          code != CURLE_OK ? " fails" : "", errno);
}

/* Tolerated: the key's line is counted among the request's bytes. A transfer that made no request
 * leaves the number of the one before, and one that began anew counts from there: then it says
 * nothing. */
static void say_request_size(const struct handle *handle)
{
    long value = -1;
    curl_easy_getinfo(handle->easy, CURLINFO_REQUEST_SIZE, &value);
    if (handle->nrequests > 0 && !handle->began_anew)
        trace("h%u request-size %ld", handle->index, value - (long)handle->key_bytes);
}

static void say_numbers(const struct handle *handle)
{
    static const struct {
        CURLINFO info;
        const char *name;
    } infos[] = {{CURLINFO_RESPONSE_CODE, "status"},    {CURLINFO_REDIRECT_COUNT, "redirects"},
                 {CURLINFO_NUM_CONNECTS, "connects"},   {CURLINFO_PRIMARY_PORT, "port"},
                 {CURLINFO_LOCAL_PORT, "local-port"},   {CURLINFO_HTTP_VERSION, "version"},
                 {CURLINFO_SSL_VERIFYRESULT, "verify"}, {CURLINFO_HTTP_CONNECTCODE, "connectcode"},
                 {CURLINFO_HTTPAUTH_AVAIL, "auths"},    {CURLINFO_PROXYAUTH_AVAIL, "proxyauths"},
                 {CURLINFO_HEADER_SIZE, "header-size"}, {CURLINFO_OS_ERRNO, "os-errno"},
                 {CURLINFO_CONDITION_UNMET, "unmet"},   {CURLINFO_PROXY_ERROR, "proxy-error"}};
    char line[1024];
    size_t used = 0;
    for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
        long value = -1;
        curl_easy_getinfo(handle->easy, infos[i].info, &value);
        used += (size_t)snprintf(line + used, sizeof line - used, " %s=%ld", infos[i].name, value);
    }
    trace("h%u%s", handle->index, line);
}

static void say_sizes(const struct handle *handle)
{
    curl_off_t down = -1, up = -1, total = -1;
    curl_easy_getinfo(handle->easy, CURLINFO_SIZE_DOWNLOAD_T, &down);
    curl_easy_getinfo(handle->easy, CURLINFO_SIZE_UPLOAD_T, &up);
    curl_easy_getinfo(handle->easy, CURLINFO_TOTAL_TIME_T, &total);
    trace("h%u down=%ld up=%ld time=%ld", handle->index, (long)down, (long)up, (long)total);
}

/* What verbose output without a debug callback wrote. */
static void say_errors(struct handle *handle)
{
    if (handle->errors == NULL)
        return;
    fflush(handle->errors);
    if (handle->error_size > 0)
        trace_text("stderr", handle->error_text, handle->error_size);
    rewind(handle->errors);
    fflush(handle->errors);
}

static void note_left(struct handle *handle, CURLcode result)
{
    bool had =
        handle->is_odd || handle->url_is_odd || handle->transfer_odd || handle->was_elsewhere;
    bool keeps = curl_version_info(CURLVERSION_NOW)->version_num < 0x081300;
    handle->has_left = keeps && result != CURLE_OK && (had || handle->has_left);
}

void handle_end(struct handle *handle, CURLcode result)
{
    handle->under_way = false;
    note_left(handle, result);
    net_settle(); /* what was sent has then been counted */
    trace("h%u result %d", handle->index, (int)result);
    say_text(handle, CURLINFO_EFFECTIVE_URL, "effective-url");
    say_text(handle, CURLINFO_REDIRECT_URL, "redirect-url");
    say_text(handle, CURLINFO_PRIMARY_IP, "ip");
    say_text(handle, CURLINFO_CONTENT_TYPE, "type");
    say_text(handle, CURLINFO_SCHEME, "scheme");
    say_text(handle, CURLINFO_EFFECTIVE_METHOD, "method");
    say_numbers(handle);
    say_request_size(handle);
    say_sizes(handle);
    trace_text("error", handle->error, strnlen(handle->error, CURL_ERROR_SIZE));
    handle->error[0] = '\0';
    say_errors(handle);
}
