#!/bin/sh
# Fails, and names them, if there are files that gofmt would change.
set -eu
cd "$(dirname "$0")"
unformatted=$(./tool.sh gofmt -l . ../../test/bench/go)
[ -z "$unformatted" ] || { echo "gofmt -w: $unformatted" >&2; exit 1; }
