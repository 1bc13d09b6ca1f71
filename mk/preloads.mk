# A program that brings gcc's address sanitizer into the process, for
# tests/integration/test_preloads.c.

gcc_asan := $(wildcard /usr/lib/gcc/*/*/libasan.so)
driver_asan := $(if $(gcc_asan),$(BUILD)/tests/programs/driver-asan)

$(BUILD)/tests/programs/driver-asan: tests/programs/driver.c tests/programs/driver_midway.c \
    src/preload/loader/elf_find.c
	@mkdir -p $(@D)
	$(say) LD $@
	-$(Q)gcc -std=gnu11 -O1 -g -D_GNU_SOURCE -DCURL_DISABLE_TYPECHECK -iquote src -iquote \
	    include -fsanitize=address $^ $(call test_libs,libcurl) -lpthread -o $@

tests: $(driver_asan)
