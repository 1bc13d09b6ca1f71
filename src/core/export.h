/* export.h - what a library shows: everything else is hidden (-fvisibility=hidden, exports.map). */
#ifndef COMMISSIONED_EXPORT_H
#define COMMISSIONED_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

/*
 * For small functions that every request comes through, and in which libcurl and the kernel write
 * one variable each: a canary would guard nothing.
 */
#if defined __has_attribute
#if __has_attribute(no_stack_protector)
#define NO_CANARY __attribute__((no_stack_protector))
#endif
#endif
#ifndef NO_CANARY
#define NO_CANARY
#endif

#endif
