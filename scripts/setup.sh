#!/bin/sh
# Makes .venv from a lock file: scripts/setup.sh requirements.lock
set -eu
cd "$(dirname "$0")/.."
lock=$1

say() { printf '%s\n' "$*" >&2; }

python=${PYTHON:-$(command -v python3 || true)}
[ -n "$python" ] || { say "Python 3.11 or newer is needed: install python3, or set PYTHON to one."; exit 1; }
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "$python is $("$python" -V 2>&1); Python 3.11 or newer is needed. Set PYTHON to one."
    exit 1
}

find_uv() {
    if command -v uv >/dev/null 2>&1; then command -v uv; return; fi
    if [ ! -x .venv-tools/bin/uv ]; then
        if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
            if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
                say "Installing python3-venv, which this Python comes without."
                apt-get install -y -qq python3-venv >/dev/null 2>&1 ||
                    { apt-get update -qq && apt-get install -y -qq python3-venv; } >&2
            else
                say "This Python comes without venv. Run: sudo apt install python3-venv (or install uv)."
                exit 1
            fi
        fi
        "$python" -m venv .venv-tools >&2
        .venv-tools/bin/python -m pip install -q --disable-pip-version-check uv >&2
    fi
    echo "$PWD/.venv-tools/bin/uv"
}

uv=$(find_uv)
export UV_PYTHON_DOWNLOADS=never
export UV_SYSTEM_CERTS=1 UV_NATIVE_TLS=1  # trust whom the machine trusts, a mirror of your own included
[ -x .venv/bin/python ] || "$uv" venv -q --python "$python" .venv
# compiled at once: else every start of an installation that may not write here compiles it anew
"$uv" pip sync -q --compile-bytecode --python .venv/bin/python --require-hashes "$lock"
"$uv" pip install -q --python .venv/bin/python --no-deps --no-build-isolation --editable .
