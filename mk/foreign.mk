# The library on other architectures: built by cross compilers, its programs run under emulation.

ARCHES ?= armhf armhf-wide ppc64el riscv64 s390x

.PHONY: check-arm64
check-arm64: ## the library for arm64: built, looked at, and its programs run under emulation
	@$(MAKE) --no-print-directory check-arches ARCHES=arm64

.PHONY: check-arches
check-arches: ## the same for ARCHES="armhf armhf-wide ppc64el riscv64 s390x"
	@scripts/deps build test $(ARCHES:armhf-wide=armhf) emulation || true
	@$(MAKE) --no-print-directory $(foreign_tests)
	@MAKE="$(MAKE)" scripts/foreign $(BUILD) $(ARCHES)

foreign_tests = $(addprefix $(BUILD)/tests/integration/,test_library test_late_binding test_ranges \
    test_programs)

.PHONY: list-programs
list-programs:
	@echo $(PROGRAMS)
