# The same source gives the same bytes, whatever folder it lies in.

reproduced := $(notdir $(LIBRARY) $(MODULE) $(COMMAND) $(SERVER))

.PHONY: check-reproducible
check-reproducible: ## build in two folders and compare the bytes
	@rm -rf $(BUILD)/twice
	@for folder in one and-another; do \
	    BUILD='$(BUILD)' scripts/copy-sources $(BUILD)/twice/$$folder && \
	    $(MAKE) --no-print-directory -C $(BUILD)/twice/$$folder BUILD=build all >/dev/null \
	    || exit 1; done
	@for file in $(reproduced); do \
	    cmp $(BUILD)/twice/one/build/$$file $(BUILD)/twice/and-another/build/$$file || exit 1; \
	    done
	@echo "ok   reproducible: $(reproduced)"
	@rm -rf $(BUILD)/twice
