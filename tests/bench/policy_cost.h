/*
 * policy_cost.h - what the policy itself costs: reading it, and one decision.
 *
 * A policy of `rules` rules, each with a path of its own below /v1, is written into `folder` and
 * read by the module's own entry.
 * Errors: end the benchmark.
 */
#ifndef COMMISSIONED_BENCH_POLICY_COST_H
#define COMMISSIONED_BENCH_POLICY_COST_H

struct policy_cost {
    double load_ms;   /* the median of several */
    double decide_ns; /* the URL's scan and the decision, over hits and misses */
};

struct policy_cost policy_cost(const char *folder, unsigned rules);

#endif
