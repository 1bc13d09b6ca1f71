.PHONY: transcript
transcript: all $(generated) ## write doc/transcript.md: the whole life of a key, as it was just gone through
	@tests/transcript $(BUILD) >$(BUILD)/transcript.md
	@cp $(BUILD)/transcript.md doc/transcript.md
