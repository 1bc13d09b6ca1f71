# The tests again, watched: memory and undefined behaviour, data races, and what valgrind sees of
# the unchanged build.

ASAN := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
TSAN := -fsanitize=thread -fno-omit-frame-pointer

# A sanitizer's runtime calls dlsym, which is ours, before it can watch anybody.
unwatched := entry/interpose_dl loader/elf_find loader/late_libc loader/loaded loader/needs
$(patsubst %,$(BUILD)/late/src/preload/%.o,$(unwatched)): override SANITIZE :=

.PHONY: asan
asan: ## every test under AddressSanitizer and UndefinedBehaviorSanitizer
	@scripts/deps build test
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/asan OPT="-O1 -g" SANITIZE="$(ASAN)" \
	    watched-tests

# The preloaded library's sanitizer must be the first of all libraries; what the host leaks is the
# host's affair. These ask unsanitised programs, or put the library where no other may stand before
# it; test_library's scenarios are watched in their stead.
unwatchable := test_late_binding test_programs test_install test_switch_account test_switch_odd \
    test_switch_processes test_switch_system test_cli_manners test_security_teams test_system_calls
.PHONY: watched-tests
watched-tests: tests
	@echo "SKIP $(unwatchable): see mk/sanitize.mk"
	@status=0; BUILD=$(BUILD) tests/run $(unit_tests) || status=1; \
	ASAN_OPTIONS=detect_leaks=0 \
	    TEST_PRELOAD_FIRST=$$(realpath $$($(CC) -print-file-name=libasan.so)) BUILD=$(BUILD) \
	    tests/run $(filter-out $(addprefix %/,$(unwatchable)),$(integration_tests)) || status=1; \
	exit $$status

.PHONY: tsan
tsan: ## the unit tests, threads among them, under ThreadSanitizer
	@scripts/deps build test
	@$(MAKE) --no-print-directory BUILD=$(BUILD)/tsan OPT="-O1 -g" SANITIZE="$(TSAN)" \
	    raced-tests

# The first costs minutes here and has one thread; in the second ThreadSanitizer's own
# dl_iterate_phdr(3) changes errno.
unraceable := test_policy_memory test_late_libc
.PHONY: raced-tests
raced-tests: tests
	@echo "SKIP $(unraceable): see mk/sanitize.mk"
	@TSAN_OPTIONS=suppressions=tests/tsan.supp BUILD=$(BUILD) tests/run \
	    $(filter-out $(addprefix %/,$(unraceable)),$(unit_tests))

# The unit tests and some requests of a real program, unchanged. Errors and leaks end a program with
# status 99.
memcheck := valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite \
            --show-leak-kinds=definite --suppressions=tests/memcheck.supp
# A hundred thousand handles of eight threads: minutes here, and TSan and ASan have seen them.
slow_when_checked := test_record
.PHONY: valgrind
valgrind: ## the unit tests and requests of a real program under valgrind's memcheck
	@scripts/deps build test valgrind
	@$(MAKE) --no-print-directory tests
	@echo "SKIP $(slow_when_checked): too slow when checked"
	@export CK_TIMEOUT_MULTIPLIER=20 BUILD=$(BUILD); status=0; \
	TEST_UNDER="$(memcheck)" tests/run $(filter-out %/$(slow_when_checked),$(unit_tests)) \
	    || status=1; \
	CK_RUN_CASE=openssl TEST_SCENARIOS="easy multi threads" TEST_DRIVER_UNDER="$(memcheck)" \
	    tests/run $(BUILD)/tests/integration/test_library || status=1; \
	exit $$status
