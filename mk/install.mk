# Installing, and the Debian package.

$(BUILD)/obj/src/cli/%.o: EXTRA_CFLAGS += -DLIBDIR='"$(LIBDIR)"'
