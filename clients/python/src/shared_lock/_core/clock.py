"""Time that only grows."""

from __future__ import annotations

import time
from dataclasses import dataclass

# Where there is one that goes on while the machine sleeps, it is the one to trust.
_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def now() -> float:
    """Seconds, on one monotonic clock."""
    return time.monotonic() if _CLOCK is None else time.clock_gettime(_CLOCK)


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks, read at the same moment."""

    monotonic: float
    wall: float


def read() -> Reading:
    return Reading(now(), time.time())


_TOLERANCE = 1.0


def has_stalled(earlier: Reading, later: Reading, period: float) -> bool:
    """Whether something stood still between two readings that should be `period` apart: the loop, the process, or the machine.

    While a machine sleeps its monotonic clock may stand still, but the wall clock goes on. A wall clock that was set forward
    looks the same: doubting a lease too often does no harm.
    """
    elapsed = later.monotonic - earlier.monotonic
    wall_elapsed = later.wall - earlier.wall
    return elapsed > period + _TOLERANCE or wall_elapsed > elapsed + _TOLERANCE
