#!/bin/sh
# Makes .bin/conformance, the driver of this library for the suite of all clients. It takes Go, and its module proxy unless that was asked before.
set -eu
cd "$(dirname "$0")"
./tool.sh go build -o .bin/conformance ./internal/conformance
