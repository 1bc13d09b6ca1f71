# RPM packages: packaging/rpm has the spec.

rpm := $(abspath $(BUILD))/rpm
# Nothing of the machine and of the day is in the packages.
rpm_same = --define 'use_source_date_epoch_as_buildtime 1' --define \
    'clamp_mtime_to_source_date_epoch 1' \
           --define 'source_date_epoch_from_changelog 1' --define '_buildhost localhost'

# Not told by dnf or zypper, which Debian has as packages too.
rpm_native := $(shell grep -sE '^ID(_LIKE)?=.*(fedora|rhel|suse|mageia)' /etc/os-release)
# A machine that has no RPM packages of its own has what is needed by other names, and its rpmbuild
# neither strips nor compresses.
rpm_guest = --nodeps --define '_build_id_links none' \
            --define '__os_install_post bash %{_rpmconfigdir}/brp-compress; find %{buildroot}%{_bindir} %{buildroot}%{_libdir} -type f -perm /111 -exec %{__strip} {} +'
.PHONY: rpm
rpm: ## build the RPM packages into $(BUILD)/rpm
	@scripts/deps build rpm
	@rm -rf $(rpm) && mkdir -p $(rpm)/SOURCES $(rpm)/tmp
	@BUILD='$(BUILD)' scripts/copy-sources $(rpm)/commissioned-auth-$(VERSION)
	@cd $(rpm) && find commissioned-auth-$(VERSION) ! -type d | LC_ALL=C sort | \
	    tar --owner=0 --group=0 -czf SOURCES/commissioned-auth-$(VERSION).tar.gz -T -
	@rm -rf $(rpm)/commissioned-auth-$(VERSION)
	@env -u MAKEFLAGS -u MAKELEVEL rpmbuild -ba \
	    $(if $(rpm_native),,$(rpm_guest)) --define '_topdir $(rpm)' --define \
	    '_tmppath $(rpm)/tmp' --define '_dbpath $(rpm)/db' \
	    --define 'version_of_tree $(VERSION)' $(rpm_same) \
	    packaging/rpm/commissioned-auth.spec >$(rpm)/build.log 2>&1 || \
	    { tail -n 20 $(rpm)/build.log; exit 1; }
	@ls $(rpm)/RPMS/*/*.rpm $(rpm)/SRPMS/*.rpm

.PHONY: check-rpm
check-rpm: rpm ## what is in the RPM packages and what their scripts do, on a private root; rpmlint
	@scripts/deps lint-rpm || true
	@tests/packages/rpm $(BUILD)
