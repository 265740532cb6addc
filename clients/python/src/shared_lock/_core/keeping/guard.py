"""The state of one lease over time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from ..clock import now
from . import lease_state
from .lease_state import Alive, Cause, LeaseState, Lost

Listener = Callable[[LeaseState, LeaseState], None]
"""Is told of each new state, after and before, on the loop; a renewal makes a new one too."""


class LeaseGuard:
    """Knows at any moment, in any thread, whether the lease may still be believed in.

    Whoever asks makes it look at the clock: a process that stood still may ask before the loop has run the timer. What has been
    told to be lost stays lost.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, state: Alive) -> None:
        self._loop = loop
        # It is made on the loop.
        self._loop_thread = threading.get_ident()
        self._lock = threading.Lock()
        self._state: LeaseState = state
        self._listeners: list[Listener] = []
        self._timer: asyncio.TimerHandle | None = None
        self._is_over = False
        self._arm()

    @property
    def state(self) -> LeaseState:
        """As of now. From any thread."""
        self._enter(lambda state: lease_state.ticked(state, now()))
        return self._state

    @property
    def cause(self) -> Cause | None:
        """Why it is lost, as of now; None: it is not. From any thread."""
        state = self.state
        return state.cause if isinstance(state, Lost) else None

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Returns what ends the listening."""
        self._listeners.append(listener)

        def unlisten() -> None:
            if listener in self._listeners:
                self._listeners.remove(listener)

        return unlisten

    def renewed(self, sent_at: float, ttl: float) -> None:
        self._enter(lambda state: lease_state.renewed(state, now(), sent_at, ttl))

    def stalled(self) -> None:
        self._enter(lambda state: lease_state.stalled(state, now()))

    def ended(self, cause: Cause) -> None:
        self._enter(lambda state: lease_state.ended(state, now(), cause))

    def stop(self) -> None:
        """Nothing more happens: its owner gave the lease back."""
        with self._lock:
            self._is_over = True
        if self._timer is not None:
            self._timer.cancel()
        self._listeners.clear()

    def _enter(self, step: Callable[[LeaseState], LeaseState]) -> None:
        with self._lock:
            before = self._state
            after = before if self._is_over else step(before)
            self._state = after
        if after is before:
            return
        if threading.get_ident() == self._loop_thread:
            self._tell(after, before)
        else:
            self._loop.call_soon_threadsafe(self._tell, after, before)

    def _tell(self, after: LeaseState, before: LeaseState) -> None:
        if self._is_over:
            return
        self._arm()
        for listener in list(self._listeners):
            listener(after, before)

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        due = lease_state.next_tick_at(self._state)
        if due is not None:
            self._timer = self._loop.call_later(max(due - now(), 0), lambda: self.state)
