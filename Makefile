# What people type. Everything is set up on the first call; a second one finds it ready. `make help` lists the targets.
PYTHON ?= python3
PY := .venv/bin/python
BOOT := $(PYTHON) tools/bootstrap.py
PYTEST := $(PY) -m pytest
WORKERS ?= 2
SOURCES := src tests tools bench examples
SHELL := /bin/bash
unexport PYTHONHOME PYTHONPATH PYTHONSTARTUP
.DEFAULT_GOAL := help
.PHONY: help setup demo test lint check check-all api bench dev lock format clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup:  ## the environments (.venv, .venvs/task)
	@$(BOOT) dev task

demo: setup  ## a cluster on loopback trains a real model and shows what it can do
	@$(PY) tools/demo.py

test:  ## set up and pass every test, with PostgreSQL, a browser and the real client
	@$(BOOT) system dev task
	@[ "$(UNDETERRED_TORCH)" != 1 ] || $(BOOT) torch || echo "[setup] no PyTorch: the tests marked torch are skipped"
	@$(PYTEST) -n $(WORKERS) --dist worksteal $(ARGS)

check: lint  ## under two minutes: format, lint, types, and the tests that need neither PostgreSQL nor a browser nor minutes
	@echo "[check] imports and tests on SQLite" && $(PYTEST) -q -n $(WORKERS) -m "not (postgres or browser or slow or torch or realclient)" $(ARGS)

lint:  ## format, lint, types
	@$(BOOT) dev
	@echo "[lint] format" && .venv/bin/ruff format --check $(SOURCES)
	@echo "[lint] rules" && .venv/bin/ruff check $(SOURCES)
	@echo "[lint] types" && .venv/bin/mypy

check-all: lint test  ## everything before a hand-over

api:  ## write docs/api/openapi.json and docs/compatibility.md from the code
	@$(BOOT) dev
	@$(PY) tools/make_api.py

bench: setup  ## a table: ours, the peer, the ratio
	@$(PY) bench/run.py $(ARGS)

dev: setup  ## a server in the foreground, data in .demo/dev
	@$(PY) -m undeterred.cli.main up --foreground --data .demo/dev $(ARGS)

format:  ## mend format and what lint can mend
	@.venv/bin/ruff format $(SOURCES) && .venv/bin/ruff check --fix $(SOURCES)

lock:  ## pin what is installed now
	@$(PY) tools/lock.py

clean:  ## remove what make made
	rm -rf .venv .venvs .demo .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist
