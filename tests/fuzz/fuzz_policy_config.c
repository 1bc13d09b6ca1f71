/*
 * Fuzzes the reading of a policy from its text to its image: whatever the bytes, no crash, no key
 * where there is an error, no file opened that an @include names.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct timespec;
int __wrap_nanosleep(const struct timespec *want, struct timespec *left);

int __wrap_nanosleep(const struct timespec *want, struct timespec *left)
{
    (void)want, (void)left;
    return 0;
}

static char folder[] = "/dev/shm/fuzz-policy-XXXXXX";
static char path[sizeof folder + 8];
static char decoy[sizeof folder + 8];

static void clean_up(void)
{
    unlink(path);
    unlink(decoy);
    rmdir(folder);
}

static void start(void)
{
    if (path[0] != '\0')
        return;
    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(path, sizeof path, "%s/a.conf", folder);
    snprintf(decoy, sizeof decoy, "%s/b", folder);
    FILE *file = fopen(decoy, "we");
    if (file == NULL || fputs("extra_origins = [\"https://decoy.example\"];\n", file) < 0 ||
        fclose(file) != 0)
        abort();
    atexit(clean_up);
    if (chdir(folder) != 0) /* where a relative @include would look */
        abort();
}

static void write_policy(const uint8_t *data, size_t size)
{
    FILE *file = fopen(path, "we");
    if (file == NULL || fwrite(data, 1, size, file) != size || fclose(file) != 0 ||
        chmod(path, 0600) != 0)
        abort();
}

static void check(const struct policy_config *config, const struct policy_image *image)
{
    for (uint32_t i = 0; i < config->nfindings; i++)
        if (strlen(config->findings[i].sentence) >= POLICY_MAX_SENTENCE)
            abort();
    if (image == NULL)
        return;
    if ((config->error != NULL && config->denied_by == POLICY_NONE) != (image->error != NULL))
        abort();
    for (uint32_t i = 0; i < image->nkeys; i++)
        if (image->error != NULL && image->keys[i].header != NULL)
            abort();
    for (uint32_t i = 0; i < image->nrules; i++)
        if (image->rules[i].key >= image->nkeys || image->rules[i].path[0] != '/' ||
            strcmp(image->rules[i].host, "decoy.example") == 0)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    start();
    write_policy(data, size);
    struct policy_request request = {.abi = POLICY_IMAGE_ABI,
                                     .user_file = path,
                                     .program = "/usr/bin/curl",
                                     .env_key = "abcdefgh"};
    struct policy_config *config = policy_config_read(&request);
    if (config == NULL)
        return 0;
    policy_config_check(config);
    policy_config_read_keys(config, &request, POLICY_KEYS_ALL);
    struct policy_image *image = policy_config_pack(config);
    check(config, image);
    policy_image_free(image);
    policy_config_free(config);
    return 0;
}
