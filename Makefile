# Two commands do everything from a fresh machine with Python and make: `make claims`, `make test`.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 4
BIN := $(VENV)/bin
# installed first, so that nothing looser is resolved; any torch that fits pyproject.toml does
TORCH ?= torch==2.13.0

.PHONY: claims test lint plan clean

claims: $(VENV)/.ready
	$(BIN)/pytest claims -n $(WORKERS) --dist worksteal $(ARGS)

test: $(VENV)/.ready lint
	$(BIN)/pytest tests iclgd_core reports --doctest-modules -n 2 --dist worksteal $(ARGS)

lint: $(VENV)/.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

plan: $(VENV)/.ready
	$(BIN)/pytest claims -n $(WORKERS) --dist worksteal --iclgd-plan $(ARGS)

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet "$(TORCH)"
	$(BIN)/pip install --quiet -e ".[dev]"
	touch $@

clean:
	rm -rf $(VENV) .iclgd
