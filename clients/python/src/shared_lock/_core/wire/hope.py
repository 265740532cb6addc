"""When not to try again."""

from __future__ import annotations

from ...errors import SharedLockError
from .faults import is_hopeless
from .pool import Pool


class Hope:
    """Is lost once each daemon has failed in a way that doesn't get better."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._without: set[Pool] = set()

    def is_lost(self, pool: Pool, error: SharedLockError) -> bool:
        """Takes into account how a try ended."""
        if is_hopeless(error):
            self._without.add(pool)
        else:
            self._without.discard(pool)
        return len(self._without) == self._count
