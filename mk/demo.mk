.PHONY: demo
demo: ## install what is missing, build, show an unmodified curl being authenticated
	@scripts/deps demo
	@$(MAKE) --no-print-directory all
	@scripts/demo $(BUILD)
