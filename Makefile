SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VENV := .venv
BIN := $(VENV)/bin

# Python 3.11 and 3.12 come first: only for them does an embedded Redis exist as a package.
PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && { echo "$$p"; exit; }; \
	done; echo python3)

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export PIP_QUIET := 1

.PHONY: help
help: ## show this list
	@grep -hE '^[a-z][a-z-]*:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | while IFS=$$'\t' read -r name text; do \
		printf '  make %-12s %s\n' "$$name" "$$text"; done

.PHONY: demo
demo: $(VENV)/.installed ## enrich 1,837 companies on this machine, with no key and no network
	$(BIN)/assay demo

.PHONY: up
up: $(VENV)/.installed ## start the whole fleet on this machine; Ctrl-C stops it
	$(BIN)/assay up

# How much of a rate is used shows only where nothing else runs beside it.
TIMED := tests/integration/test_rate_limiter.py

.PHONY: test
test: $(VENV)/.installed ## run every test: unit, then integration and acceptance with real servers
	$(BIN)/python -m pytest -q -n 2 --session-timeout=900 tests/unit
	$(BIN)/python -m pytest -q -n 2 --dist loadfile --session-timeout=1800 --durations=10 tests/integration \
		--ignore=$(TIMED)
	$(BIN)/python -m pytest -q --session-timeout=2400 --durations=15 tests/acceptance tests/evals $(TIMED)

.PHONY: test-unit
test-unit: $(VENV)/.installed ## run the unit tests only
	$(BIN)/python -m pytest -q -n 2 --session-timeout=900 tests/unit

.PHONY: test-rabbitmq
test-rabbitmq: $(VENV)/.installed ## run the acceptance suite on RabbitMQ, which has to be installed
	$(BIN)/python -m pytest -q --broker rabbitmq --session-timeout=2400 --durations=15 tests/acceptance

.PHONY: lint
lint: $(VENV)/.installed ## check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: $(VENV)/.installed ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.PHONY: bench
bench: $(VENV)/.installed ## measure throughput, memory and where the time goes, beside plain Celery chains and a bare COPY
	$(BIN)/python -m benchmarks --out docs

.PHONY: chaos
chaos: $(VENV)/.installed ## hurt real fleets on 200 seeded schedules, and count what is lost, doubled or left behind
	$(BIN)/python -m benchmarks.chaos

.PHONY: bench-recovery
bench-recovery: $(VENV)/.installed ## kill everything, flush Redis, roll a new release in, and time until all goes on
	$(BIN)/python -m benchmarks.recovery

.PHONY: bench-limits
bench-limits: $(VENV)/.installed ## show that rates and budgets hold, and are used, with many processes at once
	$(BIN)/python -m benchmarks.limits

.PHONY: bench-stream
bench-stream: $(VENV)/.installed ## submit a million records by stream: memory, time until accepted, a small job behind it
	$(BIN)/python -m benchmarks.stream

.PHONY: bench-truth
bench-truth: $(VENV)/.installed ## let a model err in every way, over real records, and count what gets where
	$(BIN)/python -m pip install --no-deps --require-hashes -r benchmarks/truth/requirements.txt
	$(BIN)/python -m benchmarks.truth

.PHONY: eval
eval: $(VENV)/.installed ## score the model on the labelled cases; the offline one, which costs nothing, if none is configured
	$(BIN)/assay eval

.PHONY: clean
clean: ## remove the virtual environment and all caches
	rm -rf $(VENV) .mypy_cache .ruff_cache .hypothesis .import_linter_cache *.egg-info

$(VENV)/.required: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Assay needs Python 3.11 or newer, and '$(PYTHON)' is not. Name one: make PYTHON=/path/to/python3.12 ..." >&2; exit 1; }
	@echo "installing into $(VENV), once" >&2
	@begun=$$SECONDS; $(PYTHON) -m venv --clear $(VENV); \
		$(BIN)/python -m pip install --require-hashes -r requirements.txt; \
		echo "installed in $$((SECONDS - begun)) s" >&2
	@touch $@

$(VENV)/.installed: $(VENV)/.required pyproject.toml
	@$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	@touch $@
