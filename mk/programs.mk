# Programs under test: they know nothing of us, and link what applications link.

programs := $(BUILD)/tests/programs
PROGRAMS := $(programs)/driver-openssl $(programs)/driver-exports $(programs)/ranges \
    $(programs)/rotate $(programs)/options $(programs)/plugin-openssl.so $(programs)/get \
    $(programs)/spent
PROGRAMS += $(if $(gnutls_flavour),$(programs)/driver-gnutls $(programs)/options-gnutls \
    $(programs)/hard-gnutls $(programs)/plugin-gnutls.so)

$(BUILD)/obj/tests/programs/%.o: EXTRA_CFLAGS = $(call pkg_cflags,libcurl) -DCURL_DISABLE_TYPECHECK

driver := $(addprefix $(BUILD)/obj/tests/programs/,driver.o driver_midway.o)
$(programs)/driver-openssl: $(driver) $(BUILD)/obj/src/preload/loader/elf_find.o
$(programs)/driver-exports: $(driver) $(BUILD)/obj/src/preload/loader/elf_find.o \
    $(BUILD)/obj/tests/programs/exports_config.o
$(programs)/ranges: $(BUILD)/obj/tests/programs/ranges.o
$(programs)/rotate: $(BUILD)/obj/tests/programs/rotate.o
$(programs)/options: $(BUILD)/obj/tests/programs/options.o
$(programs)/get: $(BUILD)/obj/tests/programs/get.o
$(programs)/spent: $(BUILD)/obj/tests/programs/spent.o
$(programs)/driver-openssl $(programs)/driver-exports $(programs)/ranges $(programs)/rotate \
    $(programs)/options $(programs)/get $(programs)/spent:
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -rdynamic $^ $(call test_libs,libcurl) -o $@

$(programs)/driver-gnutls: $(driver) $(BUILD)/obj/src/preload/loader/elf_find.o
$(programs)/options-gnutls: $(BUILD)/obj/tests/programs/options.o
$(programs)/hard-gnutls: $(BUILD)/obj/tests/programs/hard.o
$(programs)/driver-gnutls $(programs)/options-gnutls $(programs)/hard-gnutls:
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(gnutls_flavour) $(system_libs) -o $@

$(programs)/plugin-openssl.so: $(BUILD)/obj/tests/programs/plugin.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(call test_libs,libcurl) -o $@

$(programs)/plugin-gnutls.so: $(BUILD)/obj/tests/programs/plugin.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(gnutls_flavour) $(system_libs) -o $@


# What late binding is tried on: programs without libcurl, and plugins that bring one.
late := $(programs)/late-probe $(programs)/late-plugin.so $(programs)/aside/liblate-below.so \
        $(programs)/aside/liblate-aside.so $(programs)/late-hook.so $(programs)/late-phdr-hook.so
PROGRAMS += $(late)

$(BUILD)/obj/tests/programs/late_below.o: tests/programs/late_plugin.c Makefile
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -DLATE_BELOW -c $< -o $@

$(programs)/late-probe: $(BUILD)/obj/tests/programs/late_probe.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -rdynamic $^ $(system_libs) -o $@

$(programs)/aside/liblate-%.so: $(BUILD)/obj/tests/programs/late_below.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,$(@F) $^ $(system_libs) -o $@

# In a folder of its own, which only the plugin's RUNPATH names.
$(programs)/late-plugin.so: $(BUILD)/obj/tests/programs/late_plugin.o \
    $(programs)/aside/liblate-below.so
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,--no-as-needed \
	    -Wl,--enable-new-dtags,-rpath,'$$ORIGIN/aside' $^ $(system_libs) -o $@

$(programs)/late-phdr-hook.so: $(BUILD)/obj/tests/programs/late_phdr_hook.o
$(programs)/late-hook.so: $(BUILD)/obj/tests/programs/late_hook.o \
    $(BUILD)/obj/src/preload/loader/elf_find.o
$(programs)/late-hook.so $(programs)/late-phdr-hook.so:
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(system_libs) -o $@

