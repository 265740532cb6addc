#!/bin/sh
# Runs a tool of .venv in this folder: `test.sh pytest -k lease`.
set -eu
cd "$(dirname "$0")"
PATH="$PWD/.venv/bin:$PATH" exec "$@"
