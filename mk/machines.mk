# The project on new machines of other distributions: the table of doc/machines.md.

ROOTS ?= bullseye bookworm trixie sid

.PHONY: check-machines
check-machines: ## demo and check in bare trees: ROOTS="bullseye bookworm trixie sid jammy noble"
	@scripts/deps machines
	@scripts/machines $(BUILD)/machines $(ROOTS)
