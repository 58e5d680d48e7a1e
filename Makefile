# Visio in one screen: `make` prints this list, the logic lives in scripts/ and in Rust.
.DEFAULT_GOAL := help
.PHONY: help run test check bench fuzz gen screenshots e2e models clean

help: ## print this list
	@awk -F':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## build what changed, then serve on http://localhost:8080
	@scripts/run.sh

test: ## everything: Rust, SQLite and PostgreSQL, web, client conformance, browser stories
	@scripts/test.sh

check: ## formatting, lints, types, spelling, licences: no test is run
	@scripts/check.sh

bench: ## CPU per forwarded packet beside the floor, meetings of 2, 10 and 50, memory at rest
	@scripts/bench.sh

fuzz: ## mutate the corpus of every parser; SECONDS_PER_TARGET=60 and SEED=… are settable
	@scripts/fuzz.sh

gen: ## rewrite the committed generated files: OpenAPI, API types, settings reference
	@scripts/gen.sh

screenshots: ## a picture of every screen, light and dark, desktop and phone, in e2e/out
	@scripts/e2e.sh screenshots

e2e: ## client conformance and browser stories only, against a server of their own
	@scripts/e2e.sh conformance stories

models: ## fetch and verify the speech models
	@scripts/models.sh

clean: ## remove what was built; recordings, database and models in ./data stay
	rm -rf target web/dist web/node_modules e2e/node_modules e2e/out
