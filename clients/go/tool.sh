#!/bin/sh
# Runs a tool of Go in this folder: `tool.sh go test ./...`. Go is that of the PATH, of /usr/local/go, or what get-go.sh got. One from 1.21 on gets
# the version of go.mod from the Go module proxy by itself; the older ones don't know how.
set -eu
cd "$(dirname "$0")"

is_new_enough() {
  minor=$("$1" env GOVERSION 2>/dev/null | sed -n 's/^go1\.\([0-9]*\).*/\1/p')
  [ "${minor:-0}" -ge 21 ]
}

for go in "$(command -v go || true)" /usr/local/go/bin/go "$PWD/.bin/go/bin/go"; do
  if [ -x "$go" ] && is_new_enough "$go"; then
    PATH="$(dirname "$go"):$PATH" exec "$@"
  fi
done
echo "Go 1.21 or later is needed: https://go.dev/dl/, or clients/go/get-go.sh" >&2
exit 1
