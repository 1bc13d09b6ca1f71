# The switch on a machine that boots: oneshot units, poweroff, power cuts; README's service;
# the gateway's units.

.PHONY: check-boot
check-boot: YES = 1
check-boot: all $(generated) deb ## switch, service and gateway in a booted Debian (root; 400 MB)
	@scripts/deps build boot || true
	@status=0; for part in run power service gateway; do tests/boot/$$part $(BUILD) \
	    || status=1; done; exit $$status

.PHONY: bad-day
bad-day: all $(generated) ## write doc/bad-day.md: a damaged library, a power cut (root)
	@tests/boot/bad-day $(BUILD) >$(BUILD)/bad-day.md
	@cp $(BUILD)/bad-day.md doc/bad-day.md
