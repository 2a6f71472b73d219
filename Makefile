# make run     the environment from locked versions, then the main job
# make test    the environment, then lint, types and tests
# make crosscheck, make bench    the same circuits in NEST and Brian2; speed beside them
# make lock    new locked versions, from the ranges in pyproject.toml

# The first Python of 3.11 or later that is there; PYTHON=... chooses another.
PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13 python3.14 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input -q
ARGS ?=

.PHONY: all env run test lint types pytest crosscheck bench format wheel lock clean

all: test

env: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "make: no Python of 3.11 or later is on the path; set PYTHON=/path/to/python3.11" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

run: $(STAMP)
	$(BIN)/isocortex run $(ARGS)

test: lint types pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(STAMP)
	$(BIN)/mypy

pytest: $(STAMP)
	$(BIN)/python -m pytest $(ARGS)

# Against NEST and Brian2, in environments of their own (made on first use; minutes)
crosscheck: $(STAMP)
	$(BIN)/python -m isocortex.crosscheck $(ARGS)

bench: $(STAMP)
	$(BIN)/isocortex bench $(ARGS)

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel: $(STAMP)
	$(BIN)/python -m pip wheel --no-deps --no-build-isolation -w dist .

lock:
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install -q ".[dev]"
	build/lock/bin/python -m pip freeze --exclude isocortex > requirements.lock

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache
