# Everything that is done with this checkout. Each command does all the set-up it needs; the second call is quick.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help install run test lint format lock

help:
	@echo "make run      start the bot with its web page, as of April 2023 (AS_OF=… HOST=… PORT=…)"
	@echo "make test     run the tests, on all processors at once (WORKERS=… at a time, ARGS=… goes to pytest)"
	@echo "make install  only the set-up of make run"
	@echo "make lint     formatting, style, directions, types"
	@echo "make format   put the formatting right"
	@echo "make lock     pin the newest allowed packages again (needs uv)"

install: $(VENV)/run.stamp
	@echo "Usher is set up: make run starts it, make test checks it."

# AS_OF= (empty) means today. An AS_OF, HOST or PORT of the environment or of make's command line wins.
AS_OF ?= 2023-04-12T10:00:00+08:00
run: export DEMO = 1
run: export AS_OF := $(AS_OF)
run: $(VENV)/run.stamp
	@exec $(BIN)/python -m bot run

# Many tests wait for something most of their time: one more than there are processors keeps these busy.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)')
test: $(VENV)/dev.stamp
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(VENV)/dev.stamp
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# The second lock is held to the versions of the first, so that the tests run what `make run` runs.
LOCK := uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes pyproject.toml
lock:
	@command -v uv >/dev/null || { echo "make lock needs uv (pip install uv)." >&2; exit 1; }
	$(LOCK) --custom-compile-command "make lock" -o requirements.lock
	$(LOCK) --custom-compile-command "make lock" --extra dev -c requirements.lock -o requirements-dev.lock

# A stamp is younger than the lock it was made from. The lock of the tests contains the other one.
$(VENV)/run.stamp: requirements.lock | $(BIN)/python
	@$(call fetch,requirements.lock)
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock | $(BIN)/python
	@$(call fetch,requirements-dev.lock)
	@touch $(VENV)/run.stamp $@

# Without pip a virtual environment takes 0.3 s instead of 15; the packages are put in from outside.
$(BIN)/python:
	@command -v $(PYTHON) >/dev/null || \
		{ echo "Usher needs Python 3.11 or newer: install python3, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Usher needs Python 3.11 or newer, and $$($(PYTHON) --version) was found: install a newer one, or name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import venv' 2>/dev/null || \
		{ echo "This Python has no venv module: install it (Debian, Ubuntu: apt-get install python3-venv) and call make again." >&2; exit 1; }
	@$(PYTHON) -m venv --clear --without-pip $(VENV) || \
		{ echo "The virtual environment $(VENV) could not be made; the reason stands above. Usually: install python3-venv, or make this folder writable." >&2; exit 1; }

# fetch: put the packages of lock $(1) into the virtual environment, by uv, else by pip, else by the pip inside Python.
define fetch
	echo "Setting up the packages of $(1) …"; \
	if command -v uv >/dev/null; then \
		uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1); \
	elif $(PYTHON) -m pip --python $(BIN)/python --version >/dev/null 2>&1; then \
		$(PYTHON) -m pip --python $(BIN)/python install --quiet --disable-pip-version-check --require-hashes -r $(1); \
	elif $(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null 2>&1; then \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1); \
	else \
		echo "Nothing here can fetch packages: install uv, or pip (Debian, Ubuntu: apt-get install python3-venv), and call make again." >&2; exit 1; \
	fi || { echo "The packages could not be fetched; the reason stands above. Usually: no network, or a proxy that is not set. Call make again then." >&2; exit 1; }
endef
