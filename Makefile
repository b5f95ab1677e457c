# Works with python3 (3.11 to 3.13) alone; uv is used if it is there.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready
OURS := function_app.py shared responders azsim tests docs

.PHONY: setup demo test check check-playbooks generate coverage azurite bench chaos

setup: $(READY)

$(READY): requirements.txt requirements-dev.txt constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else \
	  "Riposte needs Python 3.11 to 3.13, and this is %d.%d. Name another one: make PYTHON=python3.12" % v)'
	@echo "[1/3] a virtual environment in .venv"
	@$(PYTHON) -m venv --clear .venv
	@echo "[2/3] the packages, with their bytecode: about 600 MB, a minute or three"
	@if command -v uv >/dev/null; then uv pip install --python $(BIN)/python --compile-bytecode -r requirements-dev.txt; \
	  else $(BIN)/python -m pip install --disable-pip-version-check -r requirements-dev.txt | \
	    awk '/^(Collecting|Installing|Successfully)/ { print "      " substr($$0, 1, 100); fflush() }'; fi
	@$(BIN)/python -c "import azure.functions, msgraph, pytest"
	@echo "[3/3] our own bytecode"
	@$(BIN)/python -m compileall -q $(OURS)
	@touch $(READY)

demo: $(READY)
	@$(BIN)/python -m tests.demo $(if $(SERVE),--serve)

test: $(READY)
	@$(BIN)/python -m pytest -n auto --dist worksteal

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python -m docs.generate --check
	$(BIN)/python -m shared.engine.playbook check

check-playbooks: $(READY)
	@$(BIN)/python -m shared.engine.playbook check

generate: $(READY)
	@$(BIN)/python -m docs.generate

coverage: $(READY)
	@$(BIN)/python -m pytest -n auto --dist worksteal --cov --cov-report=term

azurite: $(READY)
	@$(BIN)/python -m tests.azure.azurite
	@$(BIN)/python -m pytest -m azurite tests/azure

bench: $(READY)
	@$(BIN)/python -m tests.bench

chaos: $(READY)
	@$(BIN)/python -m tests.chaos $(LANES)
