/*
 * image_builder.h - a policy image from rules written in a test, on the ordinary heap.
 *
 * What a rule leaves out is filled in: host COMMISSIONED_HOST, port 443, path "/", path_len. The
 * index and the origins are those that the policy module would make.
 *
 * Ownership: image_drop frees what image_build gave; the strings stay the test's.
 */
#ifndef COMMISSIONED_TEST_IMAGE_BUILDER_H
#define COMMISSIONED_TEST_IMAGE_BUILDER_H

#include "commissioned/policy_image.h"

struct policy_image *image_build(const struct policy_rule *rules, uint32_t nrules,
                                 const struct policy_key *keys, uint32_t nkeys);
void image_drop(struct policy_image *image);

#endif
