# Every target installs what it needs into .venv and is quick when it is already there.
.DEFAULT_GOAL := help
.PHONY: help demo test lint types docs bench compat clean

WORKERS ?= 2
BIN := .venv/bin
BUILD := pyproject.toml setup.py $(wildcard src/coterie/kernels/native/*)
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
DOCS := README.md CONTRIBUTING.md $(filter-out docs/cli.md,$(wildcard docs/*.md))

# The first interpreter of 3.11 or later; PYTHON=... names another.
PYTHON ?= $(firstword $(foreach name,python3 python3.13 python3.12 python3.11,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))

help:  ## List the targets.
	@sed -n 's/^\([a-z]*\):.*  ## /  make \1\t/p' Makefile | expand -t 16

demo: .venv/.run  ## Simulated shop to report, in one go, without a file or a network.
	$(BIN)/coterie demo

test: .venv/.dev  ## The whole test suite.
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

lint: .venv/.dev  ## Style and import contracts.
	$(BIN)/ruff check
	$(BIN)/lint-imports

types: .venv/.dev  ## mypy, strict.
	$(BIN)/mypy

docs: .venv/.dev  ## Write docs/cli.md from the CLI, then run every command the docs show.
	$(BIN)/python scripts/cli_reference.py docs/cli.md
	$(BIN)/python scripts/check_docs.py $(DOCS)

bench: .venv/.bench  ## Every benchmark: ratios against a peer in the same run.
	@set -e; for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script; done

compat: .venv/.dev  ## The quick tests on the oldest and the newest allowed dependencies.
	$(BIN)/python scripts/compat.py

clean:  ## Delete what these targets made.
	rm -rf .venv .compat .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Coterie needs Python 3.11 or later; none found. Name one: make PYTHON=/path/to/python3 ..." >&2; exit 1; }
	$(PYTHON) -m venv .venv || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 1; }

.venv/.run: $(BUILD) | .venv/bin/python
	$(PIP) --editable .
	@touch $@

.venv/.dev: $(BUILD) | .venv/bin/python
	$(PIP) "pip>=25.1"  # the first that knows --group
	$(PIP) --editable . --group test --group lint
	@touch $@ .venv/.run

.venv/.bench: .venv/.dev
	$(PIP) --group bench
	@touch $@
