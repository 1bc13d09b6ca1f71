# The library as a 32-bit program sees it: built -m32, and the same tests run with it.

m32 := $(BUILD)/m32
m32_libraries = $(abspath $(m32))/root/usr/lib/i386-linux-gnu
m32_make = $(MAKE) --no-print-directory BUILD=$(m32) \
    CC="$(CC) -m32 -isystem $(abspath $(m32))/include" \
           pkg_cflags= \
           LDFLAGS="-L$(m32_libraries) -Wl,--disable-new-dtags,-rpath,$(m32_libraries) -Wl,-rpath-link,$(m32_libraries)" \
           openssl_flavour=$(m32_libraries)/libcurl.so.4 \
           gnutls_flavour=$(m32_libraries)/libcurl-gnutls.so.4
m32_built = $(addprefix $(m32)/,libcommissioned-auth.so commissioned-auth-policy.so \
    commissioned-auth-trial libcommissioned-auth.so.sum $(addprefix tests/programs/,driver-openssl \
            driver-gnutls driver-exports get weak plugin-openssl.so plugin-gnutls.so ranges)) \
            $(patsubst $(BUILD)/%,$(m32)/%,$(filter $(programs)/late-% \
            $(programs)/aside/%,$(PROGRAMS)))
m32_tests = $(addprefix $(BUILD)/tests/integration/,test_library test_late_binding test_ranges \
    test_switch_abi)

.PHONY: check-m32
check-m32: ## the library and its programs built -m32: the integration tests once more
	@scripts/deps build test m32 || true
	@if scripts/m32 $(m32) 2>$(m32)-why; then \
	    $(MAKE) --no-print-directory all $(m32_tests) && $(m32_make) $(m32_built) && BUILD=$(m32) \
	    tests/run $(m32_tests); \
	else \
	    printf 'SKIP m32: %s\n\n0 passed, 0 failed, 1 skipped\n' "$$(tail -n 1 $(m32)-why)"; \
	fi
