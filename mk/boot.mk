# The switch on a machine that boots: oneshot units, poweroff, power cuts.

.PHONY: check-boot
check-boot: all $(generated) ## the switch in a booted Debian: units, poweroff, power cuts (root; makes a tree of 400 MB)
	@scripts/deps build boot || true
	@tests/boot/run $(BUILD)
