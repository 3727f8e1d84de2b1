#!/bin/sh
# Renews the lock files. They name versions and hashes, and no place to fetch them from: that is
# the business of whoever installs.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
uv lock -q
options="--format requirements-txt --no-emit-project --no-header --no-annotate --frozen"
uv export -q $options --no-dev --group build >"$work/requirements.lock"
uv export -q $options --group dev --group build >"$work/requirements-dev.lock"
for name in requirements.lock requirements-dev.lock; do
    { echo "# Made by scripts/lock.sh from pyproject.toml."; cat "$work/$name"; } >"$name"
done
