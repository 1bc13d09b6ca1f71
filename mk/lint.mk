# What tools find without running anything.

.PHONY: lint
lint: ## format, suspicious code, exported symbols, rooms, scripts and manuals; both compilers
	@scripts/deps build test lint
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory both
	@scripts/lint $(BUILD) $(BUILD)/clang $(BUILD)/gcc $(BUILD)/lto $(BUILD)/odd
	@$(MAKE) --no-print-directory check-reproducible

.PHONY: both
both: ## build everything with gcc and with clang, without a warning; with gcc the tests too
	@if command -v clang >/dev/null; then $(MAKE) --no-print-directory CC=clang \
	    BUILD=$(BUILD)/clang WERROR=-Werror all; \
	else echo "SKIP both: clang is not installed"; fi
	@if command -v gcc >/dev/null; then $(MAKE) --no-print-directory CC=gcc BUILD=$(BUILD)/gcc \
	    WERROR=-Werror tests; \
	else echo "SKIP both: gcc is not installed"; fi
	@if command -v gcc >/dev/null; then \
	    $(MAKE) --no-print-directory CC=gcc BUILD=$(BUILD)/lto \
	    CFLAGS="-O2 -g -flto=auto -ffat-lto-objects" all && \
	    $(MAKE) --no-print-directory CC=gcc BUILD=$(BUILD)/odd \
	    CFLAGS="-Os -g -fexceptions -fno-inline" $(BUILD)/odd/$(notdir $(LIBRARY)) \
	    $(BUILD)/odd/$(notdir $(MODULE)); fi
