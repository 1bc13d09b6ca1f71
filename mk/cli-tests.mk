# What the tests of the command run and look at: programs and libraries of every kind. Never
# sanitised.

fixtures_of = $(addprefix $(BUILD)/tests/fixtures/,$(1))

$(call fixtures_of,%.so): tests/fixtures/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $< -o $@

$(call fixtures_of,libusescurl.so): tests/fixtures/usescurl.c
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $< $(call pkg_cflags,libcurl) $(call test_libs,libcurl) -o $@

$(call fixtures_of,dynamic): tests/fixtures/nothing.c
	@mkdir -p $(@D)
	$(Q)$(CC) $< $(system_libs) -o $@

$(call fixtures_of,static): tests/fixtures/nothing.c
	@mkdir -p $(@D)
	$(Q)$(CC) -static $< -o $@

$(call fixtures_of,static-pie): tests/fixtures/nothing.c
	@mkdir -p $(@D)
	$(Q)$(CC) -static-pie -fPIE $< -o $@

$(call fixtures_of,static-go): tests/fixtures/golike.c
	@mkdir -p $(@D)
	$(Q)$(CC) -static $< -o $@

# Another C library's loader: nothing runs it, so it need not be there.
$(call fixtures_of,musl): tests/fixtures/nothing.c
	@mkdir -p $(@D)
	$(Q)$(CC) $< -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1 -o $@

$(call fixtures_of,needscurl): tests/fixtures/needscurl.c $(call fixtures_of,libusescurl.so)
	@mkdir -p $(@D)
	$(Q)$(CC) $< -L$(@D) -lusescurl -Wl,-rpath,'$$ORIGIN' -o $@

$(call fixtures_of,golike bundled dlopens): $(BUILD)/tests/fixtures/%: tests/fixtures/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $< $(system_libs) -o $@

# As AddressSanitizer's compilers link a program; the run-time library's name is what counts.
$(call fixtures_of,libasan.so.8): tests/fixtures/preloaded.c
	@mkdir -p $(@D)
	$(Q)$(CC) -shared -fPIC $< -Wl,-soname,$(@F) -o $@

$(call fixtures_of,sanitized): tests/fixtures/nothing.c $(call fixtures_of,libasan.so.8)
	@mkdir -p $(@D)
	$(Q)$(CC) $< -Wl,--no-as-needed $(call fixtures_of,libasan.so.8) -Wl,-rpath,'$$ORIGIN' -o $@

$(call fixtures_of,owntls): tests/fixtures/nothing.c
	@mkdir -p $(@D)
	$(Q)$(CC) $< -Wl,--no-as-needed $(call test_libs,gnutls) -o $@

tests: $(call fixtures_of,sanitized owntls)
tests: $(call fixtures_of,preloaded.so harmful.so talkative.so deaf.so slow_epoll.so still_clock.so \
    writes_midway.so list_unsynced.so dynamic static static-pie static-go musl needscurl golike \
    bundled dlopens)
