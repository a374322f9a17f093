# Assay. Each of `make setup`, `make demo`, `make test` works as the first command on a fresh machine
# with python3 (3.11 or newer) and make; the second time it only does what has changed.

VENV := .venv
BIN := $(VENV)/bin
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)
STAMP := $(VENV)/.installed
CODE := $(wildcard assay generators curation training evals tests benchmarks docs)

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help crash setup demo test lint format types layers unit docs clean

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' Makefile | sed 's/:.*## /	/' | awk -F '	' '{printf "  make %-8s %s\n", $$1, $$2}'

setup: $(STAMP) ## make .venv and install everything in it (a few minutes the first time)
	@echo "ready: $(BIN)/assay --help"

$(VENV)/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Assay needs Python 3.11 or newer, and no such python3 is on the PATH." >&2; \
		echo "fix: install it, or name one: make setup PYTHON=/path/to/python3" >&2; exit 2; fi
	@if ! "$(PYTHON)" -c 'import ensurepip, venv' >/dev/null 2>&1; then \
		echo "$(PYTHON) cannot make virtual environments: its venv module is not installed." >&2; \
		echo "fix: on Debian and Ubuntu: sudo apt-get install python3-venv" >&2; exit 2; fi
	@echo "making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv $(VENV)

$(STAMP): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "installing Assay and what it is tested with (about 2 GB with a CPU build of torch)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25"
	@$(BIN)/python -m pip install $(if $(wildcard $(STAMP)),--quiet) --disable-pip-version-check -c constraints.txt -e '.[all,dev]'
	@touch $(STAMP)

demo: $(STAMP) ## run the whole loop on a small real model, offline, and write demo/report.html
	@$(BIN)/assay model pull smollm2-135m
	@$(BIN)/assay demo

test: lint types layers unit ## lint, types, layers and all tests

lint: $(STAMP) ## ruff: rules and format
	@$(BIN)/ruff check $(CODE)
	@$(BIN)/ruff format --check $(CODE)

format: $(STAMP) ## let ruff rewrite the code
	@$(BIN)/ruff check --fix $(CODE)
	@$(BIN)/ruff format $(CODE)

types: $(STAMP) ## mypy --strict
	@$(BIN)/mypy

layers: $(STAMP) ## import-linter: who may import whom
	@$(BIN)/lint-imports

unit: $(STAMP) ## all tests, without lint, types and layers
	@$(BIN)/assay model pull nano
	@$(BIN)/python -m pytest

docs: $(STAMP) ## write the generated pages again
	@$(BIN)/python docs/generate.py

crash: $(STAMP) ## kill the loop thirty times at random moments and compare (long)
	@$(BIN)/python benchmarks/crash.py --kills 30

clean: ## remove what make made here: .venv, the demo, caches (never the models in your cache)
	rm -rf $(VENV) demo build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
	find assay generators curation training evals tests benchmarks docs -name __pycache__ -type d -prune -exec rm -rf {} +
