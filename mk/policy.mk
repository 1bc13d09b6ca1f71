# The policy module's own targets: a test program in which memory runs out, and fuzzing.

# Only this program's allocations are counted and failed, one after the other.
$(BUILD)/tests/unit/test_policy_memory: ALL_LDFLAGS += \
    -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=reallocarray \
    -Wl,--wrap=free,--wrap=mmap,--wrap=munmap

FUZZ_SECONDS ?= 60
fuzzers := $(patsubst tests/fuzz/%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_policy*.c))

# The sources are compiled anew, for the fuzzer has to see every branch of them. nanosleep is left
# out, or each new file would wait for the next tick of the clock (safe_file.h).
$(BUILD)/fuzz/fuzz_policy%: tests/fuzz/fuzz_policy%.c $(policy) $(core) \
    $(wildcard include/*/*.h src/*/*.h src/*/*/*.h)
	@mkdir -p $(@D)
	clang -std=gnu11 -g -O1 -D_GNU_SOURCE -iquote src -iquote include \
	    -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all -Wl,--wrap=nanosleep $(filter %.c,$^) \
	    tests/support/suppressions.c -lconfig -o $@

# Leaks are for test_policy_memory: libconfig's own (tests/support/suppressions.c) would be looked
# for each time.
.PHONY: fuzz-policy
fuzz-policy: $(fuzzers) ## fuzz the reading of policies, FUZZ_SECONDS (60) each; clang
	@for f in $(abspath $(fuzzers)); do \
	    mkdir -p $$f.corpus; \
	    $$f -max_total_time=$(FUZZ_SECONDS) -max_len=2048 -timeout=10 -rss_limit_mb=1024 \
	    -detect_leaks=0 \
	        -print_final_stats=1 -artifact_prefix=$$f- -dict=tests/fuzz/policy.dict $$f.corpus \
	        $(abspath tests/fuzz/seeds) || exit 1; \
	done
