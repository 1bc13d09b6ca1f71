/*
 * Threat model: whoever sends a request controls every byte of it, and may measure how long the
 *               answer takes.
 * MUST:         one header, one scheme, one key.
 * MUST NOT:     show any part of what was sent in the answer or the log.
 */
#include "devserver/auth.h"

#include <string.h>
#include <strings.h>

const char *ds_bearer(const char *value, size_t length, size_t *key_length)
{
    static const char scheme[] = "Bearer";
    const size_t skip = sizeof scheme - 1;
    if (length <= skip || strncasecmp(value, scheme, skip) != 0 || value[skip] != ' ')
        return NULL;
    value += skip;
    length -= skip;
    while (length > 0 && *value == ' ')
        value++, length--;
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        length--;
    if (length == 0 || memchr(value, ' ', length) != NULL)
        return NULL;
    *key_length = length;
    return value;
}

enum ds_auth ds_authenticate(struct ds_keys *keys, const struct ds_credential *credential,
                             unsigned scope, struct ds_key *key, struct ds_why *why)
{
    size_t length;
    if (credential->headers == 0)
        return DS_AUTH_MISSING;
    if (credential->headers > 1)
        return DS_AUTH_SEVERAL;
    const char *text = ds_bearer(credential->value, credential->length, &length);
    if (text == NULL)
        return DS_AUTH_MALFORMED;
    switch (ds_keys_find(keys, text, length, key, why)) {
    case DS_FIND_VALID:
        return (key->scopes & scope) == scope ? DS_AUTH_OK : DS_AUTH_FORBIDDEN;
    case DS_FIND_REVOKED:
        return DS_AUTH_REVOKED;
    case DS_FIND_ERROR:
        return DS_AUTH_BROKEN;
    case DS_FIND_NONE:
        break;
    }
    return DS_AUTH_UNKNOWN;
}
