# The front door: `make demo` shows the product at work, `make test` proves it.
SHELL := /bin/sh
export TOLLWRIGHT_HOME ?= $(CURDIR)/var
SERVE ?= 1
BIN := .venv/bin

.PHONY: help demo test quick check unit integration e2e bench fuzz lock audit sbom clean

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: .venv/.demo ## bill the example files, then serve on 127.0.0.1:8000 (SERVE=0: end there)
	@$(BIN)/tollwright demo $(if $(filter 0,$(SERVE)),--no-serve,)

test: .venv/.test ## every check and every test
	@scripts/test.sh

check: .venv/.test ## the checks without the tests
	@scripts/checks.sh

quick: .venv/.test ## the developer's loop, under a minute: style, unit tests and laws
	@scripts/quick.sh

unit integration e2e: .venv/.test ## one kind of test
	@$(BIN)/pytest tests/$@

bench: .venv/.test ## measure; a table on stderr, JSON lines on stdout
	@$(BIN)/python -m bench

fuzz: .venv/.test ## the kernel against the core, at length
	@TOLLWRIGHT_FUZZ=1 $(BIN)/pytest tests/unit/kernel

lock: ## renew the lock files from pyproject.toml
	@scripts/lock.sh

audit: ## known holes of the locked packages, by pip-audit; says so when its service was not reached
	@python3 scripts/audit.py

sbom: ## what is shipped, from requirements.lock, as CycloneDX: var/sbom.json
	@mkdir -p var && python3 scripts/sbom.py requirements.lock >var/sbom.json && echo "var/sbom.json"

.venv/.demo: requirements.lock pyproject.toml scripts/setup.sh
	@if [ ! -e .venv/.test ]; then echo "Setting up: a virtual environment from requirements.lock"; scripts/setup.sh requirements.lock; fi
	@touch $@

.venv/.test: requirements-dev.lock pyproject.toml scripts/setup.sh
	@echo "Setting up: a virtual environment from requirements-dev.lock"
	@scripts/setup.sh requirements-dev.lock
	@touch $@ .venv/.demo

clean: ## remove what was made: the virtual environments and the demo's data
	@-[ -x $(BIN)/tollwright ] && $(BIN)/tollwright stop
	@rm -rf .venv .venv-tools var
