"""Keeps all leases of a client."""

from __future__ import annotations

import asyncio

from ...errors import Code, SharedLockError
from .. import clock
from .guard import LeaseGuard
from .lease_state import LeaseState, Lost, held_since
from .renewer import RenewalWays, Renewer

_MAX_LEASES = 10_000
_TICK = 1.0
# A lease of less has no time to wait for a new connection once a renewal is late.
_SHORT_TTL = 5.0


class KeptLease:
    """A lease that is renewed until it is lost, or `stop` is called."""

    def __init__(self, keeper: Keeper, guard: LeaseGuard, renewer: Renewer, is_short: bool) -> None:
        self.guard = guard
        self.renewer = renewer
        self.is_short = is_short
        self._keeper = keeper

    def stop(self) -> None:
        self.guard.stop()
        self._keeper.drop(self)


class Keeper:
    """Keeps leases alive, and looks out for stalls of this process."""

    def __init__(self, loop: asyncio.AbstractEventLoop, ways: RenewalWays) -> None:
        self._loop = loop
        self._ways = ways
        self._kept: set[KeptLease] = set()
        self._short_ones = 0
        self._timer: asyncio.TimerHandle | None = None

    def check_room(self) -> None:
        """Raises SharedLockError RESOURCE_EXHAUSTED if 10,000 leases are kept already."""
        if len(self._kept) >= _MAX_LEASES:
            message = f"this client keeps {_MAX_LEASES} leases already; take more locks with one session"
            raise SharedLockError(Code.RESOURCE_EXHAUSTED, message, reason="LEASES_LIMIT")

    def keep(self, lease_id: int, sent_at: float, ttl: float) -> KeptLease:
        """`sent_at`: when the request was sent that was answered with the lease, or with its last renewal."""
        guard = LeaseGuard(self._loop, held_since(sent_at, ttl))
        renewer = Renewer(self._loop, self._ways, lease_id, ttl, guard)
        kept = KeptLease(self, guard, renewer, is_short=ttl < _SHORT_TTL)
        self._kept.add(kept)
        if kept.is_short:
            self._short_ones += 1
            if self._short_ones == 1:
                self._ways.keep_warm(True)
        if self._timer is None:
            self._tick_from(clock.read())

        def follow(after: LeaseState, _before: LeaseState) -> None:
            if isinstance(after, Lost):
                self.drop(kept)

        guard.listen(follow)
        # The answer came so late that there is nothing left of it.
        if guard.cause is not None:
            self.drop(kept)
        return kept

    def drop(self, kept: KeptLease) -> None:
        """It is renewed no more."""
        if kept not in self._kept:
            return
        self._kept.remove(kept)
        kept.renewer.stop()
        if kept.is_short:
            self._short_ones -= 1
            if self._short_ones == 0:
                self._ways.keep_warm(False)
        if not self._kept:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._ways.rest()

    def _tick_from(self, earlier: clock.Reading) -> None:
        def tick() -> None:
            later = clock.read()
            if clock.has_stalled(earlier, later, _TICK):
                for kept in list(self._kept):
                    kept.guard.stalled()
            # The last lease may have been lost by that.
            if self._kept:
                self._tick_from(later)

        self._timer = self._loop.call_later(_TICK, tick)
