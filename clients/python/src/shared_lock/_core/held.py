"""What both surfaces show of what is held. All of it may be asked from any thread, and looks at the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from ..errors import LockLost
from ..models import Fence, Mode
from .claims import Claim, ElectionClaim, LockClaim
from .keeping.lease_state import Cause
from .settings import Seconds, Settings, seconds_of


class CoreHeld(Protocol):
    """A lock by a lease, or by a stream."""

    @property
    def claim(self) -> Claim: ...

    @property
    def token(self) -> int: ...

    @property
    def is_released(self) -> bool: ...

    @property
    def cause(self) -> Cause | None: ...

    def error(self, cause: Cause) -> LockLost: ...

    def check(self) -> None: ...

    def when_lost(self, listener: Callable[[], None]) -> None: ...

    async def release(self) -> bool: ...

    async def dispose(self) -> None: ...


class HeldBase:
    """A lock that is held, or was."""

    def __init__(self, core: CoreHeld) -> None:
        self._held = core

    @property
    def name(self) -> str:
        return self._held.claim.name

    @property
    def token(self) -> int:
        """The fencing token: higher than every token granted for this name before. Give it along with what you write."""
        return self._held.token

    @property
    def fence(self) -> Fence:
        """For writes of counters and documents that are to be done only while this is held."""
        return self._held.claim.fence(self.token)

    @property
    def is_held(self) -> bool:
        """Neither lost nor released, by this process's own clock."""
        return self._held.cause is None and not self._held.is_released

    @property
    def loss(self) -> LockLost | None:
        """Why it is lost; None: it is not, or was released before."""
        cause = self._held.cause
        return None if cause is None else self._held.error(cause)

    def check(self) -> None:
        """For the last moment before something that must not be done without the lock.

        Raises LockLost if it is lost, SharedLockError FAILED_PRECONDITION (RELEASED) if it was released.
        """
        self._held.check()

    def __repr__(self) -> str:
        state = "held" if self.is_held else "lost" if self.loss is not None else "released"
        return f"<{type(self).__name__} {self.name!r} token={self.token} {state}>"


def lock_claim(
    settings: Settings,
    name: str,
    *,
    mode: Mode,
    limit: int,
    permits: int,
    owner: str | None,
    value: str,
    labels: Mapping[str, str] | None,
) -> LockClaim:
    """What is asked of a lock."""
    who = settings.owner if owner is None else owner
    return LockClaim(name, who, "SEMAPHORE" if limit else mode, limit, permits, value, dict(labels or {}))


def election_claim(
    settings: Settings, name: str, *, candidate: str | None, value: str, labels: Mapping[str, str] | None
) -> ElectionClaim:
    """What a candidate says of itself."""
    return ElectionClaim(name, settings.owner if candidate is None else candidate, value, dict(labels or {}))


def optional_seconds(field: str, value: Seconds | None) -> float | None:
    return None if value is None else seconds_of(field, value)
