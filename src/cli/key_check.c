/*
 * key check - asks the server about a stored key.
 *
 * The key goes to https://app.commissioned.tech and nowhere else: the URL is fixed, certificate and
 * host are verified, no redirect is followed, no proxy sees the header. --connect changes the
 * address that is dialled, and not the name that the certificate must carry.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/curl.h"
#include "cli/json.h"
#include "cli/key.h"
#include "cli/key_store.h"
#include "core/cleanup.h"
#include "core/names.h"
#include "core/secret.h"
#include "core/variable.h"

enum { OPTION_JSON, OPTION_DIR, OPTION_CACERT, OPTION_CONNECT, OPTION_QUIET };
enum { CHECK_SECONDS = 30 };

static const char url[] = COMMISSIONED_ORIGIN "/v1/models";

static const struct cli_option options[] = {
    [OPTION_JSON] = CLI_JSON,
    [OPTION_DIR] = KEY_DIR,
    [OPTION_CACERT] = {"cacert", 0, "FILE", "trust the authorities in FILE", CLI_WORDS_FILE, NULL},
    [OPTION_CONNECT] = {"connect", 0, "HOST:PORT", "dial this instead (a development server)",
                        CLI_WORDS_NONE, NULL},
    [OPTION_QUIET] = CLI_QUIET,
    {0},
};

struct answer {
    CURLcode code;
    long status;
    curl_off_t retry_after; /* seconds; 0 where the server did not say */
    char error[CURL_ERROR_SIZE];
};

static size_t swallow(char *data, size_t size, size_t count, void *nothing)
{
    (void)data;
    (void)nothing;
    return size * count;
}

/* curl(1) honours these two; libcurl leaves them to the application. */
static const char *authorities(const struct cli_call *call)
{
    const char *file = call->value[OPTION_CACERT];
    if (file == NULL)
        file = variable("CURL_CA_BUNDLE");
    return file != NULL ? file : variable("SSL_CERT_FILE");
}

static void set_up(const struct curl_calls *curl, CURL *handle, const struct cli_call *call,
                   struct curl_slist *header, struct curl_slist *connect, struct answer *answer)
{
    curl->easy_setopt(handle, CURLOPT_URL, url);
    curl->easy_setopt(handle, CURLOPT_HTTPHEADER, header);
    curl->easy_setopt(handle, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl->easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
    curl->easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
    curl->easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
    curl->easy_setopt(handle, CURLOPT_TIMEOUT, (long)CHECK_SECONDS);
    curl->easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
    curl->easy_setopt(handle, CURLOPT_ERRORBUFFER, answer->error);
    curl->easy_setopt(handle, CURLOPT_WRITEFUNCTION, swallow);
    if (authorities(call) != NULL)
        curl->easy_setopt(handle, CURLOPT_CAINFO, authorities(call));
    if (connect != NULL)
        curl->easy_setopt(handle, CURLOPT_CONNECT_TO, connect);
}

static bool ask(const struct curl_calls *curl, const struct cli_call *call,
                const struct secret *secret, struct answer *answer)
{
    char line[sizeof AUTHORIZATION_BEARER + POLICY_MAX_KEY + 1];
    char target[300];
    struct curl_slist *header, *connect = NULL;
    CURL *handle = curl->easy_init();
    snprintf(line, sizeof line, AUTHORIZATION_BEARER "%s", secret->text);
    header = curl->slist_append(NULL, line);
    secret_wipe(line, sizeof line);
    snprintf(target, sizeof target, "::%.250s",
             call->value[OPTION_CONNECT] != NULL ? call->value[OPTION_CONNECT] : "");
    if (call->value[OPTION_CONNECT] != NULL)
        connect = curl->slist_append(NULL, target);
    if (handle == NULL || header == NULL)
        return false;
    set_up(curl, handle, call, header, connect, answer);
    answer->code = curl->easy_perform(handle);
    curl->easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer->status);
    curl->easy_getinfo(handle, CURLINFO_RETRY_AFTER, &answer->retry_after);
    curl->easy_cleanup(handle);
    secret_wipe(header->data, strlen(header->data));
    curl->slist_free_all(header);
    curl->slist_free_all(connect);
    return true;
}

static const char *meaning(long status)
{
    switch (status) {
    case 200:
        return "the key works";
    case 401:
        return "the server does not know this key: it was revoked, has expired or was copied in "
               "part; make a new one in the Commissioned console and store it with 'key rotate'";
    case 403:
        return "the server knows this key and does not allow it this: look at its permissions and "
               "its project in the Commissioned console";
    case 429:
        return "the key works, and its limit of requests is used up for now";
    default:
        return status >= 500 ? "the server has a fault of its own: try again later"
                             : "the server answered something else than it does for a good or a "
                               "bad key";
    }
}

