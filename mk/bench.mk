# What the library costs. Built with the product's own flags, whatever they are; never sanitised.

bench := $(BUILD)/tests/bench
bench_objects := $(call objects,$(addprefix tests/bench/,bench.c measure.c object_cost.c \
    policy_cost.c))
shared_objects := $(patsubst %,$(bench)/%/libcommissioned-auth.so,filled hollow lonely silent)

$(BUILD)/obj/tests/bench/workload.o: EXTRA_CFLAGS = \
    $(call pkg_cflags,libcurl) -DCURL_DISABLE_TYPECHECK

$(bench)/workload: $(BUILD)/obj/tests/bench/workload.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(call test_libs,libcurl) -o $@

$(bench)/workload-gnutls: $(BUILD)/obj/tests/bench/workload.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(gnutls_flavour) $(system_libs) -o $@

$(bench)/resident $(bench)/asker: $(bench)/%: $(BUILD)/obj/tests/bench/%.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(system_libs) -o $@

$(bench)/bench: $(bench_objects) $(call objects,$(wildcard tests/support/*.c)) \
    $(BUILD)/libtestable.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ \
	    $(call test_libs,check libmicrohttpd gnutls sqlite3 jansson libcurl) -lconfig -lm -o $@

# Four of one name, in folders of one length, so that ld.so has the same to read.
$(bench)/filled/libcommissioned-auth.so: $(LIBRARY) $(MODULE)
	@mkdir -p $(@D)
	$(Q)cp $^ $(@D)/

$(bench)/hollow/libcommissioned-auth.so: $(BUILD)/obj/tests/bench/hollow.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,$(@F) $^ $(system_libs) -o $@

$(bench)/lonely/libcommissioned-auth.so: $(BUILD)/obj/tests/bench/hollow.o
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -nostartfiles -Wl,-soname,$(@F) $^ $(system_libs) -o $@

# The library without late binding: dlsym and dlvsym are not exported.
$(bench)/silent/exports.map: src/preload/entry/exports.map
	@mkdir -p $(@D)
	$(Q)sed '/dlv*sym;/d' $< >$@

$(bench)/silent/libcommissioned-auth.so: $(LIBRARY) $(bench)/silent/exports.map
	$(Q)$(call link_library,$(bench)/silent/exports.map) $(late_objects) -o $@

.PHONY: bench
bench: ## what the library costs, row by row, against its limits
	@scripts/deps build test valgrind bench
	@$(MAKE) --no-print-directory all $(bench)/bench $(bench)/workload \
	    $(if $(gnutls_flavour),$(bench)/workload-gnutls) $(bench)/resident $(bench)/asker \
	    $(shared_objects)
	@BUILD=$(BUILD) $(bench)/bench $(BENCH)

.PHONY: bench-bridge
bench-bridge: ## what run --bridge costs: start, requests, lag, rotations, idle
	@scripts/deps build bridge
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/bench/bridge
