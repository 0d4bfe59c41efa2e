#!/bin/sh
# Fetches what looks at pages: Debian's chromium where we may install it, and what drives it. Says in one line what is missing.
set -eu
venv=$1
if [ -z "${AMANA_CHROMIUM:-}" ] && ! command -v chromium >/dev/null; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "Installing Debian's chromium ..."
        { apt-get -qq update && apt-get -qq install -y --no-install-recommends chromium fonts-noto-core; } >/dev/null 2>&1 ||
            echo "Debian's chromium could not be installed; the tests with a browser will be skipped." >&2
    else
        echo "No chromium here, so the tests with a browser are skipped. On Debian: apt-get install chromium fonts-noto-core" >&2
    fi
fi
# Not among what everybody installs: it is 165 MB, and nothing else needs it. Its own browsers are never downloaded.
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: \
    -r requirements-browser.txt || echo "playwright could not be installed; the tests with a browser will be skipped." >&2
