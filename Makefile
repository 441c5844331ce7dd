# `make run` and `make test` work on a bare machine with Python 3.11 or newer and make.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STATE := $(VENV)/.state
SHARED ?=
WHOOSH3 := $(VENV)/whoosh3
LIBRARY_DATA_DIR ?= $(CURDIR)/var
export LIBRARY_DATA_DIR

.PHONY: help
help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | column -t -s '|'

$(STATE): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.12 …" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: install
install: $(STATE) ## Make .venv with the `library` command

.PHONY: run
run: install ## Start the sample county; run again it keeps the data
	$(BIN)/library serve --sample

.PHONY: lint
lint: install ## Check style, types, layers and dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry library catalog circulation
	$(BIN)/djlint --quiet --lint --check library catalog circulation

.PHONY: fmt
fmt: install ## Format code and templates
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djlint --quiet --reformat library catalog circulation

.PHONY: services
services:
	@.ci/services

.PHONY: test
test: install services lint ## Run every check and test, on SQLite and PostgreSQL, with a real browser
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not audit and not soak"

.PHONY: audit
audit: install services ## Run the slow and the evaluation-only checks: make audit SHARED=DIR
	@test -d "$(SHARED)" || { echo "make audit SHARED=DIR: name the folder of the shared data"; exit 2; }
	$(BIN)/python -m pytest -m audit --shared "$(abspath $(SHARED))" tests/audit -s
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --upgrade --target $(WHOOSH3) whoosh3==3.54.0
	PYTHONPATH=$(WHOOSH3) $(BIN)/python -m pytest -q tests/catalog/search

.PHONY: soak
soak: install services ## Run the long concurrency tests
	$(BIN)/python -m pytest -m soak -s

.PHONY: screenshots
screenshots: install services ## Take pictures of the pages into var/screenshots
	$(BIN)/python -m tests.journeys.screenshots $(LIBRARY_DATA_DIR)/screenshots

.PHONY: lock
lock: ## Resolve the dependencies anew into requirements.lock (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--group dev --extra-index-url "" pyproject.toml -o requirements.lock

.PHONY: clean
clean: ## Remove the environment; the county's data stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
