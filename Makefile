# commissioned-auth. `make help` lists the targets.

VERSION := 0.1.0

PREFIX  ?= /usr/local
LIBDIR  ?= $(PREFIX)/lib
BINDIR  ?= $(PREFIX)/bin
MANDIR  ?= $(PREFIX)/share/man
SYSCONFDIR ?= /etc
MODULEDIR = $(LIBDIR)/commissioned-auth
INSTALL ?= install
PKG_CONFIG ?= pkg-config

BUILD   ?= build
CC      ?= cc
OPT     ?= -O2 -g
CFLAGS  ?= $(OPT)
WARN    := -Wall -Wextra -Wshadow -Wconversion
# `make lint` sets -Werror; whoever has a compiler that warns of more than ours still gets a
# program.
WERROR  ?=
# Some compilers define _FORTIFY_SOURCE themselves, and warn of a second definition.
HARDEN  := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
# The folder it is built in shows nowhere, so the same source gives the same bytes.
ALL_CFLAGS = -std=gnu11 $(WARN) $(WERROR) -fvisibility=hidden -fPIC $(HARDEN) -D_GNU_SOURCE \
             -iquote src -iquote include -ffile-prefix-map='$(CURDIR)'=. \
             -DMODULEDIR='"$(MODULEDIR)"' -DVERSION='"$(VERSION)"' -DBINDIR='"$(BINDIR)"' \
             $(CFLAGS) $(no_unwinding) $(SANITIZE)
# Some distributions have C unwound too: each auto_free would then need libgcc_s, in every process.
no_unwinding := -fno-exceptions
ALL_LDFLAGS = -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LDFLAGS) $(SANITIZE)

pkg_cflags = $(shell $(PKG_CONFIG) --cflags $(1) 2>/dev/null)
pkg_libs   = $(shell $(PKG_CONFIG) --libs $(1) 2>/dev/null)

# Debian has the development files of one flavour of libcurl at a time. Whichever that is, the tests
# say which they mean: the library alone is enough.
library_file = $(filter /%,$(shell $(CC) -print-file-name=$(1) 2>/dev/null))
openssl_flavour := $(or $(call library_file,libcurl.so.4),-lcurl)
gnutls_flavour  := $(call library_file,libcurl-gnutls.so.4)
test_libs = $(patsubst -lcurl,$(openssl_flavour),$(call pkg_libs,$(1))) $(system_libs)

# The C library that is built for; of libc_kind.h's two sources the other one stays out.
libc := $(if $(filter __GLIBC__,$(shell printf '#include <features.h>\n__GLIBC__\n' | $(CC) -E -P \
    -x c - 2>/dev/null)),musl,glibc)

# The policy module has libconfig in it where that can be (`LIBCONFIG=shared` where it is not
# wanted): then it calls the C library alone, has its memory and stand-ins of its own for the rest,
# and needs no link namespace. See doc/design.md.
libconfig_archive := $(if $(SANITIZE)$(filter musl,$(libc)),,$(call library_file,libconfig.a))
ifndef LIBCONFIG
LIBCONFIG := $(if $(libconfig_archive),$(shell echo 'void *stdin, *stdout, *stderr;' | $(CC) -fPIC \
    -fvisibility=hidden -shared \
    -Wl,-z,text -Wl,--version-script=src/policy/exports.map -x c - -x none -Wl,--whole-archive \
    $(libconfig_archive) \
    -Wl,--no-whole-archive -o /dev/null 2>/dev/null && echo static))
endif
stands_alone := $(filter static,$(LIBCONFIG))
ALL_CFLAGS += $(if $(stands_alone),-DMODULE_STANDS_ALONE)

# In the C library itself from glibc 2.34 on.
system_libs := -ldl -lpthread -lutil

core     := $(wildcard src/core/*.c)
# What the preloaded library has no use for.
late_core = $(filter-out %/secret_free.c %/text.c,$(core))
preload  := \
    $(filter-out src/preload/loader/libc_$(if $(filter musl,$(libc)),glibc,musl).c,$(wildcard \
    src/preload/*/*.c))
