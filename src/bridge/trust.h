/*
 * trust.h - whose word counts about the origin's certificate: --cacert, else what the rules name
 * (ca_file), else this machine's authorities, where a distribution has them in one file.
 *
 * An engine has one connection for all rules of an origin, so these must name the same.
 *
 * Ownership: the names are the image's, or of static storage.
 * Errors:    a sentence.
 */
#ifndef COMMISSIONED_BRIDGE_TRUST_H
#define COMMISSIONED_BRIDGE_TRUST_H

#include <stdbool.h>
#include <stdint.h>

#include "bridge/result.h"
#include "bridge/sha256.h"
#include "commissioned/policy_image.h"

/* This machine's, as PEM; NULL where there is none. */
const char *trust_file(void);

/* `system` is the machine's, NULL where there is none. */
enum bridge_result trust_for(const struct policy_image *image, const char *host, uint16_t port,
                             const char *cacert, const char *system, const char **file,
                             char why[BRIDGE_SENTENCE]);

/* Of what the rules name, as it was read with the policy. False where they name none. */
bool trust_fingerprint(const struct policy_image *image, const char *host, uint16_t port,
                       char hash[SHA256_HEX + 1]);

#endif
