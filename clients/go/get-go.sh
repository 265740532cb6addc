#!/bin/sh
# Puts a Go of its own into .bin/go, from the Go module proxy, where the machine has none that is new enough. It takes curl and Python.
set -eu
cd "$(dirname "$0")"

version=go1.26.8
case $(uname -sm) in
  "Linux x86_64") platform=linux-amd64 sum=30c2b1bf7dcc88d3eb0a1364e47ddd9128edb3110a30e8a0ef61cd5856b31de7 ;;
  "Linux aarch64") platform=linux-arm64 sum=02b36b6787b3ac767668f630e2998df45a3b1f9ffee08d1bf3ef6487cd658d99 ;;
  *) echo "Go 1.21 or later is needed: https://go.dev/dl/" >&2; exit 1 ;;
esac

mkdir -p .bin
folder=$(mktemp -d .bin/get-go.XXXXXX)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
curl -fsSL --max-time 300 -o "$folder/go.zip" \
     "https://proxy.golang.org/golang.org/toolchain/@v/v0.0.1-$version.$platform.zip"
echo "$sum  $folder/go.zip" | sha256sum --check --quiet
python3 -m zipfile -e "$folder/go.zip" "$folder"
chmod -R a+x "$folder/golang.org/toolchain@v0.0.1-$version.$platform/bin" \
             "$folder/golang.org/toolchain@v0.0.1-$version.$platform/pkg/tool"
rm -rf .bin/go
mv "$folder/golang.org/toolchain@v0.0.1-$version.$platform" .bin/go