policy   := $(wildcard src/policy/*.c)
module   := $(wildcard src/module/*.c)
bridge   := $(wildcard src/bridge/*.c)
cli      := $(wildcard src/cli/*.c)
devserver:= $(wildcard src/devserver/*.c)
objects   = $(patsubst %.c,$(BUILD)/obj/%.o,$(1))

LIBRARY := $(BUILD)/libcommissioned-auth.so
MODULE  := $(BUILD)/commissioned-auth-policy.so
COMMAND := $(BUILD)/commissioned-auth
SERVER  := $(BUILD)/commissioned-devserver
PRODUCTS := $(if $(preload),$(LIBRARY)) $(if $(policy),$(MODULE)) $(if $(cli),$(COMMAND)) \
    $(if $(devserver),$(SERVER))

# What was built for another kind of machine cannot run here: NATIVE is then a command that can, or
# empty, and nothing that was built is run.
machine_of = $(firstword $(subst -, ,$(shell $(1) -dumpmachine 2>/dev/null)))
ifeq ($(origin NATIVE),undefined)
NATIVE := $(if $(filter $(call machine_of,$(CC)),$(call machine_of,cc)),$(COMMAND))
endif
runs_here := $(filter $(COMMAND),$(NATIVE))

# `make V=1` shows the commands.
Q    = $(if $(V),,@)
say  = @$(if $(V),:,echo) " "

.DEFAULT_GOAL := all
.SECONDARY:
.DELETE_ON_ERROR:

.PHONY: all
all: $(PRODUCTS) ## build the libraries, the command and the development server

$(BUILD)/obj/%.o: %.c Makefile $(BUILD)/flags
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) $(EXTRA_CFLAGS) -MMD -MP -c $< -o $@

# A host's threads and coroutines may have small stacks: what runs in them takes at most 4 KiB in
# all.
small_frames := $(if $(SANITIZE),,-Wframe-larger-than=2560)
$(BUILD)/obj/src/core/%.o: EXTRA_CFLAGS = $(small_frames)
$(BUILD)/obj/src/policy/%.o: EXTRA_CFLAGS = $(call pkg_cflags,libconfig) $(small_frames)
$(BUILD)/obj/src/cli/%.o: EXTRA_CFLAGS = $(call pkg_cflags,jansson libcurl)
$(BUILD)/obj/src/devserver/%.o: EXTRA_CFLAGS = $(call pkg_cflags,libmicrohttpd gnutls sqlite3 \
    jansson)
$(BUILD)/obj/tests/%.o: EXTRA_CFLAGS = -Isrc -Iinclude -Itests \
    $(call pkg_cflags,check libcurl libconfig libmicrohttpd gnutls sqlite3 jansson)

# Keeps the compiler from making calls of memset and memcpy out of loops, which would be imports.
no_idioms := $(shell $(CC) -Werror -fno-tree-loop-distribute-patterns -x c -c /dev/null \
    -o /dev/null 2>/dev/null && echo -fno-tree-loop-distribute-patterns)

# On arm64 each atomic operation would be a call of the compiler's own library, which has a
# constructor and imports.
inline_atomics := $(shell $(CC) -Werror -mno-outline-atomics -x c -c /dev/null \
    -o /dev/null 2>/dev/null && echo -mno-outline-atomics)

# Link-time optimisation, which some distributions turn on for every package, would forget what
# late_names.h did to names.
no_lto := $(shell $(CC) -Werror -fno-lto -x c -c /dev/null -o /dev/null 2>/dev/null \
    && echo -fno-lto)

# Of each name in late_table.h the macro that leads its calls there.
late_macros := $(BUILD)/late_macros.h
late_macro  := \
    's/^\(\#define.*)\)* *X(\([a-z_0-9]*\)).*/\#undef \2\n\#define \2(...) late.\2(__VA_ARGS__)/p'
$(late_macros): src/preload/loader/late_table.h src/preload/loader/late_$(libc).h
	@mkdir -p $(@D)
	$(Q)sed -n $(late_macro) $^ | sed '1i #include "preload/loader/late_table.h"' >$@

# The preloaded library links libc and nothing else, and binds that late: see
# src/preload/loader/late_libc.h.
plain_names := src/preload/loader/late_failure.c src/preload/loader/late_libc.c \
    src/preload/loader/no_start_files.c
late_names = $(if $(filter $(plain_names),$(1)),, \
    -include $(late_macros) -include src/preload/loader/late_names.h)
$(BUILD)/late/%.o: %.c Makefile $(BUILD)/flags $(late_macros)
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) $(small_frames) $(no_lto) $(no_idioms) $(inline_atomics) \
	    $(call late_names,$<) -MMD -MP -c $< -o $@

