/*
 * sum.h - the sum over the code and constants of a library, as it was built and as it lies there.
 *
 * A disk that was full or is failing leaves a library that can be loaded and crashes some day, in
 * every process. Only what a program reads from the file unchanged is summed up: stripping a
 * library does not change its sum. It guards against accidents, not against people.
 */
#ifndef COMMISSIONED_TRIAL_SUM_H
#define COMMISSIONED_TRIAL_SUM_H

#include <stdbool.h>

enum sum_verdict {
    SUM_SAME,
    SUM_DIFFERS,
    SUM_UNKNOWN /* no sum was installed, or not for us to read */
};

/* Compares with the file NAME.sum, in the library's folder or in commissioned-auth below it. */
enum sum_verdict sum_check(const char *library);

/* Prints what that file is to hold. False where the library cannot be read. */
bool sum_print(const char *library);

#endif
