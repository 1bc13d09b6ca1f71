# Fuzzing, with clang's libFuzzer. Not part of check: what it finds becomes a row in a test.

FUZZ_SECONDS ?= 60
fuzz_sources := tests/fuzz/fuzz_target.c tests/fuzz/url_agree.c src/core/target.c src/core/plain.c

# The same comparison runs over a fixed list and a fixed seed in the unit tests.
$(BUILD)/tests/unit/test_target: $(BUILD)/obj/tests/fuzz/url_agree.o

$(BUILD)/fuzz/fuzz_target: $(fuzz_sources) $(wildcard include/*/*.h src/*/*.h src/*/*/*.h \
    tests/fuzz/*.h)
	@mkdir -p $(@D)
	$(say) CLANG $@
	$(Q)clang -std=gnu11 $(WARN) -D_GNU_SOURCE -iquote src -iquote include -g -O1 \
	    -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=all $(fuzz_sources) $(call test_libs,libcurl) -o $@

.PHONY: fuzz
fuzz: $(BUILD)/fuzz/fuzz_target ## compare our reading of URLs with libcurl's, FUZZ_SECONDS long
	@mkdir -p $(BUILD)/fuzz/corpus
	cd $(BUILD)/fuzz && ./fuzz_target -max_total_time=$(FUZZ_SECONDS) -max_len=512 -timeout=10 \
	    -rss_limit_mb=1024 \
	    -dict=$(CURDIR)/tests/fuzz/target.dict corpus
