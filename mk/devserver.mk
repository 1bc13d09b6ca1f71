# The development server's own checks.

.PHONY: check-sdk
check-sdk: ## the official OpenAI clients and curl against the development server
	@scripts/deps build sdk bridge \
	    || echo "deps: the rows that need these packages are skipped" >&2
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/sdk/run

.PHONY: bench-devserver
bench-devserver: $(SERVER) ## keep-alive requests a second for /v1/models: a figure to report
	@BUILD=$(BUILD) tests/bench/devserver
