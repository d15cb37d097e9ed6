# make run   train and evaluate on the embedded example
# make test  all checks and tests, but for the long ones
# make help  list the other targets
# Both set up .venv themselves. To use another Python: make PYTHON=python3.12 run

PYTHON ?= python3
ARGS ?=
RUN ?=
RUN2 ?=
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: help run report docs rulegraph config test test-all test-slurm test-reruns test-envs test-bare check release-text verify

help: ## list the targets of make and snakemake
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
	@cat docs/targets.txt

run: .venv/installed ## train and evaluate on the embedded example (ARGS= is passed to snakemake)
	snakemake --resources gpu=1 --cores all $(ARGS)

report: .venv/installed ## pack the results of make run into one zip to view in a browser
	snakemake --report results/example/report.zip $(ARGS)
	@echo "Unpack it and open report.html: results/example/report.zip"

# As many test modules run at a time as there are cores: with four, the longest took a quarter longer on
# two cores than with two. Waiting OpenMP threads sleep instead of spinning on CPUs that others need.
test: export OMP_WAIT_POLICY := passive
test: check ## run all checks and tests, but for the long ones (ARGS= is passed to pytest)
	pytest -n logical --maxprocesses 6 --dist loadscope --no-loadscope-reorder $(ARGS)

test-all: export APTARANK_SLOW := 1
test-all: test ## run all checks and tests, also the long ones (18 minutes on two cores)

test-slurm: export APTARANK_SLOW := 1
test-slurm: .venv/installed-dev ## run the chain under a temporary SLURM with two nodes on this machine
	pytest tests/workflow/test_slurm.py $(ARGS)

test-reruns: export APTARANK_SLOW := 1
test-reruns: .venv/installed-dev ## change a finished run, and check which jobs are rerun
	pytest -s tests/workflow/test_reruns.py $(ARGS)

docs: .venv/installed-dev ## build the documentation in site/; warnings are errors
	mkdocs build --quiet
	@echo "Open site/index.html"

rulegraph: SHELL := /bin/bash -o pipefail
rulegraph: .venv/installed ## draw docs/rulegraph.svg from the rules; needs Graphviz
	snakemake --rulegraph --quiet all | tred 2> /dev/null | dot -Tsvg > docs/rulegraph.svg

config: .venv/installed ## write config.yaml from config.schema.yaml
	PYTHONPATH=scripts python -m aptarank.config.config_file

check: .venv/installed-dev ## check style, types, lint and spelling
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile rules
	codespell
	mypy & types=$$!; snakemake --lint && wait $$types

release-text: ## print the newest entry of the changelog, the text of a release's tag
	@awk '/^## \[[0-9]/ {n++; sub(/^## /, "aptarank ")} n == 1' CHANGELOG.md

verify: .venv/installed ## compare two runs: make verify RUN=mine RUN2=mine-again
	@python scripts/verify.py $(RUN) $(RUN2)

test-envs: .venv/installed-dev ## run every rule in its own environment (10 minutes, 5 GB)
	APTARANK_ENVS=1 pytest -m envs $(ARGS)

test-bare: export APTARANK_BARE := 1
test-bare: export APTARANK_APT := 1
test-bare: .venv/installed-dev ## run make run and make test on a bare Debian, as root (8 minutes)
	pytest tests/workflow/test_bare_machine.py $(ARGS)

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "aptarank needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; use another one: make PYTHON=python3.12 run")'
	$(PYTHON) -m venv .venv

.venv/installed: requirements.txt | .venv/bin/pip
	@echo "Installing into .venv (2 GB, some minutes) ..."
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt .venv/installed
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
