# A release: the tarball of a signed tag, its bill of materials and their sums, bit for bit the same
# wherever it is made.

DIST ?= $(BUILD)/dist

.PHONY: dist
dist: ## tarball, SPDX bill and SHA-256 sums of the signed tag v$(VERSION), else a snapshot
	@scripts/dist $(VERSION) $(DIST)

.PHONY: check-dist
check-dist: ## two clones give the same bytes, the bill names all, the tarball builds
	@scripts/check-dist $(VERSION) $(BUILD)/check-dist
