#!/bin/sh
# The checks that need no database: style, types, layers.
set -eu
cd "$(dirname "$0")/.."
echo "ruff";           .venv/bin/ruff check -q .; .venv/bin/ruff format -q --check src tests bench examples
echo "mypy --strict";  .venv/bin/mypy
echo "import-linter";  .venv/bin/lint-imports >var/import-linter.txt 2>&1 || { cat var/import-linter.txt; exit 1; }
