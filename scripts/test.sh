#!/bin/sh
# Everything that must hold. Uses DATABASE_URL's server when it is set, else the embedded one.
set -eu
cd "$(dirname "$0")/.."
mkdir -p var
scripts/browser.sh
scripts/checks.sh
# compiled once for this machine; the tests' servers and processes share it
export NUMBA_CACHE_DIR="${NUMBA_CACHE_DIR:-$PWD/var/compiled}"
.venv/bin/tollwright warm
.venv/bin/pytest
