# Every duty of the project. Stamps make a second call fast: a step runs again only when what it
# was made from has changed.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The Python that makes the environment; 3.11 or newer.
PYTHON ?= python3
# Passed on by run, demo, cluster, unit, journeys, load, bench, faults, fuzz:
# make load ARGS="--players 100".
ARGS ?=

BIN := .venv/bin
WEB := clients/web
NPM := $(CURDIR)/$(BIN)/npm --prefix $(WEB)
PYTHON_STAMP := .venv/.installed
NPM_STAMP := $(WEB)/node_modules/.installed
DIST := $(WEB)/dist/index.html

# Folders count too: deleting or renaming a file touches only its folder.
WEB_SOURCES = $(shell find $(WEB) -mindepth 1 \
	\( -name node_modules -o -path $(WEB)/dist -o -name coverage \) -prune -o -print)

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: setup web ## set everything up, build the web client, start the server
	@exec $(BIN)/gutsy serve $(ARGS)

.PHONY: demo
demo: setup web ## a squad of simulated players, with a link to join them
	@exec $(BIN)/gutsy demo $(ARGS)

.PHONY: cluster
cluster: setup web provision ## PostgreSQL, Redis, three nodes and a balancer on this machine
	@exec $(BIN)/python -m loadtests.cluster $(ARGS)

.PHONY: test
test: setup lint webcheck web provision ## all that CI runs, set-up included
	$(BIN)/pytest -n auto --dist worksteal --cov --cov-report=term
	$(BIN)/coverage report --include='domain/*,projections/*' --fail-under=100

.PHONY: check
check: lint unit webcheck ## the fast part: format, lint, types, import contracts, unit tests, web checks

.PHONY: lint
lint: setup ## format, lint, types and import contracts of the Python code
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

.PHONY: unit
unit: setup ## Python tests, without journeys and slow ones
	$(BIN)/pytest -n auto --dist worksteal -m 'not journey and not slow' $(ARGS)

.PHONY: webcheck
webcheck: setup ## types, lint, format and tests of the web client
	$(NPM) run check

.PHONY: journeys
journeys: setup web provision ## a person's ways through the app, in a real browser
	$(BIN)/pytest -m journey $(ARGS)

.PHONY: screens
screens: setup web provision ## take the pictures of every screen for the docs
	@mkdir -p docs/screens
	SCREENS=docs/screens $(BIN)/pytest tests/journeys/test_screens.py

.PHONY: load
load: setup ## many players at once against a server on this machine
	$(BIN)/python -m loadtests $(ARGS)

.PHONY: bench
bench: setup ## measure against the machine's limit and against peers: make bench ARGS="hub idle"
	$(BIN)/python -m loadtests.bench $(ARGS)

.PHONY: faults
faults: setup provision ## let nodes, Redis, PostgreSQL and the net fail under play, and check every promise
	$(BIN)/python -m loadtests.faults $(ARGS)

.PHONY: mutants
mutants: setup ## change the rules a little, a thousand times over: which change does no test notice?
	@rm -rf mutants
	PROPERTIES=few nice $(BIN)/mutmut run --max-children 1 $(ARGS)
	@for mutant in $$($(BIN)/mutmut results | sed -nE 's/^ *(.*): (survived|no tests|suspicious|timeout)$$/\1/p'); do \
		$(BIN)/mutmut show $$mutant; done
	@$(BIN)/mutmut results --all true | sed -E 's/\.x[_ǁ].*:/:/' | grep -v 'not checked' | sort | uniq -c

.PHONY: fuzz
fuzz: setup ## send any bytes to every decoder, a minute each: make fuzz ARGS="socket -max_total_time=600"
	nice $(BIN)/python -m tests.fuzz $(ARGS)

.PHONY: docs
docs: setup ## write the generated pages and types anew
	$(BIN)/python -m server.cli docs
	$(BIN)/python -m tests.invariants

.PHONY: format
format: setup ## put all code in its format
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .
	$(NPM) run format

.PHONY: setup
setup: $(PYTHON_STAMP) $(NPM_STAMP) ## install the pinned Python, Node and npm packages

.PHONY: web
web: $(DIST) ## build the web client

.PHONY: provision
provision: setup ## get what the tests need: a browser, a database, a Redis, and proxies
	$(BIN)/python -m tests.provision

.PHONY: lock
lock: ## choose the newest Python packages that pyproject.toml allows, and pin them
	@$(PYTHON) -m venv --clear .venv-lock
	.venv-lock/bin/pip install --quiet '.[dev]'
	@{ echo '# Every Python package, exactly. Made by `make lock` from pyproject.toml; do not edit.'; \
	  .venv-lock/bin/pip freeze --all --exclude pip --exclude gutsy \
	  | sed -E "s/^(atheris==.*)/\1; sys_platform == 'linux' and platform_machine == 'x86_64'/"; \
	  } > requirements.lock
	@rm -rf .venv-lock build

.PHONY: clean
clean: ## remove everything that was installed, built or cached
	rm -rf .venv .venv-lock .cache .coverage .coverage.* .hypothesis .import_linter_cache \
		.mypy_cache .pytest_cache .ruff_cache build htmlcov mutants *.egg-info \
		$(WEB)/node_modules $(WEB)/dist loadtests/bench/peers/node_modules tests/journeys/failures
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON_STAMP): requirements.lock pyproject.toml tests/provision/node.py
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=...")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@$(BIN)/python -m tests.provision.node $(BIN)
	@touch $@

$(NPM_STAMP): $(WEB)/package.json $(WEB)/package-lock.json $(WEB)/.npmrc $(PYTHON_STAMP)
	$(NPM) ci --no-audit --no-fund
	@touch $@

$(DIST): $(NPM_STAMP) $(WEB_SOURCES)
	$(NPM) run build
	@touch $@
