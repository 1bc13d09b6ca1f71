/*
 * old_libcurl.h - what may not be expected of a libcurl before 7.80, which has no prereq callback.
 *
 * Asks the libcurl that the tests link; distributions have all flavours in one version. Programs
 * under test that link another have its version in $TEST_LIBCURL, as LIBCURL_VERSION_NUM writes it.
 * $TEST_OLD_LIBCURL: the library under test was built to take every libcurl for such a one.
 */
#ifndef COMMISSIONED_TEST_OLD_LIBCURL_H
#define COMMISSIONED_TEST_OLD_LIBCURL_H

#include <stdbool.h>

/* Whether it was released before that version, as LIBCURL_VERSION_NUM writes it. */
bool libcurl_before(unsigned version);

/* What is decided is decided before it connects. */
bool old_libcurl(void);

/* The same; then says so for that test. */
bool skips_old_libcurl(const char *test);

#endif
