/*
 * config_slip.h - what a syntax error most likely is.
 *
 * libconfig says "syntax error" and a line, often the one after. This reads the same text by the
 * same grammar (libconfig manual, "Configuration File Grammar") until something is out of place,
 * and says what: what people bring along from JSON, INI, YAML and Python, and from word processors.
 * It is asked only about a text that libconfig has refused, so it can make no good file bad.
 *
 * Pure.
 * Threads: any.
 */
#ifndef COMMISSIONED_CONFIG_SLIP_H
#define COMMISSIONED_CONFIG_SLIP_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/sentence.h"

/* False where nothing is out of place that has a name. *line is where it is. */
bool config_slip_find(const char *text, uint32_t *line, struct complaint *why);

#endif
