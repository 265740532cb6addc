#!/bin/sh
# All tests of this library, with the race detector where there is a C compiler, which that needs. They run the daemon that `npm run build` makes.
set -eu
cd "$(dirname "$0")"
race=-race
command -v cc >/dev/null || race=
# shellcheck disable=SC2086 # No word, if it is empty.
./tool.sh go test $race ./...
