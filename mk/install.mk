# Installing, and the Debian packages.

DATADIR  = $(PREFIX)/share
DOCDIR   = $(DATADIR)/doc/commissioned-auth
ZSHDIR  ?= $(DATADIR)/zsh/site-functions
# Where systemd and AppArmor look; not below LIBDIR, which may name an architecture.
UNITDIR  = $(PREFIX)/lib

# The folders are compiled in, so what names them is compiled again where they have changed.
$(BUILD)/folders: FORCE
	@mkdir -p $(@D)
	@echo '$(LIBDIR) $(MODULEDIR) $(BINDIR)' | cmp -s - $@ \
	    || echo '$(LIBDIR) $(MODULEDIR) $(BINDIR)' >$@
$(BUILD)/obj/src/cli/%.o: EXTRA_CFLAGS += -DLIBDIR='"$(LIBDIR)"'
$(call objects,$(cli)) $(BUILD)/late/src/preload/policy/policy_loader.o: $(BUILD)/folders

$(BUILD)/conf/%: conf/%.in $(BUILD)/folders
	@mkdir -p $(@D)
	$(Q)sed 's|@LIBDIR@|$(LIBDIR)|g; s|@BINDIR@|$(BINDIR)|g' $< >$@

# The completions are written by the command itself.
completions = $(if $(NATIVE),$(addprefix $(BUILD)/conf/completion.,bash zsh fish))
generated = $(addprefix $(BUILD)/conf/,service.conf unconfirmed.service gateway.service apparmor \
    apparmor-base) $(completions)

$(BUILD)/conf/completion.%: $(COMMAND)
	@mkdir -p $(@D)
	$(Q)$(NATIVE) completion $* >$@

# So that installing what was built writes nothing into the build folder.
tests: $(generated)

boot_unit  := commissioned-auth-unconfirmed.service
boot_folder = $(DESTDIR)$(UNITDIR)/systemd/system/sysinit.target.wants

# Each line is mode:source:place. What is not built or written here is left out.
manuals   = $(foreach s,1 5 8,$(foreach m,$(wildcard \
    doc/*.$(s)),0644:$(m):$(MANDIR)/man$(s)/$(notdir $(m))))
installed = \
	0755:$(COMMAND):$(BINDIR)/commissioned-auth \
	0755:$(OFF):$(BINDIR)/commissioned-auth-off \
	0644:$(LIBRARY):$(LIBDIR)/libcommissioned-auth.so \
	0644:$(MODULE):$(MODULEDIR)/commissioned-auth-policy.so \
	0755:$(TRIAL):$(MODULEDIR)/commissioned-auth-trial \
	$(if $(runs_here),0644:$(SUM):$(MODULEDIR)/libcommissioned-auth.so.sum) \
	$(if $(devserver),0755:$(SERVER):$(BINDIR)/commissioned-devserver) \
	$(manuals) \
	$(if $(NATIVE),0644:$(BUILD)/conf/completion.bash:$(DATADIR)/bash-completion/completions/commissioned-auth) \
	$(if $(NATIVE),0644:$(BUILD)/conf/completion.zsh:$(ZSHDIR)/_commissioned-auth) \
	$(if $(NATIVE),0644:$(BUILD)/conf/completion.fish:$(DATADIR)/fish/vendor_completions.d/commissioned-auth.fish) \
	$(if $(wildcard conf/commissioned-auth.conf),0644:conf/commissioned-auth.conf:$(SYSCONFDIR)/commissioned-auth/commissioned-auth.conf.sample) \
	0644:$(BUILD)/conf/apparmor:$(SYSCONFDIR)/apparmor.d/abstractions/commissioned-auth \
	0644:$(BUILD)/conf/apparmor-base:$(SYSCONFDIR)/apparmor.d/abstractions/base.d/commissioned-auth \
	0644:conf/sysusers.conf:$(UNITDIR)/sysusers.d/commissioned-auth.conf \
	0644:conf/commissioned-auth.catalog:$(UNITDIR)/systemd/catalog/commissioned-auth.catalog \
	0644:conf/tmpfiles.conf:$(UNITDIR)/tmpfiles.d/commissioned-auth.conf \
	0644:$(BUILD)/conf/unconfirmed.service:$(UNITDIR)/systemd/system/$(boot_unit) \
	0644:$(BUILD)/conf/service.conf:$(DOCDIR)/examples/service.conf \
	0644:$(BUILD)/conf/gateway.service:$(DOCDIR)/examples/gateway.service \
	0644:conf/gateway.socket:$(DOCDIR)/examples/gateway.socket \
	0644:doc/fleet.md:$(DOCDIR)/fleet.md \
	0644:doc/security-teams.md:$(DOCDIR)/security-teams.md

.PHONY: list-installed
list-installed:
	@printf '%s\n' $(foreach i,$(installed),'$(word 3,$(subst :, ,$(i)))')

parts = $(subst :, ,$(1))
put = INSTALL='$(INSTALL)' scripts/put-in-place $(word 1,$(1)) $(word 2,$(1)) \
    '$(DESTDIR)$(word 3,$(1))'

.PHONY: install
install: all $(generated) ## install below DESTDIR, PREFIX and LIBDIR; switches nothing on
	@$(foreach i,$(installed),$(call put,$(call parts,$(i))) &&) :
	@umask 022 && mkdir -p '$(boot_folder)' && ln -sfn ../$(boot_unit) '$(boot_folder)/$(boot_unit)'
	@echo "installed below $(DESTDIR)$(PREFIX); nothing is switched on: see commissioned-auth(1)"

# The switch goes first: a library that is named and missing makes every program complain.
.PHONY: uninstall
uninstall: ## switch off, then remove what install put there; configuration and keys stay
	@if [ -x '$(DESTDIR)$(BINDIR)/commissioned-auth' ] && { [ -z '$(DESTDIR)' ] || [ -e \
	    '$(DESTDIR)/etc/ld.so.preload' ]; }; then \
	    '$(DESTDIR)$(BINDIR)/commissioned-auth' disable --root '$(DESTDIR)/'; fi
	@$(foreach i,$(installed),rm -f '$(DESTDIR)$(word 3,$(call parts,$(i)))' &&) :
	@rm -f '$(boot_folder)/$(boot_unit)'
	@rmdir -p '$(DESTDIR)$(MODULEDIR)' '$(DESTDIR)$(DOCDIR)/examples' \
	    '$(DESTDIR)$(SYSCONFDIR)/commissioned-auth' '$(boot_folder)' 2>/dev/null || :

# A copy of the sources is built by debhelper below the build folder.
.PHONY: deb
deb: ## build the Debian packages; asks before it installs what that needs (YES=1: no)
	@YES='$(YES)' scripts/deps --ask build deb
	@rm -rf $(BUILD)/deb
	@BUILD='$(BUILD)' scripts/copy-sources $(BUILD)/deb/commissioned-auth-$(VERSION)
	@cd $(BUILD)/deb/commissioned-auth-$(VERSION) && env -u MAKEFLAGS -u MAKELEVEL \
	    dpkg-buildpackage -us -uc -b >../build.log 2>&1 || { tail -n 20 ../build.log; exit 1; }
	@ls $(BUILD)/deb/*.deb

.PHONY: check-deb
check-deb: all deb ## what is in the Debian packages and what their scripts do, on a private root
	@tests/packages/debian $(BUILD)
