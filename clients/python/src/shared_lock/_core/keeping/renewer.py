"""Renews one lease."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ...errors import Code, SharedLockError
from ..backoff import backoff
from ..clock import now
from .guard import LeaseGuard
from .lease_state import ENDED, Alive, LeaseState, Lost, margin, preempted

_SHARE_OF_TTL_TO_RENEW = 1 / 3
# Of leases of less than 5 s the margin takes a large part: so much of the time that is left.
_SHARE_OF_TERM_TO_RENEW = 5 / 12
_SHARE_OF_TTL_TO_HEDGE = 1 / 10
_MAX_HEDGE = 1.0
_MAX_BETWEEN_HEDGES = 30.0


class Renewal(Protocol):
    """One renewal that was sent."""

    answer: Awaitable[float]
    """The TTL granted, in seconds."""

    def doubt(self) -> None:
        """Its answer is late: the next ones go another way."""


class RenewalWays(Protocol):
    """How renewals are sent; `RenewalLink` over the wire."""

    def renew(self, lease_id: int, timeout: float, doubted: Callable[[], None]) -> Renewal:
        """`doubted` is called if another renewal, sent the same way, was not answered in time, and this one neither."""

    def keep_warm(self, is_needed: bool) -> None:
        """Whether the next way is to be open before it is needed: there is a lease that could not wait for that."""

    def rest(self) -> None:
        """Nothing is to be renewed for now."""


class Renewer:
    """Renews a lease every third of its TTL, a short one more often.

    A renewal that is not answered soon is sent again another way beside the first one, and so on until one is answered or the
    lease is lost; the first answer counts.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, ways: RenewalWays, lease_id: int, ttl: float, guard: LeaseGuard) -> None:
        self._loop = loop
        self._ways = ways
        self._lease_id = lease_id
        self._ttl = ttl
        self._guard = guard
        self._timer: asyncio.TimerHandle | None = None
        self._round = 0
        self._tries = 0
        self._last: Renewal | None = None
        self._is_stopped = False
        self._answers: set[asyncio.Task[None]] = set()
        guard.listen(self._follow)
        state = guard.state
        if isinstance(state, Alive):
            self._next_round(state.sent_at)

    def stop(self) -> None:
        self._is_stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _follow(self, after: LeaseState, before: LeaseState) -> None:
        if isinstance(after, Lost):
            self.stop()
        # There is doubt: don't wait for the pace, unless a round is under way.
        elif after.doubted_at is not None and isinstance(before, Alive) and before.doubted_at is None and self._tries == 0:
            self._try()

    def _next_round(self, sent_at: float) -> None:
        self._tries = 0
        self._round += 1
        term = self._ttl - margin(self._ttl)
        pace = min(self._ttl * _SHARE_OF_TTL_TO_RENEW, term * _SHARE_OF_TERM_TO_RENEW)
        self._later(sent_at + pace - now())

    def _later(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if not self._is_stopped:
            self._timer = self._loop.call_later(max(delay, 0), self._try)

    def _try(self) -> None:
        state = self._guard.state
        if self._is_stopped or isinstance(state, Lost):
            return
        self._tries += 1
        this_round, tries, sent_at = self._round, self._tries, now()
        if tries > 1 and self._last is not None:
            self._last.doubt()

        def doubted() -> None:
            # Unless it was sent again already.
            if this_round == self._round and tries == self._tries:
                self._try()

        renewal = self._ways.renew(self._lease_id, state.lost_at - sent_at, doubted)
        self._last = renewal
        self._later(self._hedge(tries))
        answer = self._loop.create_task(self._await(renewal, this_round, tries, sent_at))
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)

    async def _await(self, renewal: Renewal, this_round: int, tries: int, sent_at: float) -> None:
        try:
            ttl = await renewal.answer
        except SharedLockError as error:
            self._failed(error, this_round, tries)
            return
        if self._is_stopped:
            return
        self._guard.renewed(sent_at, ttl)
        # Answers to tries of earlier rounds don't move this one.
        if this_round == self._round:
            self._next_round(sent_at)

    def _failed(self, error: SharedLockError, this_round: int, tries: int) -> None:
        if self._is_stopped:
            return
        if error.code is Code.NOT_FOUND:
            self._guard.ended(preempted(error.args[0]) if error.reason == "PREEMPTED" else ENDED)
        # Nothing is known of the lease, also if who calls was not: only the clock decides. If no other try is under way, don't
        # wait as
        # long as for an answer.
        elif this_round == self._round and tries == self._tries:
            self._later(backoff(tries))

    def _hedge(self, tries: int) -> float:
        share = self._ttl * _SHARE_OF_TTL_TO_HEDGE
        first = min(share, _MAX_HEDGE)
        longest = max(first, min(share, _MAX_BETWEEN_HEDGES))
        return float(min(first * 2 ** min(tries - 1, 20), longest))
