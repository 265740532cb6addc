"""What a holder may believe of its lease, by its own monotonic clock alone. Pure functions.

    HELD ──half of the TTL without a renewal, or a stall──▶ SUSPECT ──TTL less the margin──▶ LOST
      ◀──────────────── renewed, sent after the doubt ──────────┘
    HELD, SUSPECT ──the daemon says that it has ended──▶ LOST

A lease counts from when the last renewal that succeeded was SENT: the store counts from when it arrived, which is later. So LOST
comes before anybody else can be granted what the lease held, whatever daemons say or don't.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a lease, or what it held, was lost: the `reason` of LeaseLost, and what to say of it."""

    reason: Literal["UNREACHABLE", "ENDED", "EXPIRED", "REVOKED", "PREEMPTED", "NOT_HOLDER"]
    why: str


ENDED = Cause("ENDED", "its lease has expired or was revoked")
EXPIRED = Cause("EXPIRED", "its lease has expired")
REVOKED = Cause("REVOKED", "its lease was revoked")
NOT_HOLDER = Cause("NOT_HOLDER", "its lease does not hold it any more")


def preempted(message: str) -> Cause:
    """An operator took the lock away, and said why."""
    return Cause("PREEMPTED", message)


def unreachable(late: float) -> Cause:
    """`late`: how long after the deadline it was noticed; much, if the process stood still."""
    if late < 1:
        return Cause("UNREACHABLE", "its lease could not be renewed in time")
    stood = f"this process stood still, until {late:.1f} s after the deadline"
    return Cause("UNREACHABLE", f"its lease was not renewed in time; {stood}")


@dataclass(frozen=True, slots=True)
class Alive:
    """HELD, or, from `suspect_at` on or when there is doubt, SUSPECT: it may well be held, but it is time to renew at once."""

    sent_at: float
    ttl: float
    suspect_at: float
    lost_at: float
    doubted_at: float | None = None
    """SUSPECT if it is not None. A renewal proves something only if it was sent then or later."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Final: not even a renewal that succeeds revives it."""

    cause: Cause


LeaseState = Alive | Lost


def margin(ttl: float) -> float:
    """How long before the TTL is over the lease counts as lost: the larger of 1 s and 20 %, but at most half of the TTL.

    For clocks that drift, and for what it takes to stop working.
    """
    return min(max(1.0, ttl * 0.2), ttl / 2)


def held_since(sent_at: float, ttl: float) -> Alive:
    """The state of a lease that was granted `ttl`, by a request that was sent at `sent_at`."""
    return Alive(sent_at, ttl, suspect_at=sent_at + ttl / 2, lost_at=sent_at + ttl - margin(ttl))


def ticked(state: LeaseState, now: float) -> LeaseState:
    """Time has passed. The same object if nothing changes. All other events look at the clock by it first."""
    if isinstance(state, Lost):
        return state
    if now >= state.lost_at:
        return Lost(unreachable(now - state.lost_at))
    if state.doubted_at is None and now >= state.suspect_at:
        return replace(state, doubted_at=state.sent_at)
    return state


def stalled(state: LeaseState, now: float) -> LeaseState:
    """This process stood still, or its machine slept."""
    state = ticked(state, now)
    return state if isinstance(state, Lost) else replace(state, doubted_at=now)


def ended(state: LeaseState, now: float, cause: Cause) -> LeaseState:
    """The daemon says so. That it can't be reached is no event: only the deadline decides then."""
    state = ticked(state, now)
    return state if isinstance(state, Lost) else Lost(cause)


def renewed(state: LeaseState, now: float, sent_at: float, ttl: float) -> LeaseState:
    """A renewal that was sent at `sent_at` was answered with `ttl`."""
    state = ticked(state, now)
    # The answer of a renewal that was sent before the one that counts says nothing new.
    if isinstance(state, Lost) or sent_at <= state.sent_at:
        return state
    held = held_since(sent_at, ttl)
    if state.doubted_at is not None and sent_at < state.doubted_at:
        held = replace(held, doubted_at=state.doubted_at)
    # It was answered so late that it is overdue, or lost, already.
    return ticked(held, now)


def next_tick_at(state: LeaseState) -> float | None:
    """When `ticked` is due; None if never."""
    if isinstance(state, Lost):
        return None
    return state.suspect_at if state.doubted_at is None else state.lost_at
