# make study   installs into .venv and runs the headline study
# make test    installs into .venv and runs all checks
# make help    lists the rest

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help study browser test test-fast lint golden headline failures claims record page docs bench kills fuzz clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | expand -t 12

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || \
	  { echo "Python 3.11, 3.12 or 3.13 is needed, and $(PYTHON) is $$($(PYTHON) --version 2>&1). Name one: make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(VENV)/installed-dev: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@ $(VENV)/installed

study: $(VENV)/installed ## install, then run the headline study: structure first or purpose first?
	$(BIN)/partnership sweep experiment=structure_vs_purpose

browser: ## install Chromium for the tests of pages, where apt is there and may; without it they are skipped
	@command -v chromium >/dev/null || { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
	  apt-get install -qq -y --no-install-recommends chromium; } || echo "no Chromium: tests of pages will be skipped"

test: lint ## install, then run all checks: lint, types, tests
	$(BIN)/python -m pytest -n logical --dist loadfile --no-loadscope-reorder --durations 15

test-fast: lint ## the same without what takes long: an answer in under two minutes
	$(BIN)/python -m pytest -n logical --dist loadfile --no-loadscope-reorder -m 'not slow'

lint: $(VENV)/installed-dev ## lint and types only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

golden: $(VENV)/installed-dev ## renew the golden baseline; the change is to be reviewed
	$(BIN)/python -m tests.golden

headline: $(VENV)/installed ## renew the figure and summary that the README shows
	rm -rf $(VENV)/headline
	$(BIN)/partnership sweep experiment=structure_vs_purpose results=$(VENV)/headline
	cp $(VENV)/headline/structure_vs_purpose/*/summary.json results/headline/
	cp $(VENV)/headline/structure_vs_purpose/*/figures/months.png results/headline/
	cp $(VENV)/headline/structure_vs_purpose/*/figures/fates.png results/headline/

failures: $(VENV)/installed ## show every way to fail, and measure how far the detectors can be trusted
	$(BIN)/partnership demo failure=all
	$(BIN)/partnership detectors

claims: $(VENV)/installed-dev ## judge every claim, and renew the table of judgements in docs/claims.md
	$(BIN)/partnership claims
	cp results/claims/ledger.csv docs/claims.csv
	$(BIN)/python -m docs.generate

RECORD := docs/record
EFFORT := particles=300 prior_draws=10000 populations=6
record: $(VENV)/installed-dev ## renew calibration, rivals, validation and forecast; an hour and a half on two processors
	rm -rf $(VENV)/record
	$(BIN)/python -m docs.record $(VENV)/record $(EFFORT)
	$(BIN)/python -m docs.generate

page: $(VENV)/installed-dev ## renew the teaching page from the model, its configurations and its script
	$(BIN)/python -m experiments.page.build

docs: $(VENV)/installed-dev ## renew the generated parts of the documentation
	$(BIN)/python -m docs.generate

bench: $(VENV)/installed-dev ## measure speed, side by side with C (checked first) and plain Mesa
	$(BIN)/python -m pytest benchmarks
	$(BIN)/python -m benchmarks.bench

kills: $(VENV)/installed-dev ## kill studies at random moments, and compare; KILLS="number=60 seconds=300 seed=7"
	$(BIN)/python -m benchmarks.kills $(KILLS)

INPUTS ?= 10000
SEED ?= 1
fuzz: $(VENV)/installed-dev ## try to break the command line with drawn inputs: make fuzz INPUTS=10000 SEED=1
	$(BIN)/python -m benchmarks.fuzz inputs=$(INPUTS) seed=$(SEED)

clean: ## remove the environment and caches
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
