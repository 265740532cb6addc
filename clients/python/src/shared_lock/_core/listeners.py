"""Told once, from any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable

Listener = Callable[[], None]


class Listeners:
    """Each is called once: when it comes to pass, or at once if it has."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._has_come = False

    def add(self, listener: Listener) -> None:
        with self._lock:
            if not self._has_come:
                self._listeners.append(listener)
                return
        listener()

    def tell(self) -> None:
        with self._lock:
            self._has_come = True
            listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()
