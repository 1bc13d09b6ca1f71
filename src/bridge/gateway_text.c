#include "bridge/gateway_text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge/envoy_text.h"
#include "bridge/haproxy_text.h"
#include "bridge/nginx_text.h"

static const char *const names[GATEWAY_ENGINES] = {"haproxy", "nginx", "envoy"};

enum gateway_engine gateway_engine_named(const char *name)
{
    for (int i = 0; i < GATEWAY_ENGINES; i++)
        if (strcmp(names[i], name) == 0)
            return (enum gateway_engine)i;
    return GATEWAY_ENGINES;
}

bool gateway_engine_knows_tokens(enum gateway_engine engine)
{
    return engine != GATEWAY_ENVOY;
}

/* Which key has which name, and how its file gets it. */
static void write_head(FILE *out, enum gateway_engine engine, const struct gateway_plan *plan)
{
    const struct policy_image *image = plan->gateway->image;
    fprintf(out, "# Written by 'commissioned-auth gateway print --engine %s'. No key is in it.\n",
            names[engine]);
    for (uint32_t i = 0; i < image->nkeys; i++)
        fprintf(out, "# k%u is the key '%s' of %s\n", (unsigned)i, image->keys[i].name,
                image->keys[i].source != NULL ? image->keys[i].source : "the configuration");
    switch (engine) {
    case GATEWAY_HAPROXY:
        fprintf(
            out,
            "# %s/keys.map, mode 600, has a line for each, and is read at the start:\n"
            "#   printf 'k0 %%s\\n' \"$(printf 'Bearer %%s' \"$(cat KEYFILE)\" | base64 -w0)\"\n"
            "# 'commissioned-auth gateway run' keeps it up to date by itself.\n",
            plan->files);
        break;
    case GATEWAY_NGINX:
        fprintf(
            out,
            "# %s/keys.nginx, mode 600, has a line for each:   k0 \"Bearer KEY\";\n"
            "# %s/tokens.nginx, mode 600, one for each token:  \"Bearer TOKEN\" NAME;\n"
            "# After a change: nginx -s reload. A debug log would hold the key: keep error_log at "
            "warn.\n",
            plan->files, plan->files);
        break;
    default:
        fprintf(out,
                "# %s/key.yaml names the key's file: 'gateway print --engine envoy --secret'.\n"
                "# A debug log would hold the key: keep Envoy's at info.\n",
                plan->files);
    }
}

static enum bridge_result write_haproxy(FILE *out, const struct gateway_plan *plan,
                                        char why[BRIDGE_SENTENCE])
{
    const struct policy_image *image = plan->gateway->image;
    bool by_path = strncmp(plan->listen, "unix:", 5) == 0;
    char map[PATH_MAX], bind[PATH_MAX];
    char *text;
    snprintf(map, sizeof map, "%s/keys.map", plan->files);
    snprintf(bind, sizeof bind, by_path ? "unix@%s mode 660" : "%s",
             by_path ? plan->listen + 5 : plan->listen);
    struct haproxy_plan whole = {
        .image = image,
        .host = image->rules[0].host,
        .port = image->rules[0].port,
        .tokens = plan->gateway->tokens.list,
        .ntokens = plan->gateway->tokens.count,
        .cacert = plan->cacert,
        .connect = plan->connect,
        .bind = bind,
        .map = map,
    };
    enum bridge_result result = haproxy_text(&whole, &text, why);
    if (result == BRIDGE_OK)
        fputs(text, out);
    if (result == BRIDGE_OK)
        free(text);
    return result;
}

static enum bridge_result write_engine(FILE *out, enum gateway_engine engine,
                                       const struct gateway_plan *plan, char why[BRIDGE_SENTENCE])
{
    write_head(out, engine, plan);
    switch (engine) {
    case GATEWAY_NGINX:
        return nginx_write(out, plan, why);
    case GATEWAY_ENVOY:
        return envoy_write(out, plan, why);
    default:
        return write_haproxy(out, plan, why);
    }
}

enum bridge_result gateway_text(enum gateway_engine engine, const struct gateway_plan *plan,
                                char **text, char why[BRIDGE_SENTENCE])
{
    size_t size;
    FILE *out = open_memstream(text, &size);
    if (out == NULL)
        return bridge_fail(why, BRIDGE_FAILED, "out of memory");
    enum bridge_result result = write_engine(out, engine, plan, why);
    if (fclose(out) != 0 && result == BRIDGE_OK)
        result = bridge_fail(why, BRIDGE_FAILED, "out of memory");
    if (result != BRIDGE_OK) {
        free(*text);
        *text = NULL;
    }
    return result;
}

static FILE *create(const struct gateway_plan *plan, const char *name, char why[BRIDGE_SENTENCE])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", plan->files, name);
    FILE *out = fopen(path, "wxe");
    if (out == NULL)
        bridge_fail(why, BRIDGE_FAILED, "%s: %s", path, strerror(errno));
    return out;
}

static enum bridge_result write_empty(const struct gateway_plan *plan, const char *name,
                                      char why[BRIDGE_SENTENCE])
{
    FILE *out = create(plan, name, why);
    if (out == NULL)
        return BRIDGE_FAILED;
    fclose(out);
    return BRIDGE_OK;
}

static enum bridge_result write_secret(const struct gateway_plan *plan, char why[BRIDGE_SENTENCE])
{
    FILE *out = create(plan, "key.yaml", why);
    if (out == NULL)
        return BRIDGE_FAILED;
    enum bridge_result result = envoy_write_secret(out, plan, why);
    fclose(out);
    return result;
}

enum bridge_result gateway_write_stand_ins(enum gateway_engine engine,
                                           const struct gateway_plan *plan,
                                           char why[BRIDGE_SENTENCE])
{
    enum bridge_result result;
    switch (engine) {
    case GATEWAY_NGINX:
        result = write_empty(plan, "keys.nginx", why);
        return result == BRIDGE_OK ? write_empty(plan, "tokens.nginx", why) : result;
    case GATEWAY_ENVOY:
        return write_secret(plan, why);
    default:
        return write_empty(plan, "keys.map", why);
    }
}
