#!/bin/sh
# Generates src/shared_lock/_generated from ../../proto, with the tools of .venv (requirements-dev.txt).
set -eu
cd "$(dirname "$0")"
OUT=src/shared_lock/_generated
FILES=""
for name in types lease lock election counter config; do FILES="$FILES ../../proto/sharedlock/v1/$name.proto"; done
PATH="$PWD/.venv/bin:$PATH"
rm -rf "$OUT" && mkdir -p "$OUT"
python -m grpc_tools.protoc -I ../../proto \
       --python_out="$OUT" --grpc_python_out="$OUT" \
       --mypy_out=quiet,relax_strict_optional_primitives:"$OUT" --mypy_grpc_out=quiet:"$OUT" \
       $FILES
# Inside of our package: `sharedlock` is not a name of ours to take.
find "$OUT" -name '*.py*' -exec sed -i 's/^from sharedlock\.v1 import/from shared_lock._generated.sharedlock.v1 import/' {} +
for folder in "$OUT" "$OUT/sharedlock" "$OUT/sharedlock/v1"; do : >"$folder/__init__.py"; done
# Only the messages.
rm -f "$OUT"/sharedlock/v1/types_pb2_grpc.py*