late_objects := $(patsubst %.c,$(BUILD)/late/%.o,$(preload) $(late_core))
# -O1: a larger hash table of our names, for every name that a program looks up is sought there
# first.
link_library = $(CC) $(ALL_LDFLAGS) -shared -nostartfiles -Wl,-O1 -Wl,-Bsymbolic \
    -Wl,-soname,libcommissioned-auth.so \
               -Wl,--version-script=$(1) -Wl,-T,src/preload/entry/sections.ld -Wl,-z,defs

# musl has no dlvsym, so there is none to stand in front of.
exports := $(if $(filter musl,$(libc)),$(BUILD)/exports.map,src/preload/entry/exports.map)
$(BUILD)/exports.map: src/preload/entry/exports.map
	@mkdir -p $(@D)
	$(Q)sed '/dlvsym;/d' $< >$@

$(LIBRARY): $(late_objects) $(exports) src/preload/entry/sections.ld
	$(say) LD $@
	$(Q)$(call link_library,$(exports)) $(filter %.o,$^) -o $@

# Not to be taken for the C library's, which the compiler knows: see stand_ins.c.
$(BUILD)/obj/src/module/%.o: EXTRA_CFLAGS = -fno-builtin -U_FORTIFY_SOURCE $(no_lto) $(small_frames)

# What is written at each start stands together, in front of large and seldom touched data.
$(MODULE): $(call objects,$(if $(stands_alone),$(module)) $(policy) $(core)) src/policy/exports.map
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) -shared -Wl,-Bsymbolic -Wl,-soname,$(@F) \
	    -Wl,--version-script=src/policy/exports.map -Wl,-z,defs \
	    $(filter %.o,$^) $(if $(stands_alone),$(libconfig_archive),-lconfig) -o $@

$(COMMAND): $(call objects,$(cli) $(bridge) $(policy) $(core))
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ -lconfig $(call pkg_libs,jansson libcurl) $(system_libs) -o $@

$(SERVER): $(call objects,$(devserver) $(core))
	$(say) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $^ $(call pkg_libs,libmicrohttpd gnutls sqlite3 jansson) -lm \
	    $(system_libs) -o $@

# In any order, which lint checks by giving MK backwards.
include $(or $(MK),$(sort $(wildcard mk/*.mk)))

# Other flags, another compiler: everything is built again.
flags := $(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(PKG_CONFIG)
$(BUILD)/flags: export FLAGS = $(flags)
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$FLAGS" | cmp -s - $@ || printf '%s\n' "$$FLAGS" >$@

.PHONY: FORCE
FORCE:

# For editors and analysers: what make would run, without running it.
.PHONY: compile_commands.json
compile_commands.json: ## write how each file is compiled, for editors and analysers
	@$(MAKE) --no-print-directory -nB V=1 tests | scripts/compile-commands >$@

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BUILD)

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | sort | expand -t 18

-include $(shell find $(BUILD)/obj $(BUILD)/late -name '*.d' -type f 2>/dev/null)
