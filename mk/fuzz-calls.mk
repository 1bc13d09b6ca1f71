# Random sequences of libcurl calls, without the library and with it: make fuzz-calls SECONDS=600 SEED=... FLAVOUR=gnutls

SECONDS ?= 60
SEED    ?=
COUNT   ?=
FLAVOUR ?= openssl
calls_parts := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out %/run.c,$(wildcard tests/fuzz/calls/*.c)))
calls_curl   = $(if $(filter gnutls,$(FLAVOUR)),$(gnutls_flavour),$(call test_libs,libcurl))

$(BUILD)/obj/tests/fuzz/calls/%.o: EXTRA_CFLAGS = -Isrc -Itests $(call pkg_cflags,libcurl gnutls libnghttp2) -DCURL_DISABLE_TYPECHECK

# Its own HTTP/2 is linked in, unseen: libcurl may bring another version of it.
$(BUILD)/fuzz/calls-%: $(calls_parts)
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -rdynamic $^ $(calls_curl) $(call pkg_libs,gnutls) -Wl,--exclude-libs,ALL -l:libnghttp2.a -o $@

$(BUILD)/fuzz/calls_run: $(BUILD)/obj/tests/fuzz/calls/run.o $(BUILD)/obj/tests/fuzz/calls/steps.o $(BUILD)/obj/tests/fuzz/calls/options.o \
    $(BUILD)/obj/tests/support/tmpdir.o $(BUILD)/libtestable.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(call test_libs,gnutls sqlite3 jansson) -o $@

.PHONY: fuzz-calls
fuzz-calls: $(LIBRARY) $(MODULE) $(BUILD)/fuzz/calls-$(FLAVOUR) $(BUILD)/fuzz/calls_run ## random libcurl calls without the library and with it: SECONDS, SEED, COUNT, FLAVOUR
	cd $(BUILD)/fuzz && ./calls_run ./calls-$(FLAVOUR) $(abspath $(LIBRARY)) $(SECONDS) $(SEED) $(COUNT)
