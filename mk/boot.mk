# The switch on a machine that boots: oneshot units, poweroff, power cuts.

.PHONY: check-boot
check-boot: YES = 1
check-boot: all $(generated) deb ## the switch and README's service in a booted Debian: units, power cuts, packages (root; makes a tree of 400 MB)
	@scripts/deps build boot || true
	@tests/boot/service $(BUILD)
	@tests/boot/run $(BUILD)

.PHONY: bad-day
bad-day: all $(generated) ## write doc/bad-day.md: a damaged library, a power cut, and the way back (root)
	@tests/boot/bad-day $(BUILD) >$(BUILD)/bad-day.md
	@cp $(BUILD)/bad-day.md doc/bad-day.md
