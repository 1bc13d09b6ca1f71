.PHONY: transcript
transcript: ## write doc/transcript.md: the whole life of a key, as it was just gone through
	@$(MAKE) --no-print-directory tests
	@tests/transcript $(BUILD) >$(BUILD)/transcript.md
	@cp $(BUILD)/transcript.md doc/transcript.md
