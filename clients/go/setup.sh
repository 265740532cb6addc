#!/bin/sh
# Makes .bin/conformance, the driver of this library for the suite of all clients. It gets Go, if there is none that is new enough, and modules from the Go
# module proxy; with --here it asks nobody, and fails if this machine has not all that it takes.
set -eu
cd "$(dirname "$0")"
if [ "${1:-}" = --here ]; then
  export GOPROXY=off GOTOOLCHAIN=local
else
  ./tool.sh true 2>/dev/null || ./get-go.sh
  ./tool.sh go -C ../../test/bench/go mod download
fi
./tool.sh go build -o .bin/conformance ./internal/conformance
