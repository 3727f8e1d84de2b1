#!/bin/sh
# The checks that need no database: style of code and templates, types, layers.
set -eu
cd "$(dirname "$0")/.."
echo "ruff";           .venv/bin/ruff check -q .; .venv/bin/ruff format -q --check src tests bench examples
echo "djlint";         .venv/bin/djlint --check --quiet src/tollwright/web/templates
# The types of the models come with Django's settings; with an address they start no database.
echo "mypy --strict";  DATABASE_URL=postgresql://nobody@127.0.0.1:1/none .venv/bin/mypy
echo "import-linter";  .venv/bin/lint-imports >var/import-linter.txt 2>&1 || { cat var/import-linter.txt; exit 1; }