PROGRAMS += $(programs)/late-client $(programs)/late-client-openssl $(programs)/late-openssl.so \
    $(programs)/late-openssl-lazy.so \
            $(programs)/aside/libbundled.so $(programs)/late-front-openssl.so \
            $(programs)/late-asking.so $(programs)/late-asking-lazy.so \
            $(programs)/late-asking-linked.so
PROGRAMS += $(if $(gnutls_flavour),$(programs)/late-gnutls.so $(programs)/late-gnutls-lazy.so \
    $(programs)/late-client-gnutls \
                                    $(programs)/late-front-gnutls.so)

$(programs)/late-client: $(BUILD)/obj/tests/programs/late_client.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(system_libs) -o $@

late_variants := $(BUILD)/obj/tests/programs/late_client_linked.o \
    $(BUILD)/obj/tests/programs/late_client_asking.o
$(word 1,$(late_variants)): late_variant = LATE_LINKED
$(word 2,$(late_variants)): late_variant = LATE_ASKING
$(late_variants): tests/programs/late_client.c Makefile
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) \
	    $(call pkg_cflags,libcurl) -DCURL_DISABLE_TYPECHECK -D$(late_variant) -c $< -o $@

$(programs)/late-asking-lazy.so: late_link = -Wl,-z,lazy,-z,norelro
$(programs)/late-asking-linked.so: late_link = -Wl,--no-as-needed $(call test_libs,libcurl)
$(programs)/late-asking.so $(programs)/late-asking-lazy.so $(programs)/late-asking-linked.so: \
    $(BUILD)/obj/tests/programs/late_client_asking.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(late_link) $(system_libs) -o $@

flavour_of = $(if $(findstring gnutls,$(1)),$(gnutls_flavour),$(call test_libs,libcurl))

$(programs)/late-client-openssl $(programs)/late-client-gnutls: \
    $(BUILD)/obj/tests/programs/late_client_linked.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(call flavour_of,$@) $(system_libs) -o $@

# Optimised whatever OPT is, for its tail calls; -z lazy takes read-only relocations' `now` back.
$(BUILD)/obj/tests/programs/late_caller.o: OPT = -O2 -g
$(programs)/late-openssl.so $(programs)/late-gnutls.so: $(BUILD)/obj/tests/programs/late_caller.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(call flavour_of,$@) $(system_libs) -o $@

$(programs)/late-openssl-lazy.so $(programs)/late-gnutls-lazy.so: \
    $(BUILD)/obj/tests/programs/late_caller.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,-z,lazy,-z,norelro -shared $^ $(call flavour_of,$@) \
	    $(system_libs) -o $@

# A plugin that calls libcurl only through a library of its own: it has no name of libcurl's in it.
$(programs)/late-front-%.so: $(programs)/late-%.so
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,--no-as-needed -L$(@D) -l:$(<F) '-Wl,-rpath,$$ORIGIN' \
	    $(system_libs) -o $@

# A copy under another name, as applications bundle one.
$(programs)/aside/libbundled.so:
	@mkdir -p $(@D)
	$(say) COPY $@
	$(Q)cp "$(or $(filter /%,$(openssl_flavour)),$(call library_file,libcurl.so))" $@

# A libcurl that goes, and what comes in its place.
PROGRAMS += $(programs)/unload $(programs)/unload-plugin.so

$(programs)/unload: $(BUILD)/obj/tests/programs/unload.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ -ldl -lpthread -o $@

$(programs)/unload-plugin.so: $(BUILD)/obj/tests/programs/unload_plugin.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(call test_libs,libcurl) -o $@

# A C library that lacks a function.
PROGRAMS += $(programs)/late-without.so
$(programs)/late-without.so: $(BUILD)/obj/tests/programs/late_without.o \
    $(BUILD)/obj/src/preload/loader/elf_find.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(system_libs) -o $@

# Weak references that the dynamic loader, and not the linker, finds nothing for.
PROGRAMS += $(programs)/weak
$(programs)/weak: $(BUILD)/obj/tests/programs/weak.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -Wl,-z,dynamic-undefined-weak $^ $(system_libs) -o $@

