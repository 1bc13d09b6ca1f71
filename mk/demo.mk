.PHONY: demo
demo: ## install what is missing, build, show an unmodified curl being authenticated
	@scripts/deps demo
	@scripts/deps bridge python || echo "deps: the part with the bridge is skipped" >&2
	@$(MAKE) --no-print-directory all
	@scripts/demo $(BUILD)
