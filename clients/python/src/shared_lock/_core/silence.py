"""How long a daemon was not heard."""

from __future__ import annotations

import threading

from .clock import now
from .keeping.lease_state import Cause, unreachable


class Silence:
    """How long the daemon was not heard. Whoever hears nothing for `quiet` has lost the lock, and that is final. From any
    thread.
    """

    def __init__(self, quiet: float) -> None:
        self.quiet = quiet
        self._lock = threading.Lock()
        self._heard_at = now()
        self._cause: Cause | None = None

    @property
    def left(self) -> float:
        return self._heard_at + self.quiet - now()

    @property
    def cause(self) -> Cause | None:
        with self._lock:
            if self._cause is None and self.left <= 0:
                self._cause = unreachable(-self.left)
            return self._cause

    def heard(self) -> None:
        """Of no account if it comes too late."""
        if self.cause is None:
            self._heard_at = now()

    def ended(self, cause: Cause) -> Cause:
        """Returns the first one."""
        with self._lock:
            self._cause = self._cause or cause
            return self._cause
