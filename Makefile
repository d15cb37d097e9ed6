# make run   train and evaluate on the embedded example
# make test  all checks and tests
# Both set up .venv themselves. Another Python: make PYTHON=python3.12 run

PYTHON ?= python3
ARGS ?=
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help run test check

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

run: .venv/installed ## train and evaluate on the embedded example (ARGS= goes to snakemake)
	snakemake --cores all --resources gpu=1 $(ARGS)

test: check ## all checks and tests (ARGS= goes to pytest)
	pytest $(ARGS)

check: .venv/installed-dev ## style and lint
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	snakemake --lint

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "aptarank needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; name another: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/python
	@echo "Installing into .venv (2 GB, some minutes) ..."
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
