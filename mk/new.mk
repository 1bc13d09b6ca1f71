# Newer libcurls than the one that is here, as pycurl's wheels bring them: the same programs and
# tests. 7.46.0 brings 8.19.0, whose pushed handles are copies of their parents, 7.49.0 brings
# 8.23.0; both have wss://.

NEW ?= 7.46.0 7.49.0
new_tests := unit/test_record unit/test_plain unit/test_target unit/test_verify \
    integration/test_peers integration/test_library integration/test_http2 integration/test_hops \
             integration/test_process_life integration/test_rotation \
             integration/test_policy_runtime integration/test_ranges integration/test_wire \
             integration/test_spent
new_libraries = $(abspath $(BUILD)/new/$*/lib)

.PHONY: check-new
check-new: ## tests with newer libcurls: NEW="7.46.0 7.49.0", versions of pycurl
	@scripts/deps build test new || true
	@status=0; for version in $(NEW); do $(MAKE) --no-print-directory new-$$version \
	    || status=1; done; exit $$status

# A second flavour beside one without symbol versions crosses over by itself.
new-%:
	@mkdir -p $(BUILD)/new
	@if scripts/newcurl $(BUILD)/new/$* $* 2>$(BUILD)/new/why; then \
	    sed -n 's/^Version: /pycurl $* brings libcurl /p' $(BUILD)/new/$*/pkgconfig/libcurl.pc; \
	    PKG_CONFIG_PATH=$(abspath $(BUILD)/new/$*/pkgconfig):$$PKG_CONFIG_PATH \
	    $(MAKE) --no-print-directory BUILD=$(BUILD)/new/$* \
	    LDFLAGS="-Wl,-rpath,$(new_libraries) -Wl,-rpath-link,$(new_libraries)" \
	        openssl_flavour=-lcurl gnutls_flavour= new-built && \
	    BUILD=$(BUILD)/new/$* tests/run $(addprefix $(BUILD)/new/$*/tests/,$(new_tests)); \
	else \
	    printf 'SKIP new: %s\n\n0 passed, 0 failed, 1 skipped\n' \
	    "$$(tail -n 1 $(BUILD)/new/why)"; \
	fi

# A second make, for $(PROGRAMS) is complete only when all of mk/ was read.
.PHONY: new-built
new-built:
	@$(MAKE) --no-print-directory $(LIBRARY) $(MODULE) $(COMMAND) $(control) $(PROGRAMS) \
	    $(addprefix $(BUILD)/tests/,$(new_tests))
