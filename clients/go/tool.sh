#!/bin/sh
# Runs a tool of Go in this folder: `tool.sh go test ./...`. Go is that of the PATH, or of /usr/local/go; one from 1.21 on gets the version of go.mod
# from the Go module proxy by itself.
set -eu
cd "$(dirname "$0")"
PATH="$PATH:/usr/local/go/bin"
command -v go >/dev/null || { echo "Go is needed: https://go.dev/dl/" >&2; exit 1; }
exec "$@"
