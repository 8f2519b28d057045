# Works with Python 3.11 or newer and make alone; everything else goes into .venv.
.DEFAULT_GOAL := help
.PHONY: help setup studio test check fix frontend conformance bench soak clean
PY := .venv/bin/python

help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-12s%s\n", $$1, $$2}' Makefile

setup: ## make .venv with everything in it (the others do this first)
	@PYTHON='$(PYTHON)' sh scripts/setup.sh

studio: setup ## open PacketFlow Studio in the browser
	@.venv/bin/packetflow studio

test: setup ## everything that must pass: check, unit, docs, browser, crash, mcp
	@$(PY) scripts/run_tests.py check unit browser+docs crash+mcp

check: setup ## the quick form, under two minutes: format, lint, types, layers, spelling, unit tests
	@HYPOTHESIS_PROFILE=quick $(PY) scripts/run_tests.py check unit

fix: setup ## format, and mend what the linter can mend
	@$(PY) -m ruff check --quiet --fix --exit-zero
	@$(PY) -m ruff format

frontend: setup ## check and build the canvas: studio/frontend into packetflow/show/static
	@sh scripts/build_frontend.sh

conformance: setup ## hold MCP server and client against the official suites (downloads them)
	@$(PY) scripts/run_conformance.py

bench: setup ## measure; make bench NAMES="store" runs one
	@$(PY) -m tests.bench $(NAMES)

soak: setup ## crash and property tests with full counts (long)
	@KILLS=$${KILLS:-200} HYPOTHESIS_PROFILE=soak $(PY) scripts/run_tests.py soak

clean: ## remove what make made: .venv, caches, build results
	@rm -rf .venv build dist *.egg-info studio/frontend/node_modules tests/clients/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	@find packetflow arenas studio tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +
