/* commissioned-devserver key create | list | revoke. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/cleanup.h"
#include "core/secret.h"
#include "devserver/command.h"
#include "devserver/keys.h"

struct request {
    const char *state;
    struct ds_key_wish wish;
};

static void close_keys(struct ds_keys **keys)
{
    ds_keys_close(*keys);
}
#define auto_keys __attribute__((cleanup(close_keys)))

static struct ds_keys *open_keys(const char *state, struct ds_why *why)
{
    auto_free char *folder = ds_command_state(state, why);
    return folder == NULL ? NULL : ds_keys_open(folder, why);
}

/* The key alone goes to standard output. A key that nobody could read is of no use to anyone else
 * either. */
static int hand_over(struct ds_keys *keys, const struct ds_key *made, struct ds_key_text *key)
{
    struct ds_why why;
    bool printed = printf("%s\n", key->text) > 0 && fflush(stdout) == 0;
    secret_wipe(key, sizeof *key);
    if (!printed) {
        ds_keys_revoke(keys, made->prefix, &why);
        return ds_complain(DS_EXIT_FAILED, "the key could not be printed, so it was revoked");
    }
    fprintf(stderr, "This is the only time the key is shown. It is listed as %s.\n", made->prefix);
    return DS_EXIT_OK;
}

static int create_key(const struct request *request, int words)
{
    struct ds_why why;
    struct ds_key made;
    struct ds_key_text key = {""};
    if (words != 0 || request->wish.name == NULL)
        return ds_complain(DS_EXIT_USAGE, "key create needs --name NAME and no other word");
    auto_keys struct ds_keys *keys = open_keys(request->state, &why);
    if (keys == NULL || !ds_keys_create(keys, &request->wish, &made, &key, &why))
        return ds_complain(DS_EXIT_FAILED, "%s", why.text);
    return hand_over(keys, &made, &key);
}

static void print_date(int64_t seconds, char text[24])
{
    time_t when = (time_t)seconds;
    struct tm utc;
    strcpy(text, "-");
    if (seconds != 0 && gmtime_r(&when, &utc) != NULL)
        strftime(text, 24, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static void print_scopes(unsigned scopes, char *text, size_t size)
{
    unsigned bit;
    const char *name;
    text[0] = '\0';
    for (size_t i = 0; (name = ds_scope_name(i, &bit)) != NULL; i++)
        if (scopes & bit) {
            size_t used = strlen(text);
            snprintf(text + used, size - used, "%s%s", used > 0 ? "," : "", name);
        }
}

static void print_key(const struct ds_key *key, void *data)
{
    char created[24], used[24], revoked[24], scopes[64], rate[32];
    (void)data;
    print_date(key->created, created);
    print_date(key->last_used, used);
    print_date(key->revoked, revoked);
    print_scopes(key->scopes, scopes, sizeof scopes);
    ds_rate_print(key->rate, rate);
    printf("%-16s  %-22s %-10s %-20s %-20s %-20s  %s (%s)\n", key->prefix, scopes,
           rate[0] == '\0' ? "-" : rate, created, used, revoked, key->name, key->env);
}

static int list_keys(const struct request *request, int words)
{
    struct ds_why why;
    if (words != 0)
        return ds_complain(DS_EXIT_USAGE, "key list takes no word");
    auto_keys struct ds_keys *keys = open_keys(request->state, &why);
    if (keys == NULL)
        return ds_complain(DS_EXIT_FAILED, "%s", why.text);
    printf("%-16s  %-22s %-10s %-20s %-20s %-20s  %s\n", "PREFIX", "SCOPES", "RATE", "CREATED",
           "LAST USED", "REVOKED", "NAME (ENV)");
    if (!ds_keys_list(keys, print_key, NULL, &why))
        return ds_complain(DS_EXIT_FAILED, "%s", why.text);
    return fflush(stdout) == 0 ? DS_EXIT_OK : DS_EXIT_FAILED;
}

static int revoke_key(const struct request *request, int words, const char *prefix)
{
    struct ds_why why;
    if (words != 1)
        return ds_complain(DS_EXIT_USAGE, "key revoke needs the one prefix of a key");
    auto_keys struct ds_keys *keys = open_keys(request->state, &why);
    if (keys == NULL || !ds_keys_revoke(keys, prefix, &why))
        return ds_complain(DS_EXIT_FAILED, "%s", why.text);
    fprintf(stderr, "%s is revoked: its next request is answered 401.\n", prefix);
    return DS_EXIT_OK;
}

static bool take_option(struct request *request, int option, struct ds_why *why)
{
    switch (option) {
    case 's':
        request->state = optarg;
        return true;
    case 'n':
        request->wish.name = optarg;
        return true;
    case 'e':
        request->wish.env = optarg;
        return true;
    case 'c':
        return ds_scopes_parse(optarg, &request->wish.scopes, why);
    case 'r':
        return ds_rate_parse(optarg, &request->wish.rate, why);
    default: /* getopt_long has said what is wrong */
        return ds_fail(why, "see commissioned-devserver --help");
    }
}

int ds_command_key(int argc, char **argv)
{
    static const struct option options[] = {
        {"state", required_argument, NULL, 's'}, {"name", required_argument, NULL, 'n'},
        {"env", required_argument, NULL, 'e'},   {"scope", required_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'r'},  {0}};
    struct request request = {0};
    struct ds_why why;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(&request, option, &why))
            return ds_complain(DS_EXIT_USAGE, "%s", why.text);
    const char *verb = optind < argc ? argv[optind++] : "";
    int words = argc - optind;
    if (strcmp(verb, "create") == 0)
        return create_key(&request, words);
    if (strcmp(verb, "list") == 0)
        return list_keys(&request, words);
    if (strcmp(verb, "revoke") == 0)
        return revoke_key(&request, words, argv[optind]);
    return ds_complain(DS_EXIT_USAGE,
                       "key create, key list or key revoke: see commissioned-devserver --help");
}
