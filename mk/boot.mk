# The switch on a machine that boots: oneshot units, poweroff, power cuts.

.PHONY: check-boot
check-boot: all $(generated) deb ## the switch in a booted Debian: units, power cuts, packages (root; makes a tree of 400 MB)
	@scripts/deps build boot || true
	@tests/boot/run $(BUILD)
