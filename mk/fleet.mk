# What engines, systemd and Kubernetes are given, checked by their own means.

.PHONY: check-fleet
check-fleet: ## what engines, systemd and Kubernetes say of what we print and show
	@scripts/deps build bridge fleet \
	    || echo "deps: the rows that need these packages are skipped" >&2
	@$(MAKE) --no-print-directory all
	@BUILD=$(BUILD) tests/fleet/run

.PHONY: check-image
check-image: ## build and start the example's image, without a registry and a daemon (root; minutes)
	@scripts/deps image || true
	@mkdir -p $(BUILD)
	@tests/fleet/image $(BUILD)
