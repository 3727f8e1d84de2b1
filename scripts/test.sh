#!/bin/sh
# Everything that must hold. Uses DATABASE_URL's server when it is set, else the embedded one.
set -eu
cd "$(dirname "$0")/.."
mkdir -p var
scripts/browser.sh
scripts/checks.sh
.venv/bin/pytest
