"""Pauses between tries."""

from __future__ import annotations

import random

_FIRST = 0.05
_MAX = 1.0


def backoff(tries: int) -> float:
    """The pause before the nth try, from 1, in seconds: half of it at random, so that many clients don't keep step."""
    full: float = min(_FIRST * 2 ** min(tries - 1, 10), _MAX)
    return full / 2 + random.uniform(0, full / 2)
