#!/bin/sh
# Writes sharedlockv1/ anew from proto/, and v3lockpb/ of the benchmark: `clients/go/generate.sh`. Needs Go and its module proxy, and buf of `npm ci`; all is pinned.
set -eu
cd "$(dirname "$0")"

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
export GOBIN="$tools"
./tool.sh go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.12
./tool.sh go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.6.2

PATH="$tools:$PATH" ../../node_modules/.bin/buf generate --template buf.gen.yaml ../../proto --path ../../proto/sharedlock
cd ../../test/bench/go
PATH="$tools:$PATH" ../../../node_modules/.bin/buf generate --template buf.gen.yaml ../proto --path ../proto/v3lock.proto
