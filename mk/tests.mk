# Tests: one Check program a file. tests/unit need no server; tests/integration run real programs
# over real TLS.

unit_tests        := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard \
    tests/unit/test_*.c))
integration_tests := $(patsubst tests/integration/%.c,$(BUILD)/tests/integration/%,$(wildcard \
    tests/integration/test_*.c))
support           := $(wildcard tests/support/*.c)
# Everything that has no main of its own; the devserver's main stays out.
testable          := $(core) $(policy) $(filter-out %/stand_ins.c,$(module)) $(bridge) \
    $(filter-out %/main.c,$(cli) $(devserver)) $(filter-out %/interpose.c %/interpose_multi.c \
    %/interpose_dl.c %/no_start_files.c,$(preload))

$(BUILD)/libtestable.a: $(call objects,$(testable))
	@rm -f $@
	$(Q)$(AR) qcs $@ $^

$(BUILD)/tests/%: $(BUILD)/obj/tests/%.o $(call objects,$(support)) $(BUILD)/libtestable.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(filter %.o,$^) $(filter %.a,$^) \
	    $(call test_libs,check libmicrohttpd gnutls sqlite3 jansson libcurl) -lconfig -lm -o $@

.PHONY: tests
tests: all $(unit_tests) $(integration_tests)

.PHONY: check
check: deps ## install what is missing, build, run every test
	@$(MAKE) --no-print-directory tests
	@BUILD=$(BUILD) tests/run $(unit_tests) $(integration_tests)

.PHONY: deps
deps:
	@scripts/deps build test preloads
	@scripts/deps bridge || echo "deps: without haproxy the bridge's tests are skipped" >&2
