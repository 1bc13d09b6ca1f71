# Real programs, unmodified: the table of doc/clients.md.

koffi := $(BUILD)/clients/node/done
rust  := $(BUILD)/clients/rust/rust_curl

.PHONY: check-clients
check-clients: ## real programs of many languages against the development server: a table
	@scripts/deps build clients \
	    || echo "deps: the rows that need these packages are skipped" >&2
	@$(MAKE) --no-print-directory all $(koffi) $(rust)
	@BUILD=$(BUILD) tests/clients/run
	@BUILD=$(BUILD) tests/clients/run --impostor

.PHONY: check-doctor
check-doctor: ## what doctor says of real programs, compared with what the server sees of them
	@scripts/deps build clients doctor \
	    || echo "deps: the rows that need these packages are skipped" >&2
	@$(MAKE) --no-print-directory all $(koffi) $(rust)
	@BUILD=$(BUILD) tests/clients/doctor

.PHONY: check-clients-all
check-clients-all: ## the same after installing every program of the table (about 2 GB)
	@scripts/deps build clients clients-more \
	    || echo "deps: the rows that need these packages are skipped" >&2
	@$(MAKE) --no-print-directory all $(koffi) $(rust)
	@BUILD=$(BUILD) tests/clients/run
	@BUILD=$(BUILD) tests/clients/run --impostor

# Where it cannot be had the row is skipped.
$(koffi): tests/clients/package.json
	@mkdir -p $(@D)
	@cp $< $(@D)/
	$(say) NPM $(@D)
	@cd $(@D) && npm install --no-audit --no-fund --no-package-lock --ignore-scripts \
	    --fetch-retries 1 >npm.log 2>&1 \
	    && touch done || echo "npm could not install koffi: $(@D)/npm.log" >&2

# The same. pkg-config leads it to the libcurl that is here.
$(rust): $(wildcard tests/clients/rust/Cargo.toml tests/clients/rust/src/*.rs)
	@mkdir -p $(@D)
	@cp -r tests/clients/rust/. $(@D)/
	$(say) CARGO $@
	@cd $(@D) && cargo build -q >log 2>&1 && cp target/debug/$(@F) $(@F) \
	    || echo "cargo could not build the Rust client: $(@D)/log" >&2
