#!/bin/sh
# Generates src/shared_lock/_generated from ../../proto, with the tools of .venv (requirements-dev.txt). With --check it changes nothing,
# and fails if that would change something.
set -eu
cd "$(dirname "$0")"
KEPT=src/shared_lock/_generated
OUT=$(mktemp -d)
trap 'rm -rf "$OUT"' EXIT
PATH="$PWD/.venv/bin:$PATH"
FILES=""
for name in types lease lock election counter config; do FILES="$FILES ../../proto/sharedlock/v1/$name.proto"; done
python -m grpc_tools.protoc -I ../../proto \
       --python_out="$OUT" --grpc_python_out="$OUT" \
       --mypy_out=quiet,relax_strict_optional_primitives:"$OUT" --mypy_grpc_out=quiet:"$OUT" \
       $FILES
# Inside of our package: `sharedlock` is not a name of ours to take.
find "$OUT" -name '*.py*' -exec sed -i 's/^from sharedlock\.v1 import/from shared_lock._generated.sharedlock.v1 import/' {} +
for folder in "$OUT" "$OUT/sharedlock" "$OUT/sharedlock/v1"; do : >"$folder/__init__.py"; done
# It has messages only.
rm -f "$OUT"/sharedlock/v1/types_pb2_grpc.py*
if [ "${1:-}" = --check ]; then
  diff --recursive --brief --exclude=__pycache__ "$OUT" "$KEPT" || { echo "run clients/python/generate.sh, and commit what it makes" >&2; exit 1; }
else
  rm -rf "$KEPT" && cp -r "$OUT" "$KEPT"
fi