# Builtins would make calloc of malloc and memset, and so call itself.
PROGRAMS += $(programs)/own-malloc.so
$(BUILD)/obj/tests/programs/own_malloc.o: EXTRA_CFLAGS = -fno-builtin
$(programs)/own-malloc.so: $(BUILD)/obj/tests/programs/own_malloc.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ -o $@

# What happens to a process around its requests.
CXX ?= c++
PROGRAMS += $(programs)/life $(programs)/hard $(programs)/http2 $(programs)/life-mmap.so \
    $(if $(shell command -v $(CXX)),$(programs)/life-static)

$(programs)/life $(programs)/hard $(programs)/http2: $(programs)/%: $(BUILD)/obj/tests/programs/%.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(call test_libs,libcurl) -o $@

$(programs)/life-mmap.so: $(BUILD)/obj/tests/programs/life_mmap.o \
    $(BUILD)/obj/src/preload/loader/elf_find.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ $(system_libs) -o $@

$(programs)/life-static: tests/programs/life_static.cc
	@mkdir -p $(@D)
	$(say) CXX $@
	$(Q)$(CXX) -O2 -Wall -Wextra $(call pkg_cflags,libcurl) $< $(ALL_LDFLAGS) \
	    $(call test_libs,libcurl) -o $@

# What does not verify its peers.
PROGRAMS += $(programs)/peer-openssl $(if $(gnutls_flavour),$(programs)/peer-gnutls)

$(programs)/peer-openssl $(programs)/peer-gnutls: $(BUILD)/obj/tests/programs/peer.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(call flavour_of,$@) $(system_libs) -o $@

nss_flavour := $(call library_file,libcurl-nss.so.4)
# What a static library needs besides itself, which differs between distributions.
static_needs = $(filter-out -lssl -lcrypto,$(shell $(PKG_CONFIG) --static --libs $(1) 2>/dev/null))
static_openssl := $(and $(call library_file,libssl.a),$(call library_file,libcrypto.a),yes)
PROGRAMS += $(programs)/peer-wraps.so $(programs)/peer-says-yes.so \
    $(if $(nss_flavour),$(programs)/peer-nss) \
            $(if $(static_openssl),$(programs)/peer-static)

$(BUILD)/obj/tests/programs/peer_says_yes.o: tests/programs/peer_wraps.c Makefile
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) -DPEER_SAYS_YES -c $< -o $@

$(programs)/peer-wraps.so: $(BUILD)/obj/tests/programs/peer_wraps.o
$(programs)/peer-says-yes.so: $(BUILD)/obj/tests/programs/peer_says_yes.o
$(programs)/peer-wraps.so $(programs)/peer-says-yes.so:
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared $^ -o $@

$(programs)/peer-nss: $(BUILD)/obj/tests/programs/peer.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(nss_flavour) -o $@

$(programs)/peer-static: $(BUILD)/obj/tests/programs/peer.o \
    $(BUILD)/obj/tests/programs/peer_static.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -rdynamic $^ $(openssl_flavour) -Wl,-Bstatic -lssl -lcrypto \
	    -Wl,-Bdynamic $(call static_needs,libcrypto) $(system_libs) -o $@

# What our own system calls are counted on: a libcurl that makes none, and a program with it.
PROGRAMS += $(programs)/bare

# With what each libcurl brings along: its TLS library needs these.
$(programs)/libbare-curl.so: $(BUILD)/obj/tests/programs/bare_curl.o
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-soname,$(@F) $^ -Wl,--no-as-needed $(system_libs) -o $@

$(BUILD)/obj/tests/programs/bare_curl.o: EXTRA_CFLAGS = -fvisibility=default \
    $(call pkg_cflags,libcurl)
$(programs)/bare: $(BUILD)/obj/tests/programs/bare.o $(programs)/libbare-curl.so
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $< $(programs)/libbare-curl.so -Wl,-rpath,'$$ORIGIN' -o $@

tests: $(PROGRAMS)
