# Alpine's package: packaging/alpine has the recipe, which abuild on Alpine builds.

.PHONY: check-apk
check-apk: ## what can be known of Alpine's package without Alpine
	@scripts/deps build
	@mkdir -p $(BUILD)
	@env -u MAKEFLAGS -u MAKELEVEL tests/packages/alpine $(BUILD)
