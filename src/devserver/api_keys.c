/* /v1/api_keys: keys over HTTP, for whoever has a key with the scope "keys". */
#include <string.h>

#include "core/secret.h"
#include "devserver/api.h"
#include "devserver/body.h"

static json_t *scopes_json(unsigned scopes)
{
    json_t *names = json_array();
    unsigned bit;
    const char *name;
    for (size_t i = 0; (name = ds_scope_name(i, &bit)) != NULL; i++)
        if (scopes & bit)
            json_array_append_new(names, json_string(name));
    return names;
}

static json_t *time_json(int64_t seconds)
{
    return seconds == 0 ? json_null() : json_integer(seconds);
}

static json_t *key_json(const struct ds_key *key)
{
    char rate[32];
    ds_rate_print(key->rate, rate);
    return json_pack("{ss ss ss ss so ss? so so so}", "object", "api_key", "id", key->prefix,
                     "name", key->name, "env", key->env, "scopes", scopes_json(key->scopes), "rate",
                     rate[0] == '\0' ? NULL : rate, "created", time_json(key->created), "last_used",
                     time_json(key->last_used), "revoked", time_json(key->revoked));
}

static void append_key(const struct ds_key *key, void *data)
{
    json_array_append_new(data, key_json(key));
}

void ds_keys_get(const struct ds_call *call, struct ds_reply *reply)
{
    struct ds_why why;
    json_t *data = json_array();
    if (ds_keys_list(call->keys, append_key, data, &why)) {
        ds_reply_json(reply, 200, json_pack("{ss so}", "object", "list", "data", data));
        return;
    }
    json_decref(data);
    ds_reply_error(reply, 500, NULL, NULL, "%s", why.text);
}

static bool read_scopes(const json_t *list, unsigned *scopes, struct ds_why *why)
{
    const json_t *item;
    size_t i;
    *scopes = 0;
    if (list != NULL && (!json_is_array(list) || json_array_size(list) == 0))
        return ds_fail(why, "scopes must be an array of names, at least one");
    json_array_foreach(list, i, item)
    {
        unsigned bit;
        const char *name = json_string_value(item);
        if (name == NULL || strchr(name, ',') != NULL)
            return ds_fail(why, "each of scopes must be one name");
        if (!ds_scopes_parse(name, &bit, why))
            return false;
        *scopes |= bit;
    }
    return true;
}

static bool read_wish(const json_t *body, struct ds_key_wish *wish, struct ds_why *why)
{
    const json_t *env = json_object_get(body, "env");
    const json_t *rate = json_object_get(body, "rate");
    wish->name = json_string_value(json_object_get(body, "name"));
    wish->env = json_string_value(env);
    if (wish->name == NULL || (env != NULL && wish->env == NULL) ||
        (rate != NULL && !json_is_string(rate)))
        return ds_fail(why, "name is needed, and name, env and rate must be strings");
    if (rate != NULL && !ds_rate_parse(json_string_value(rate), &wish->rate, why))
        return false;
    return read_scopes(json_object_get(body, "scopes"), &wish->scopes, why);
}

void ds_keys_post(const struct ds_call *call, struct ds_reply *reply)
{
    struct ds_key_wish wish = {0};
    struct ds_key made;
    struct ds_key_text key = {""};
    struct ds_why why;
    json_t *body = ds_body_object(call, reply);
    if (body == NULL)
        return;
    if (!read_wish(body, &wish, &why) || !ds_keys_create(call->keys, &wish, &made, &key, &why)) {
        ds_reply_error(reply, 400, "invalid_key_request", NULL, "%s", why.text);
    } else {
        json_t *json = key_json(&made);
        json_object_set_new(json, "value", json_string(key.text));
        secret_wipe(&key, sizeof key);
        ds_reply_json(reply, 201, json);
    }
    json_decref(body);
}

void ds_keys_delete(const struct ds_call *call, struct ds_reply *reply)
{
    struct ds_why why;
    if (ds_keys_revoke(call->keys, call->id, &why))
        ds_reply_json(
            reply, 200,
            json_pack("{ss ss sb}", "object", "api_key.deleted", "id", call->id, "deleted", 1));
    else
        ds_reply_error(reply, 404, "key_not_found", NULL, "%s", why.text);
}
