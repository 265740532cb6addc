"""How far a watch has come."""

from __future__ import annotations


class Progress:
    """Over all streams of a watch.

    Several items can have one revision; a stream that was cut between them is resumed before that revision, and what was told
    of it is not told again.
    """

    def __init__(self, from_revision: int) -> None:
        self._after = from_revision
        self._revision = 0
        self._told = 0
        self._seen = 0

    def resume_after(self) -> int:
        """Where the next stream begins; 0: with the state of now."""
        self._seen = 0
        return self._after

    def forget(self) -> None:
        """History is gone: the next stream begins with the state of now."""
        self._begin(0, 0)

    def is_new(self, revision: int, is_state: bool) -> bool:
        """Counts an item. A state is always new, and nothing else of its revision follows."""
        if is_state:
            self._begin(revision, revision)
            return True
        # Revisions never fall: of several documents of one revision all but the last have the one before, and come again with it.
        if revision < self._revision:
            return False
        if revision > self._revision:
            self._begin(max(revision - 1, 0), revision)
        self._seen += 1
        if self._seen <= self._told:
            return False
        self._told = self._seen
        return True

    def _begin(self, after: int, revision: int) -> None:
        self._after = after
        self._revision = revision
        self._told = 0
        self._seen = 0
