# The libcurl that is here plays one of before 7.80, which has no prereq callback: the same programs
# and tests.

old := $(BUILD)/old
old_tests := test_hard_times test_library test_spent test_wire

.PHONY: old-tests
old-tests:
	@$(MAKE) --no-print-directory BUILD=$(old) CFLAGS="$(CFLAGS) -DFORCE_OLD_LIBCURL" \
	    $(old)/libcommissioned-auth.so $(old)/commissioned-auth-policy.so $(old)/commissioned-auth \
	    $(patsubst $(BUILD)/%,$(old)/%,$(PROGRAMS)) \
	    $(addprefix $(old)/tests/integration/,$(old_tests))

.PHONY: check-old
check-old: deps ## the library's tests again, in the way that libcurl before 7.80 needs
	@$(MAKE) --no-print-directory old-tests
	@BUILD=$(old) TEST_OLD_LIBCURL=1 tests/run \
	    $(addprefix $(old)/tests/integration/,$(old_tests))
