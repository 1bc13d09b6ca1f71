# Library, module and command for musl: built with musl-gcc, and the same tests run with it.

musl := $(BUILD)/musl
musl_libraries = $(abspath $(musl))/lib
musl_make = $(MAKE) --no-print-directory -s BUILD=$(musl) \
    CC="musl-gcc -isystem $(abspath $(musl))/include" \
            pkg_cflags= pkg_libs="-ljansson -lcurl" \
            LDFLAGS="-L$(musl_libraries) -Wl,--disable-new-dtags,-rpath,$(musl_libraries) -Wl,-rpath-link,$(musl_libraries)" \
            openssl_flavour=$(musl_libraries)/libcurl.so gnutls_flavour=
musl_built = $(addprefix $(musl)/,libcommissioned-auth.so commissioned-auth-policy.so \
    commissioned-auth commissioned-auth-off tests/fixtures/static) \
             $(patsubst $(BUILD)/%,$(musl)/%,$(filter-out $(programs)/life-static \
             $(programs)/peer-% %gnutls %gnutls.so %gnutls-lazy.so,$(PROGRAMS)))
musl_tests = $(addprefix $(BUILD)/tests/integration/test_,symbols library late_binding hops http2 \
    process_life rotation policy_runtime ranges hard_times cli_key \
             cli_policy cli_completion)

.PHONY: check-musl
check-musl: ## the library and its programs built for musl: the integration tests once more
	@scripts/deps build test musl || true
	@mkdir -p $(musl)
	@if scripts/musl $(musl) 2>$(musl)-why; then \
	    $(MAKE) --no-print-directory $(musl_tests) && $(musl_make) $(musl_built) && \
	    BUILD=$(musl) TEST_MUSL=1 TEST_LIBCURL=081600 tests/run $(musl_tests); \
	else \
	    printf 'SKIP musl: %s\n\n0 passed, 0 failed, 1 skipped\n' "$$(tail -n 1 $(musl)-why)"; \
	fi
