# Everything that is needed: Python 3.11 or newer, git and make. The first target that is made sets up .venv.
# make refresh | test | test-quick | dev | lint | bench | torture | setup | lock | clean     PYTHON=python3.12: another Python.

PYTHON ?= python3
BIN := .venv/bin
# One process of tests per core; the tests of a file stay together, because they share what is costly to make.
SPREAD ?= --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# .venv is good for these pins, this project file, this folder (a moved environment is broken) and a Python that runs.
wanted := $(shell cat requirements.lock pyproject.toml | cksum) $(CURDIR)
found := $(shell $(BIN)/python -c "" 2>/dev/null && cat .venv/ready 2>/dev/null)
ifneq ($(wanted),$(found))
.PHONY: .venv/ready
endif

.PHONY: help refresh test test-quick dev lint format bench torture dictionary sql-engine setup lock clean
.DEFAULT_GOAL := help

help:
	@echo "make refresh   read what is in landing/ and publish the warehouse"
	@echo "make test      run every test;  make test-quick: without browsers, kills and national files"
	@echo "make fuzz      damage the bundled editions and judge what is read (ARGS=\"--minutes 5 --seed 7\")"
	@echo "make dev       the Dagster UI on http://127.0.0.1:3000"
	@echo "make lint      check style and the rules between the folders"
	@echo "make bench     measure speed and memory"
	@echo "make torture   kill refreshes, fill disks, read meanwhile, compare: ARGS='--minutes 5 --seed 7'"
	@echo "make sql-engine   fetch DuckDB for browsers, for the site's SQL page (npm, or FROM=folder; setup tries it too)"
	@echo "make setup     only set up .venv;  make lock: pin the newest packages;  make clean: delete what can be rebuilt"

refresh: .venv/ready
	@$(BIN)/quarterdeck refresh $(ARGS)

test: .venv/ready
	@$(BIN)/python -m pytest $(SPREAD) $(ARGS)

# For daily work: without browsers, kills and national files.
test-quick: .venv/ready
	@$(BIN)/python -m pytest $(SPREAD) -m "not slow" $(ARGS)

fuzz: .venv/ready
	@$(BIN)/python -m fuzz $(ARGS)

dev: .venv/ready
	@home="$${DAGSTER_HOME:-$${QUARTERDECK_HOME:-$(CURDIR)}}" && mkdir -p "$$home" && \
		{ test -f "$$home/dagster.yaml" || cp dagster.yaml "$$home"; } && \
		DAGSTER_HOME="$$home" DO_NOT_TRACK=1 PATH="$(CURDIR)/$(BIN):$$PATH" \
		exec $(BIN)/dagster dev --host 127.0.0.1 --port $${PORT:-3000}

lint: .venv/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo --no-cache

format: .venv/ready
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/ready
	@$(BIN)/python -m perf $(ARGS)

torture: .venv/ready
	@$(BIN)/python -m torture $(ARGS)

dictionary: .venv/ready
	@$(BIN)/python -m quarterdeck.dictionary

# DuckDB for browsers, 8 MB in vendor/ (not in the repository): pinned npm packages, checked against their hashes.
# Without npm: FROM=folder with the two .tgz files.
sql-engine: .venv/ready
	@$(BIN)/python -m publishing.sql_page $(if $(FROM),--from $(FROM))

setup: .venv/ready

.venv/ready:
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "$(PYTHON) was not found. Install Python 3.11 or newer, or name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
		echo "Quarterdeck needs Python 3.11, 3.12 or 3.13; $(PYTHON) is $$($(PYTHON) -V 2>&1). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Setting up .venv (once, about a minute) ..."
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { echo "The venv module is missing: install it (on Debian and Ubuntu: apt install python3-venv)." >&2; exit 1; }
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@# Without compiled bytecode everything takes nearly twice as long, and not every installer compiles.
	@$(BIN)/python -m compileall -q -j 0 .venv/lib ingest runtime publishing orchestration quarterdeck >/dev/null || true
	@# The first refresh finds the dbt project parsed.
	@$(BIN)/python -m orchestration.dbt || true
	@# The SQL page of the site needs an engine from another package index; the rest does without it.
	@if command -v npm >/dev/null 2>&1; then $(BIN)/python -m publishing.sql_page >/dev/null || true; fi
	@echo '$(wanted)' > .venv/ready

# Run by hand when a dependency changes: resolves pyproject.toml in an environment of its own.
lock:
	@rm -rf .lock-env && $(PYTHON) -m venv .lock-env
	@.lock-env/bin/python -m pip install -qq --disable-pip-version-check "setuptools>=80"
	@.lock-env/bin/python -m pip install -qq --disable-pip-version-check --no-build-isolation -e ".[dev]"
	@{ sed -n '/^#/p' requirements.lock; .lock-env/bin/python -m pip freeze --all --exclude-editable | grep -vE '^(pip|playwright|pyee)=='; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock && rm -rf .lock-env

clean:
	@rm -rf build raw dbt_project/target .pytest_cache .ruff_cache .hypothesis .lock-env *.egg-info
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
	@echo "Kept: landing/, archive/, warehouse/ and .venv."
