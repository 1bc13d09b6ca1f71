/*
 * record_method.h - the method of a transfer, also of a libcurl that cannot be asked for it.
 *
 * For libcurl before 7.80 it is decided before a transfer begins, and until then libcurl tells the
 * method of the one before: so what the options make of it is followed here. Where its versions
 * differ, or may, the method is not known: no rule with methods then gives a key. Measured with
 * 7.74.0 and 7.88.1.
 */
#ifndef COMMISSIONED_RECORD_METHOD_H
#define COMMISSIONED_RECORD_METHOD_H

#include "preload/record/record.h"

/* The method behind one more option that makes it (record_option_makes_method). */
enum record_method record_method_behind(enum record_method before, CURLoption option, bool on);

/* That of the transfer that begins or is under way; NULL where it is not known. */
const char *record_method_find(const struct record *record);

#endif
