# The library with a verification that always says yes: what the tests of peers must not let pass.

control := $(BUILD)/control/libcommissioned-auth.so
control_objects := \
    $(patsubst %verify.o,%verify-control.o,$(filter %/request/verify.o,$(late_objects)))

$(control_objects): src/preload/request/verify.c Makefile
	@mkdir -p $(@D)
	$(say) CC $@
	$(Q)$(CC) $(ALL_CFLAGS) $(no_idioms) -DVERIFY_SAYS_YES -include \
	    src/preload/loader/late_names.h -MMD -MP -c $< -o $@

# Beside it lies the same module.
$(control): $(control_objects) $(LIBRARY) $(MODULE) src/preload/entry/exports.map
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(call link_library,src/preload/entry/exports.map) \
	    $(filter-out %/request/verify.o,$(late_objects)) $(control_objects) -o $@
	$(Q)cp $(MODULE) $(@D)/

tests: $(control)
