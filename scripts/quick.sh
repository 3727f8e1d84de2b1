#!/bin/sh
# The developer's loop, under a minute: style, then unit tests and laws with few examples a property
# and without those that take seconds. `make test` is what must pass before anything lands.
set -eu
cd "$(dirname "$0")/.."
mkdir -p var
.venv/bin/ruff check -q .
.venv/bin/ruff format -q --check src tests bench examples
export NUMBA_CACHE_DIR="${NUMBA_CACHE_DIR:-$PWD/var/compiled}"
.venv/bin/tollwright warm
TOLLWRIGHT_QUICK=1 .venv/bin/pytest -m "not slow" tests/unit tests/laws
