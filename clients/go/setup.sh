#!/bin/sh
# Makes .bin/conformance, the driver of this library for the suite of all clients. It takes Go, and its module proxy unless that was asked before;
# with --here it asks nobody, and fails if this machine has not all that it takes.
set -eu
cd "$(dirname "$0")"
if [ "${1:-}" = --here ]; then export GOPROXY=off GOTOOLCHAIN=local; fi
./tool.sh go build -o .bin/conformance ./internal/conformance
