# Programs under test: they know nothing of us, and link what applications link.

programs := $(BUILD)/tests/programs
PROGRAMS := $(programs)/driver-openssl $(programs)/driver-exports $(programs)/ranges $(programs)/plugin-openssl.so
# The GnuTLS flavour has no development package beside the OpenSSL one: its library alone is enough.
gnutls_flavour := $(firstword $(wildcard /usr/lib/*/libcurl-gnutls.so.4 /usr/lib64/libcurl-gnutls.so.4 /usr/lib/libcurl-gnutls.so.4))
PROGRAMS += $(if $(gnutls_flavour),$(programs)/driver-gnutls $(programs)/plugin-gnutls.so)

$(BUILD)/obj/tests/programs/%.o: EXTRA_CFLAGS = $(call pkg_cflags,libcurl) -DCURL_DISABLE_TYPECHECK

$(programs)/driver-openssl: $(BUILD)/obj/tests/programs/driver.o
$(programs)/driver-exports: $(BUILD)/obj/tests/programs/driver.o $(BUILD)/obj/tests/programs/exports_config.o
$(programs)/ranges: $(BUILD)/obj/tests/programs/ranges.o
$(programs)/driver-openssl $(programs)/driver-exports $(programs)/ranges:
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -rdynamic $^ $(call pkg_libs,libcurl) -o $@

$(programs)/driver-gnutls: $(BUILD)/obj/tests/programs/driver.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(gnutls_flavour) -o $@

$(programs)/plugin-openssl.so: $(BUILD)/obj/tests/programs/plugin.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(call pkg_libs,libcurl) -o $@

$(programs)/plugin-gnutls.so: $(BUILD)/obj/tests/programs/plugin.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(gnutls_flavour) -o $@

tests: $(PROGRAMS)
