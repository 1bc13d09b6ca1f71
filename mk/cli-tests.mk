# What the tests of the command run: programs that LD_PRELOAD reaches and does not reach. Never sanitised.

cli_fixtures := $(addprefix $(BUILD)/tests/fixtures/,static static-pie preloaded.so harmful.so talkative.so)

$(BUILD)/tests/fixtures/static: tests/fixtures/nothing.c
	@mkdir -p $(@D)
	$(CC) -static $< -o $@

$(BUILD)/tests/fixtures/static-pie: tests/fixtures/nothing.c
	@mkdir -p $(@D)
	$(CC) -static-pie -fPIE $< -o $@

$(BUILD)/tests/fixtures/%.so: tests/fixtures/%.c
	@mkdir -p $(@D)
	$(CC) -shared -fPIC $< -o $@

tests: $(cli_fixtures)
