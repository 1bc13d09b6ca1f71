# What some unit tests are linked with beside the rest.

wraps_mmap := $(addprefix $(BUILD)/tests/unit/test_,record redact policy_image policy_loader slab \
    module_heap)
$(wraps_mmap): $(BUILD)/obj/tests/wrap/mmap_fails.o
$(wraps_mmap): private ALL_LDFLAGS += -Wl,--wrap=mmap

$(BUILD)/tests/unit/test_late_binding: | $(BUILD)/tests/programs/late-asking-lazy.so \
    $(BUILD)/tests/programs/plugin-openssl.so
$(BUILD)/tests/unit/test_repoint $(BUILD)/tests/unit/test_late_binding: \
    | $(BUILD)/tests/programs/late-plugin.so \
    $(if $(gnutls_flavour),$(BUILD)/tests/programs/plugin-gnutls.so)

# The module is linked, so that its loading can be had as a test wants it.
$(BUILD)/tests/unit/test_policy_loader: private ALL_LDFLAGS += -Wl,--wrap=module_find

# Not of the tests' support, for it needs half of the library.
$(BUILD)/tests/unit/test_repoint $(BUILD)/tests/unit/test_late_binding: \
    $(BUILD)/obj/tests/unit/plugin.o
