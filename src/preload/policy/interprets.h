/*
 * interprets.h - whether the program is an interpreter whatever it is called.
 *
 * Such a program defines the functions that its extensions call. Whether it has the library that
 * does is seen by the policy module (policy/embedded.h).
 *
 * Threads: any.
 * Errors:  none; what hides its symbols is told by its name alone.
 */
#ifndef COMMISSIONED_INTERPRETS_H
#define COMMISSIONED_INTERPRETS_H

/* The language whose interpreter this is, "" where it only has one in it, or NULL. */
const char *interprets_what(void);

#endif
