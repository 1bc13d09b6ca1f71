/*
 * object_cost.h - what one shared object cost, out of a file that callgrind wrote.
 *
 * Two runs of an interpreter differ by more than the library costs it (where its objects lie
 * decides how it hashes them), so their difference says nothing; this does.
 *
 * Source:  the Callgrind Format Specification (Valgrind manual).
 * Threads: any.
 * Errors:  -1 where the file cannot be read or has nothing of that object.
 */
#ifndef COMMISSIONED_BENCH_OBJECT_COST_H
#define COMMISSIONED_BENCH_OBJECT_COST_H

/* Instructions of the object whose path ends with `object`, and of its calls of `callee`. */
double object_cost(const char *path, const char *object, const char *callee);

#endif
