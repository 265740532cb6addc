"""Leases that are kept alive."""

from __future__ import annotations

from collections.abc import Mapping

from .._generated.sharedlock.v1 import lease_pb2
from ..errors import Code, LeaseLost, SharedLockError
from .claims import Grant
from .clock import now
from .convert import duration, request_id, seconds
from .keeping.lease_state import Alive, Cause
from .parts import Parts

# A lease, or a grant, that ended before it was heard of is asked for anew so often.
MAX_TRIES = 3


class HeldLease:
    """A lease that is renewed until it is let go, or lost."""

    def __init__(self, parts: Parts, lease_id: int, sent_at: float, ttl: float) -> None:
        self.id = lease_id
        self.ttl = ttl
        self.is_released = False
        self._parts = parts
        self._kept = parts.keeper.keep(lease_id, sent_at, ttl)
        self.guard = self._kept.guard

    @property
    def is_over(self) -> bool:
        """Lost, or given back: then it holds nothing, or will not soon."""
        return self.is_released or self.guard.cause is not None

    @property
    def remaining(self) -> float:
        """Seconds until it counts as lost if no renewal succeeds; 0 once it is over. From any thread."""
        state = self.guard.state
        return max(state.lost_at - now(), 0) if isinstance(state, Alive) and not self.is_released else 0.0

    def check_lives(self) -> None:
        """Raises LeaseLost; SharedLockError FAILED_PRECONDITION if it was revoked."""
        if self.is_released:
            raise SharedLockError(Code.FAILED_PRECONDITION, "the session was revoked", reason="REVOKED")
        cause = self.guard.cause
        if cause is not None:
            raise lease_lost(cause)

    def let_go(self) -> None:
        """It is not renewed any more: it ended with its lock, or is about to."""
        self.is_released = True
        self._kept.stop()

    async def revoke(self) -> bool:
        """Ends it, and all that it holds. Returns False if it had ended before."""
        if self.guard.cause is None:
            self.let_go()
        request = lease_pb2.RevokeLeaseRequest(lease_id=self.id)
        return (await self._parts.caller.unary(lambda daemon: daemon.leases.RevokeLease, request)).revoked


def lease_lost(cause: Cause) -> LeaseLost:
    return LeaseLost("the lease", cause.reason, cause.why)


async def open_lease(parts: Parts, ttl: float | None, owner: str, labels: Mapping[str, str]) -> HeldLease:
    """Makes a bare lease, and keeps it. If the task is cancelled, none is left."""
    parts.keeper.check_room()
    return await parts.unless_cancelled(_create(parts, ttl, owner, labels), lambda lease: lease.revoke())


async def _create(parts: Parts, ttl: float | None, owner: str, labels: Mapping[str, str]) -> HeldLease:
    for _ in range(MAX_TRIES):
        request = lease_pb2.CreateLeaseRequest(ttl=duration(ttl), owner=owner, labels=labels, request_id=request_id())
        sent_at = now()
        answer = await parts.caller.unary(lambda daemon: daemon.leases.CreateLease, request)
        lease = await kept_lease(parts, Grant(answer.grant.lease_id, 0, seconds(answer.grant.ttl)), sent_at)
        if lease is not None:
            return lease
    raise too_late()


async def kept_lease(parts: Parts, grant: Grant, sent_at: float) -> HeldLease | None:
    """A grant that was heard of late may be over already: renewed first, it is known. None if it is over."""
    again_at = now()
    if again_at - sent_at < grant.ttl / 2:
        return HeldLease(parts, grant.lease_id, sent_at, grant.ttl)
    try:
        request = lease_pb2.KeepAliveRequest(lease_id=grant.lease_id)
        await parts.caller.unary(lambda daemon: daemon.leases.KeepAlive, request)
    except SharedLockError as error:
        if error.code is Code.NOT_FOUND:
            return None
        raise
    return HeldLease(parts, grant.lease_id, again_at, grant.ttl)


def too_late() -> SharedLockError:
    message = "grants come so late that they are over already; ask for a longer TTL"
    return SharedLockError(Code.UNAVAILABLE, message, reason="GRANT_TOO_LATE")
