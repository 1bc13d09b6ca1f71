# What the system-wide switch needs beside the command: the way back, linked statically, and the
# trial of each ABI.

OFF   := $(BUILD)/commissioned-auth-off
TRIAL := $(BUILD)/commissioned-auth-trial
SUM   := $(BUILD)/libcommissioned-auth.so.sum

off_sources   := src/off/off.c $(addprefix src/cli/,take_back.c preload_out.c preload_file.c \
    switch_mark.c lock_file.c rooted.c \
                 atomic_file.c account.c hindrance.c) $(addprefix src/core/,journal.c utf8.c)
trial_sources := $(wildcard src/trial/*.c) src/cli/curl.c src/cli/loopback.c

# Sanitizers and static linking exclude each other, and what is run under a damaged library has to
# be plain.
$(BUILD)/plain/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(filter-out $(SANITIZE),$(ALL_CFLAGS)) $(pkg_curl) -MMD -MP -c $< -o $@

$(BUILD)/plain/src/trial/%.o $(BUILD)/plain/src/cli/curl.o: pkg_curl = $(call pkg_cflags,libcurl)

$(OFF): $(off_sources:%.c=$(BUILD)/plain/%.o)
	$(say) LD $@
	$(Q)$(CC) $(filter-out $(SANITIZE),$(ALL_LDFLAGS)) -static $^ -o $@ \
	    || { echo "a static C library is needed: glibc-static, libc6-dev or musl-dev"; exit 1; }

$(TRIAL): $(trial_sources:%.c=$(BUILD)/plain/%.o)
	$(say) LD $@
	$(Q)$(CC) $(filter-out $(SANITIZE),$(ALL_LDFLAGS)) $^ -pthread -ldl -o $@

$(SUM): $(LIBRARY) $(TRIAL)
	$(Q)$(TRIAL) --sum $(LIBRARY) >$@

# Without its sum a library is taken for whole: the trial loads it all the same.
all: $(OFF) $(TRIAL) $(if $(runs_here),$(SUM))

-include $(shell find $(BUILD)/plain -name '*.d' -type f 2>/dev/null)
