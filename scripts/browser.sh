#!/bin/sh
# The end-to-end tests need a Chromium: the machine's, else Debian's package, else Playwright's own.
set -eu
cd "$(dirname "$0")/.."
for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium for the end-to-end tests"
    if apt-get install -y -qq chromium >/dev/null 2>&1 ||
        { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1; then
        command -v chromium >/dev/null 2>&1 && exit 0
    fi
fi
echo "Fetching Playwright's Chromium for the end-to-end tests"
.venv/bin/playwright install chromium