static int exit_code(const struct answer *answer)
{
    if (answer->code != CURLE_OK)
        return CLI_FAILED;
    if (answer->status == 200)
        return CLI_OK;
    return answer->status == 401 || answer->status == 403 || answer->status == 429 ? CLI_NO
                                                                                   : CLI_FAILED;
}

static int report_json(const char *name, const char *prefix, const struct answer *answer)
{
    json_t *object = json_object();
    bool answered = answer->code == CURLE_OK;
    json_put_text(object, "name", name);
    json_put_text(object, "prefix", prefix);
    json_put_text(object, "url", url);
    json_put(object, "status", answered ? json_integer(answer->status) : NULL);
    json_put(object, "retry_after",
             answer->retry_after > 0 ? json_integer((json_int_t)answer->retry_after) : NULL);
    json_put_text(object, "meaning", answered ? meaning(answer->status) : answer->error);
    return json_print(object, exit_code(answer));
}

static int report(const char *name, const char *prefix, const struct answer *answer)
{
    if (answer->code != CURLE_OK)
        return cli_fail(CLI_FAILED, "no answer from " COMMISSIONED_ORIGIN ": %s", answer->error);
    printf("%s (%s...): %ld, %s\n", name, prefix, answer->status, meaning(answer->status));
    if (answer->retry_after > 0)
        printf("The server asks to wait %lld seconds.\n", (long long)answer->retry_after);
    return exit_code(answer);
}

static int load(const struct cli_call *call, struct key_store *store, struct secret *secret)
{
    const char *name = call->argv[0];
    char base[NAME_MAX + 1];
    int status;
    key_base_name(name, base); /* NAME.next can be asked about before it is promoted */
    status = key_name_check(base);
    if (status == CLI_OK)
        status = key_store_open(store, call->value[OPTION_DIR], false);
    if (status == CLI_OK)
        status = key_read(store, name, secret);
    if (status == CLI_NO)
        return cli_fail(CLI_FAILED, "there is no key %s in %s", name, store->path);
    return status;
}

/* So that `key promote` can tell a key that was never asked about, or was refused. It is no matter
 * where this cannot be written. */
static void remember(const struct key_store *store, const char *name, const char *prefix,
                     const struct answer *answer)
{
    char base[NAME_MAX + 1];
    struct key_meta meta;
    key_base_name(name, base);
    if (answer->code != CURLE_OK || faccessat(store->folder, ".", W_OK, AT_EACCESS) != 0)
        return;
    key_meta_read(store, base, &meta);
    if (strcmp(meta.checked, prefix) == 0 && meta.status == answer->status)
        return;
    snprintf(meta.checked, sizeof meta.checked, "%s", prefix);
    meta.status = answer->status;
    if (key_store_lock(store) == CLI_OK)
        key_meta_write(store, base, &meta);
}

static int check(const struct cli_call *call)
{
    auto_store struct key_store store = {.folder = -1};
    auto_secret struct secret secret = {0};
    char prefix[POLICY_PREFIX_LENGTH + 1];
    struct answer answer = {0};
    struct curl_calls curl;
    int status = load(call, &store, &secret);
    if (status != CLI_OK)
        return status;
    secret_show(&secret, prefix);
    if (!curl_load(&curl, NULL))
        return cli_fail(CLI_FAILED, "libcurl cannot be loaded: install libcurl4");
    if (!ask(&curl, call, &secret, &answer))
        return cli_fail(CLI_FAILED, "out of memory");
    if (answer.code != CURLE_OK && answer.error[0] == '\0')
        snprintf(answer.error, sizeof answer.error, "%s", curl.easy_strerror(answer.code));
    remember(&store, call->argv[0], prefix, &answer);
    if (call->value[OPTION_JSON] != NULL)
        return report_json(call->argv[0], prefix, &answer);
    return report(call->argv[0], prefix, &answer);
}

const struct cli_verb cli_verb_key_check = {
    .name = "check",
    .operands = "NAME",
    .summary = "ask the server about a key",
    .about = "Ask " COMMISSIONED_ORIGIN "/v1/models with the key NAME, or with\n"
             "NAME.next before it is promoted, and tell what the answer means.\n"
             " Exit status: 0 it works, 1 the server refuses it, 2 no answer.\n",
    .options = options,
    .words = CLI_WORDS_KEY,
    .min_operands = 1,
    .max_operands = 1,
    .account = true,
    .run = check,
};
