/*
 * Does the installed libcurl do what the library relies on? Asked on loopback with a mark in the
 * key's place, for distributions patch what a version number does not show:
 *   - the prereq callback comes on each hop, after the connection and before the request;
 *   - a header list that it sets is in that request, and one that it takes away is not in the next;
 *   - a header list does not reach a proxy's CONNECT;
 *   - what is sent is shown to the debug callback as a header, which can be masked.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/curl.h"
#include "cli/doctor.h"
#include "cli/loopback.h"
#include "core/names.h"

enum { TEST_SECONDS = 10 };

static const char mark[] = "loopback-mark-of-doctor";

struct trial {
    const struct curl_calls *curl;
    CURL *handle;
    struct curl_slist *header;
    int hops;           /* times that the prereq callback came */
    bool shown_as_text; /* the mark was in a piece that is no header */
    bool shown;
};

static int prereq(void *data, char *remote, char *local, int remote_port, int local_port)
{
    struct trial *trial = data;
    (void)remote;
    (void)local;
    (void)remote_port;
    (void)local_port;
    /* The key on the first hop, none on the redirect's. */
    trial->curl->easy_setopt(trial->handle, CURLOPT_HTTPHEADER,
                             trial->hops++ == 0 ? trial->header : NULL);
    return CURL_PREREQFUNC_OK;
}

static int debug(CURL *handle, curl_infotype type, char *text, size_t size, void *data)
{
    struct trial *trial = data;
    (void)handle;
    if (memmem(text, size, mark, strlen(mark)) == NULL)
        return 0;
    trial->shown = true;
    trial->shown_as_text |= type != CURLINFO_HEADER_OUT;
    return 0;
}

static CURLcode perform(struct trial *trial, unsigned port, bool through_proxy)
{
    const struct curl_calls *curl = trial->curl;
    CURL *handle = trial->handle;
    char url[64], proxy[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/%s", port, through_proxy ? "end" : "start");
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", port);
    curl->easy_setopt(handle, CURLOPT_URL, url);
    curl->easy_setopt(handle, CURLOPT_PROXY, through_proxy ? proxy : "");
    curl->easy_setopt(handle, CURLOPT_NOPROXY, "");
    curl->easy_setopt(handle, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl->easy_setopt(handle, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl->easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
    curl->easy_setopt(handle, CURLOPT_UNRESTRICTED_AUTH, 1L);
    curl->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(handle, CURLOPT_TIMEOUT, (long)TEST_SECONDS);
    curl->easy_setopt(handle, CURLOPT_VERBOSE, 1L);
    curl->easy_setopt(handle, CURLOPT_DEBUGFUNCTION, debug);
    curl->easy_setopt(handle, CURLOPT_DEBUGDATA, trial);
    curl->easy_setopt(handle, CURLOPT_PREREQDATA, trial);
    if (curl->easy_setopt(handle, CURLOPT_PREREQFUNCTION, prereq) != CURLE_OK)
        return CURLE_UNKNOWN_OPTION;
    return curl->easy_perform(handle);
}

static CURLcode try_once(struct trial *trial, const struct curl_calls *curl,
                         struct loopback *server, bool through_proxy)
{
    CURLcode code = CURLE_OUT_OF_MEMORY;
    *trial = (struct trial){.curl = curl, .handle = curl->easy_init()};
    trial->header = curl->slist_append(NULL, AUTHORIZATION_BEARER "loopback-mark-of-doctor");
    if (!loopback_start(server, mark))
        code = CURLE_COULDNT_CONNECT;
    else if (trial->handle != NULL && trial->header != NULL) {
        code = perform(trial, server->port, through_proxy);
        loopback_stop(server);
    }
    curl->easy_cleanup(trial->handle);
    curl->slist_free_all(trial->header);
    return code;
}

static bool was(const struct loopback *server, int i, const char *begin, bool marked)
{
    return i < server->count && strncmp(server->requests[i].line, begin, strlen(begin)) == 0 &&
           server->requests[i].marked == marked;
}

static const char *judge_redirect(const struct trial *trial, const struct loopback *server)
{
    if (trial->hops != 2)
        return "its prereq callback does not come on each hop";
    if (!was(server, 0, "GET /start", true))
        return "a header that the prereq callback sets is not sent";
    if (!was(server, 1, "GET /end", false))
        return "a header that the prereq callback takes away is sent to the redirect's target";
    if (!trial->shown || trial->shown_as_text)
        return "its verbose output shows a header in a way that is not masked";
    return NULL;
}

static const char *judge_proxy(const struct loopback *server)
{
    if (!was(server, 0, "CONNECT ", false))
        return "it sends the header to a proxy";
    return was(server, 1, "GET /end", true) ? NULL : "it does not send the header through a proxy";
}

static void say_behaviour(struct doctor *doctor, const struct curl_calls *curl, const char *version)
{
    struct loopback server;
    struct trial trial;
    const char *fault;
    CURLcode code = try_once(&trial, curl, &server, false);
    if (code == CURLE_UNKNOWN_OPTION) {
        doctor_say(
            doctor, HEALTH_WARNING, "libcurl",
            "%s has no prereq callback (7.80): requests that would follow redirects get no key",
            version);
        return;
    }
    fault = code == CURLE_OK ? judge_redirect(&trial, &server) : curl->easy_strerror(code);
    if (fault == NULL) {
        code = try_once(&trial, curl, &server, true);
        fault = code == CURLE_OK ? judge_proxy(&server) : curl->easy_strerror(code);
    }
    if (fault != NULL)
        doctor_say(doctor, HEALTH_FAILURE, "libcurl",
                   "%s: on loopback, %s: use another build of it", version, fault);
    else
        doctor_say(doctor, HEALTH_GOOD, "libcurl",
                   "%s decides anew on each hop, keeps headers from proxies and can be masked",
                   version);
}

/* What is wrong with the machine is not libcurl's fault. */
static void say_loopback(struct doctor *doctor, int error)
{
    if (error == ENETUNREACH)
        doctor_say(doctor, HEALTH_FAILURE, "libcurl",
                   "not tried, for the loopback interface is down here: 'ip link set lo up' as the "
                   "root of this network namespace");
    else
        doctor_say(doctor, HEALTH_FAILURE, "libcurl",
                   "not tried, for no connection is made to 127.0.0.1 here (%s): let this process "
                   "listen and connect there",
                   strerror(error));
}

void doctor_curl(struct doctor *doctor)
{
    static const char *const flavours[] = {"libcurl.so.4", "libcurl-gnutls.so.4",
                                           "libcurl-nss.so.4"};
    int found = 0;
    if (!loopback_works()) {
        say_loopback(doctor, errno);
        return;
    }
    for (size_t i = 0; i < sizeof flavours / sizeof *flavours; i++) {
        struct curl_calls curl;
        char version[128];
        if (!curl_load(&curl, flavours[i]))
            continue;
        snprintf(version, sizeof version, "%s %s", flavours[i],
                 curl.version_info(CURLVERSION_NOW)->version);
        say_behaviour(doctor, &curl, version);
        found++;
    }
    if (found == 0)
        doctor_say(doctor, HEALTH_WARNING, "libcurl",
                   "no libcurl.so.4 is installed here: only "
                   "programs that bring one are reached");
}
