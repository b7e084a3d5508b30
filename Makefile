# make demo   tries every model in the sandbox; needs python3, a package registry and nothing else
# make test   formatting, types and the whole test suite; make test-host is its part that needs a ComfyUI

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
TORCH := torch==2.13.0
# The CPU build, a tenth of the size, where its index can be reached; else what the registry has.
CPU_INDEX := --retries 0 --timeout 5 --index-url https://download.pytorch.org/whl/cpu

# Tests start many processes, and four of them import every test: byte code is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo test test-host lint clean

demo: $(VENV)/demo.ready
	$(BIN)/python -m volcv_client demo -o demo
	$(BIN)/python -m tests.host.run_examples -o demo/comfyui

test: lint
	$(BIN)/python -m pytest -q --numprocesses 4 --dist loadfile --ignore=tests/host
	$(BIN)/python -m pytest -q tests/host

test-host: $(VENV)/test.ready
	$(BIN)/python -m pytest -q tests/host

lint: $(VENV)/test.ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	mkdir -p $(VENV)/types && ln -sfn $(CURDIR) $(VENV)/types/volcv_pack
	cd $(VENV)/types && $(CURDIR)/$(BIN)/mypy --config-file $(CURDIR)/pyproject.toml -p volcv_pack.volcv_client -p volcv_pack.nodes

$(VENV)/demo.ready: tests/requirements-demo.txt
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r tests/requirements-demo.txt
	touch $@

$(VENV)/test.ready: tests/requirements.txt $(VENV)/demo.ready
	$(BIN)/python -c "import torch" 2>/dev/null || $(PIP) $(CPU_INDEX) $(TORCH) 2>/dev/null || $(PIP) $(TORCH)
	$(PIP) -r tests/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
