/*
 * Threat model: as auth.h says, and a key's owner may ask for more than they are due. Under /v1 a
 * request is authenticated before anything else is said about it: who has no key does not learn
 * what is there.
 */
#include "devserver/admit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

static bool is_token(const char *name, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)name[i]) &&
            (name[i] == '\0' || strchr("!#$%&'*+-.^_`|~", name[i]) == NULL))
            return false;
    return size > 0;
}

static bool is_number(const char *value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (value[i] < '0' || value[i] > '9')
            return false;
    return size > 0;
}

static bool is_named(const char *name, size_t size, const char *expected)
{
    return size == strlen(expected) && strncasecmp(name, expected, size) == 0;
}

void ds_asking_header(struct ds_asking *asking, const char *name, size_t name_size,
                      const char *value, size_t value_size)
{
    struct ds_credential *credential = &asking->credential;
    if (!is_token(name, name_size)) {
        asking->bad_header = true;
    } else if (is_named(name, name_size, "Authorization")) {
        if (credential->headers++ == 0) {
            credential->value = value;
            credential->length = value_size;
        }
    } else if (is_named(name, name_size, "Content-Length")) {
        asking->lengths++;
        asking->bad_header = asking->bad_header || !is_number(value, value_size);
    } else if (is_named(name, name_size, "Transfer-Encoding")) {
        asking->codings++;
    }
}

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void refuse_key(struct ds_reply *reply, enum ds_auth verdict, const struct ds_why *why)
{
    static const struct {
        unsigned status;
        const char *code;
        const char *message;
    } answers[] = {
        [DS_AUTH_MISSING] = {401, "missing_api_key",
                             "No API key came. Send it in one header: Authorization: Bearer KEY"},
        [DS_AUTH_SEVERAL] = {401, "several_api_keys",
                             "More than one Authorization header came. Send exactly one."},
        [DS_AUTH_MALFORMED] = {401, "invalid_api_key",
                               "The Authorization header is not of the form: Bearer KEY"},
        [DS_AUTH_UNKNOWN] = {401, "invalid_api_key", "This server knows no such API key."},
        [DS_AUTH_REVOKED] = {401, "invalid_api_key", "This API key was revoked."},
        [DS_AUTH_FORBIDDEN] = {403, "insufficient_permissions", "This API key may not do that."},
    };
    reply->nheaders = 0;
    if (verdict == DS_AUTH_BROKEN) {
        fprintf(stderr, "commissioned-devserver: %s\n", why->text);
        ds_reply_error(reply, 500, NULL, NULL, "The server cannot read its keys: see its errors.");
        return;
    }
    ds_reply_error(reply, answers[verdict].status, answers[verdict].code, NULL, "%s",
                   answers[verdict].message);
    /* RFC 6750, section 3: no error attribute for a request without any credential. */
    const char *detail = verdict == DS_AUTH_MISSING     ? ""
                         : verdict == DS_AUTH_FORBIDDEN ? ", error=\"insufficient_scope\""
                                                        : ", error=\"invalid_token\"";
    ds_reply_header(reply, "WWW-Authenticate", "Bearer realm=\"commissioned-devserver\"%s", detail);
}

static bool count_request(struct ds_shared *shared, const struct ds_key *key,
                          struct ds_reply *reply)
{
    struct ds_limit limit = ds_limits_take(shared->limits, key->id, key->rate, monotonic_ns());
    char reset[32];
    if (!limit.limited)
        return true;
    if (!limit.allowed) {
        ds_reply_error(reply, 429, "rate_limit_exceeded", NULL,
                       "This API key has used up its rate of %u requests.", limit.count);
        ds_reply_header(reply, "Retry-After", "%lld", (long long)ds_limit_seconds(limit.retry_ns));
    }
    ds_limit_print(limit.reset_ns, reset);
    ds_reply_header(reply, "x-ratelimit-limit-requests", "%u", limit.count);
    ds_reply_header(reply, "x-ratelimit-remaining-requests", "%u", limit.left);
    ds_reply_header(reply, "x-ratelimit-reset-requests", "%s", reset);
    return limit.allowed;
}

static bool authenticate(struct ds_shared *shared, const struct ds_asking *asking,
                         struct ds_admission *admission, struct ds_reply *reply)
{
    unsigned scope = admission->route == NULL ? 0 : admission->route->scope;
    struct ds_why why;
    enum ds_auth verdict =
        ds_authenticate(shared->keys, &asking->credential, scope, &admission->key, &why);
    admission->key_known =
        verdict == DS_AUTH_OK || verdict == DS_AUTH_FORBIDDEN || verdict == DS_AUTH_REVOKED;
    if (verdict == DS_AUTH_OK || verdict == DS_AUTH_FORBIDDEN)
        ds_uses_note(shared->uses, admission->key.id, time(NULL));
    if (verdict == DS_AUTH_OK)
        return count_request(shared, &admission->key, reply);
    refuse_key(reply, verdict, &why);
    return false;
}

void ds_admit(struct ds_shared *shared, const struct ds_asking *asking,
              struct ds_admission *admission, struct ds_reply *reply)
{
    memset(admission, 0, sizeof *admission);
    admission->authorization_headers = asking->credential.headers;
    if (asking->bad_header || asking->lengths + asking->codings > 1) {
        ds_reply_error(reply, 400, "ambiguous_request", NULL,
                       "A header of this request can be read in two ways.");
        ds_reply_header(reply, "Connection", "close");
        return;
    }
    admission->route = ds_route_find(asking->method, asking->path, &admission->id, reply);
    bool guarded =
        admission->route != NULL ? !admission->route->open : strncmp(asking->path, "/v1/", 4) == 0;
    if (guarded && !authenticate(shared, asking, admission, reply))
        admission->route = NULL;
}
