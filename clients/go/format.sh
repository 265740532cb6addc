#!/bin/sh
# Fails, and names them, if there are files that gofmt would change.
set -eu
cd "$(dirname "$0")"
unformatted=$(find . ../../test/bench/go -path ./.bin -prune -o -name '*.go' -exec ./tool.sh gofmt -l {} +)
[ -z "$unformatted" ] || { echo "gofmt -w: $unformatted" >&2; exit 1; }
