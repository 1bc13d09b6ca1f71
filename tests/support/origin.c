#include "origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <check.h>
#include <microhttpd.h>

#include "devserver/certificate.h"
#include "support/tmpdir.h"

enum { LISTENERS = 3, EVENT_LENGTH = 8 };

static struct MHD_Daemon *daemons[LISTENERS];
static struct ds_certificate certificate;
static struct seen seen[ORIGIN_SEEN_MAX];
static size_t nseen;
static atomic_uint releases;
origin_judge *origin_judges;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* seen and nseen */

static void copy(char *to, const char *from)
{
    snprintf(to, ORIGIN_TEXT, "%s", from != NULL ? from : "");
}

static enum MHD_Result keep_header(void *data, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
    struct seen *request = data;
    (void)kind;
    if (strcasecmp(name, "Authorization") == 0 && request->authorizations++ == 0)
        copy(request->authorization, value);
    if (strcasecmp(name, "Host") == 0)
        copy(request->host, value);
    size_t used = strlen(request->headers);
    snprintf(request->headers + used, ORIGIN_TEXT - used, "%s ", name);
    return MHD_YES;
}

static void keep(struct MHD_Connection *connection, const char *path, const char *method, bool tls)
{
    static struct seen request;
    pthread_mutex_lock(&lock);
    memset(&request, 0, sizeof request);
    copy(request.path, path);
    snprintf(request.method, sizeof request.method, "%s", method);
    request.tls = tls;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, keep_header, &request);
    if (nseen < ORIGIN_SEEN_MAX)
        seen[nseen++] = request;
    pthread_mutex_unlock(&lock);
}

static const char *value_of(struct MHD_Connection *connection, const char *name)
{
    return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

/* One event for each request of /release. */
static ssize_t next_event(void *unused, uint64_t position, char *buffer, size_t size)
{
    (void)unused;
    uint64_t sent = position / EVENT_LENGTH;
    if (sent >= ORIGIN_EVENTS)
        return (ssize_t)MHD_CONTENT_READER_END_OF_STREAM; /* a size_t in 0.9.72 */
    if (sent > atomic_load(&releases) || size < EVENT_LENGTH) {
        usleep(1000);
        return 0;
    }
    return snprintf(buffer, size, "event %u\n", (unsigned)sent);
}

static enum MHD_Result answer_stream(struct MHD_Connection *connection)
{
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 4096, next_event, NULL, NULL);
    enum MHD_Result queued = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result answer(struct MHD_Connection *connection, const char *path)
{
    static char body[] = "{}\n";
    unsigned status = 200;
    const char *location = NULL, *wait = NULL, *challenge = NULL;
    if (strcmp(path, "/stream") == 0)
        return answer_stream(connection);
    if (strcmp(path, "/release") == 0)
        atomic_fetch_add(&releases, 1);
    if (strncmp(path, "/v1/to/", 7) == 0)
        path += 3;
    if (strncmp(path, "/to/", 4) == 0) {
        status = 302;
        location = path + 4;
    } else if (strncmp(path, "/digest", 7) == 0) {
        const char *authorization = value_of(connection, "Authorization");
        if (authorization == NULL || strstr(authorization, "response=") == NULL)
            challenge = "Digest realm=\"test\", nonce=\"1\", algorithm=MD5, qop=\"auth\"";
        status = challenge != NULL ? 401 : 200;
    } else if (strncmp(path, "/status/", 8) == 0) {
        status = (unsigned)strtoul(path + 8, NULL, 10);
        wait = strchr(path + 8, '/');
    } else if (origin_judges != NULL) {
        status =
            origin_judges(value_of(connection, "Authorization"), value_of(connection, "X-Began"));
    }
    struct MHD_Response *response =
        MHD_create_response_from_buffer(sizeof body - 1, body, MHD_RESPMEM_PERSISTENT);
    if (location != NULL)
        MHD_add_response_header(response, "Location", location);
    if (challenge != NULL)
        MHD_add_response_header(response, "WWW-Authenticate", challenge);
    if (wait != NULL)
        MHD_add_response_header(response, "Retry-After", wait + 1);
    enum MHD_Result queued = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return queued;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *connection, const char *url,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **slot)
{
    static int known;
    (void)version, (void)upload;
    if (*slot == NULL) {
        *slot = &known;
        keep(connection, url, method, data != NULL);
        return strncmp(url, "/drop", 5) == 0 ? MHD_NO : MHD_YES;
    }
    if (*upload_size > 0) {
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(connection, url);
}

static unsigned start(int number, bool tls)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | (tls ? MHD_USE_TLS : 0u);
    struct MHD_OptionItem tls_options[] = {{MHD_OPTION_HTTPS_MEM_KEY, 0, certificate.server_pem},
                                           {MHD_OPTION_HTTPS_MEM_CERT, 0, certificate.server_pem},
                                           {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    daemons[number] = MHD_start_daemon(flags, 0, NULL, NULL, handle, tls ? &lock : NULL,
                                       MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
                                       MHD_OPTION_ARRAY, tls ? tls_options : none, MHD_OPTION_END);
    ck_assert_msg(daemons[number] != NULL, "the server did not start");
    return MHD_get_daemon_info(daemons[number], MHD_DAEMON_INFO_BIND_PORT)->port;
}

void origin_start(struct origin *origin, const char *host, const char *folder)
{
    struct ds_why why;
    ck_assert(ds_certificate_make(host, &certificate, &why));
    char *path =
        tmpdir_write(folder, "ca.pem", 0600, certificate.ca_pem, strlen(certificate.ca_pem));
    snprintf(origin->ca_file, sizeof origin->ca_file, "%s", path);
    free(path);
    origin->tls_port = start(0, true);
    origin->other_tls_port = start(1, true);
    origin->plain_port = start(2, false);
}

void origin_stop(void)
{
    for (int i = 0; i < LISTENERS; i++)
        if (daemons[i] != NULL)
            MHD_stop_daemon(daemons[i]);
    ds_certificate_clear(&certificate);
}

const struct seen *origin_seen(size_t *count)
{
    pthread_mutex_lock(&lock);
    *count = nseen;
    pthread_mutex_unlock(&lock);
    return seen;
}
