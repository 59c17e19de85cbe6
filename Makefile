# Two commands do everything from a fresh machine with Python and make: `make claims`, `make test`.
# They install what was tested: requirements/, docs/dependencies.md.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 4
BIN := $(VENV)/bin

# the tested torch; any that fits pyproject.toml does, say the build for another driver
TORCH ?= $(shell sed -n 's/ *;.*//; /^torch==/p' requirements/torch.txt)
# builds without CUDA, used where there is no NVIDIA driver
TORCH_CPU_INDEX ?= https://download.pytorch.org/whl/cpu
UV ?= uv==0.13.9

READY := $(VENV)/.ready-$(shell printf '%s' '$(TORCH)' | cksum | cut -d' ' -f1)
TESTS := tests iclgd_core reports --doctest-modules -n 2 --dist worksteal
CLAIMS := claims -n $(WORKERS) --dist worksteal

.PHONY: claims test lint plan lock test-oldest test-newest claims-newest newest clean

claims: $(READY)
	$(BIN)/pytest $(CLAIMS) $(ARGS)

test: $(READY) lint
	$(BIN)/pytest $(TESTS) $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

plan: $(READY)
	$(BIN)/pytest $(CLAIMS) --iclgd-plan $(ARGS)

# the floors of pyproject.toml
test-oldest: $(VENV)-oldest/.ready
	$(VENV)-oldest/bin/pytest $(TESTS) $(ARGS)

# the newest releases that pyproject.toml admits, looked for each time
test-newest: newest
	$(VENV)-newest/bin/pytest $(TESTS) $(ARGS)

claims-newest: newest
	$(VENV)-newest/bin/pytest $(CLAIMS) $(ARGS)

# $(call torch,ENVIRONMENT,REQUIREMENT,OPTIONS): without CUDA where there is no driver, else as pip finds it
define torch
@command -v nvidia-smi >/dev/null || $(1)/bin/pip install --quiet --no-deps --retries 2 --timeout 15 \
	--index-url $(TORCH_CPU_INDEX) "$(2)" 2>/dev/null \
	|| echo "No CPU build of $(2) from $(TORCH_CPU_INDEX): installing the one that pip finds."
$(1)/bin/pip install --quiet $(3) "$(2)"
endef

$(READY): pyproject.toml $(wildcard requirements/*)
	$(PYTHON) -m venv $(VENV)
	rm -f $(VENV)/.ready*
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements/pip.txt
	$(BIN)/pip install --quiet --require-hashes --no-deps -r requirements/lock.txt
	$(call torch,$(VENV),$(TORCH),$(if $(filter file,$(origin TORCH)),-c requirements/torch.txt))
	$(BIN)/pip install --quiet --no-deps --no-build-isolation -e .
	$(BIN)/pip check
	touch $@

$(VENV)-oldest/.ready: pyproject.toml $(wildcard requirements/*)
	$(PYTHON) -m venv --clear $(VENV)-oldest
	$(VENV)-oldest/bin/pip install --quiet --require-hashes --no-deps -r requirements/pip.txt
	$(call torch,$(VENV)-oldest,$(shell sed -n 's/ *;.*//; /^torch==/p' requirements/oldest.txt),-c requirements/oldest.txt)
	$(VENV)-oldest/bin/pip install --quiet -c requirements/oldest.txt -r requirements/build.in
	$(VENV)-oldest/bin/pip install --quiet -c requirements/oldest.txt --no-build-isolation -e ".[dev]"
	touch $@

newest:
	$(PYTHON) -m venv $(VENV)-newest
	$(VENV)-newest/bin/pip install --quiet --upgrade pip
	$(call torch,$(VENV)-newest,torch,--upgrade)
	$(VENV)-newest/bin/pip install --quiet --upgrade --upgrade-strategy eager -r requirements/build.in
	$(VENV)-newest/bin/pip install --quiet --upgrade --upgrade-strategy eager --no-build-isolation -e ".[dev]"
	$(VENV)-newest/bin/pip list

# Keeps what is locked and fits; `make lock ARGS=--upgrade` takes the newest releases.
COMPILE := $(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest --no-annotate \
	--custom-compile-command "make lock" $(ARGS)
BY_VERSION := ^(torch|triton|cuda-[a-z0-9-]+|nvidia-[a-z0-9-]+)==
ALL := pyproject.toml --extra dev requirements/build.in

lock:
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet "$(UV)"
	$(COMPILE) $(ALL) -c requirements/torch.in -o requirements/torch.txt
	sed -i -nE '/^#/p; /$(BY_VERSION)/p' requirements/torch.txt
	$(COMPILE) $(ALL) -c requirements/torch.in --generate-hashes -o requirements/lock.txt \
		$$(sed -nE 's/$(BY_VERSION).*/--no-emit-package \1/p' requirements/torch.txt)
	$(COMPILE) requirements/pip.in --generate-hashes -o requirements/pip.txt
	$(COMPILE) $(ALL) --resolution lowest-direct -o requirements/oldest.txt

clean:
	rm -rf $(VENV) $(VENV)-oldest $(VENV)-newest $(VENV)-lock .iclgd
