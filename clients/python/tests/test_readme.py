"""The examples of the documents, as they stand but for where the daemon is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ROOT, Daemon


def examples() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path in ("README.md", "clients/python/README.md"):
        text = Path(ROOT / path).read_text()
        found += [(path, code) for code in re.findall(r"^```python\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)]
    return found


def test_there_are_examples() -> None:
    assert [path for path, _ in examples()] == ["README.md", "clients/python/README.md", "clients/python/README.md"]


@pytest.mark.parametrize(("path", "code"), examples())
def test_an_example_runs_as_it_stands(memory: Daemon, path: str, code: str) -> None:
    here = code.replace("localhost:50051", memory.address)
    done = subprocess.run([sys.executable, "-c", here], capture_output=True, text=True, timeout=30)
    assert done.stderr == ""
    assert done.returncode == 0
    assert "token" in done.stdout or "STATE" in done.stdout
