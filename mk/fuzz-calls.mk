# Random sequences of libcurl calls, without the library and with it: 
# make fuzz-calls SECONDS=600 FLAVOUR=gnutls; SEED=... KEPT=... as a find was reported.

SECONDS ?= 60
FLAVOUR ?= openssl
calls_runner := $(addprefix tests/fuzz/calls/,run.c run_folder.c run_player.c)
calls_parts := $(patsubst %.c,$(BUILD)/obj/%.o,$(filter-out \
    $(calls_runner),$(wildcard tests/fuzz/calls/*.c)))
calls_curl   = $(if $(findstring gnutls,$@),$(gnutls_flavour),$(call test_libs,libcurl))

$(BUILD)/obj/tests/fuzz/calls/%.o: EXTRA_CFLAGS = -Isrc -Iinclude -Itests \
    $(call pkg_cflags,libcurl gnutls libnghttp2) -DCURL_DISABLE_TYPECHECK

# Its own HTTP/2 is linked in, unseen: libcurl may bring another version of it.
$(BUILD)/fuzz/calls-%: $(calls_parts)
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -rdynamic $^ $(calls_curl) $(call pkg_libs,gnutls) \
	    -Wl,--exclude-libs,ALL -l:libnghttp2.a -o $@

$(BUILD)/fuzz/calls_run: $(calls_runner:%.c=$(BUILD)/obj/%.o) \
    $(BUILD)/obj/tests/fuzz/calls/steps.o $(BUILD)/obj/tests/fuzz/calls/options.o \
    $(BUILD)/obj/tests/support/tmpdir.o $(BUILD)/libtestable.a
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(call test_libs,gnutls sqlite3 jansson) -o $@

# A second make, for what was missing is installed by the first.
.PHONY: fuzz-calls
fuzz-calls: ## random libcurl calls, without us and with: SECONDS SEED KEPT COUNT FINDS FLAVOUR VERIFIES
	@scripts/deps build test fuzz
	@$(MAKE) --no-print-directory $(LIBRARY) $(MODULE) $(BUILD)/fuzz/calls-$(FLAVOUR) \
	    $(BUILD)/fuzz/calls_run
	cd $(BUILD)/fuzz && ./calls_run -t $(SECONDS) $(if $(SEED),-s $(SEED)) \
	    $(if $(KEPT),-k $(KEPT)) $(if $(COUNT),-n $(COUNT)) \
	    $(if $(FINDS),-f $(FINDS)) $(if $(VERIFIES),-v) ./calls-$(FLAVOUR) $(abspath $(LIBRARY))

# With the libcurls of check-new, each for SECONDS.
.PHONY: fuzz-calls-new
fuzz-calls-new: ## the same with newer libcurls: NEW="7.46.0 7.49.0", versions of pycurl
	@scripts/deps build test new || true
	@status=0; for version in $(NEW); do $(MAKE) --no-print-directory fuzz-calls-$$version \
	    || status=1; done; exit $$status

fuzz-calls-%:
	@mkdir -p $(BUILD)/new
	@if scripts/newcurl $(BUILD)/new/$* $* 2>$(BUILD)/new/why; then \
	    PKG_CONFIG_PATH=$(abspath $(BUILD)/new/$*/pkgconfig):$$PKG_CONFIG_PATH \
	    $(MAKE) --no-print-directory BUILD=$(BUILD)/new/$* \
	    LDFLAGS="-Wl,-rpath,$(new_libraries) -Wl,-rpath-link,$(new_libraries)" \
	        openssl_flavour=-lcurl FLAVOUR=openssl fuzz-calls; \
	else printf 'SKIP fuzz-calls-$*: %s\n' "$$(tail -n 1 $(BUILD)/new/why)"; fi
