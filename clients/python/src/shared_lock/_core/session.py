"""Any number of locks with one lease."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from ..errors import Code, SharedLockError
from .acquire import acquire_under, unless_lost
from .claims import Claim
from .clock import now
from .keeping.lease_state import LeaseState, Lost
from .leases import HeldLease
from .lock import CoreLock
from .parts import Parts, retrieved

_MAX_LOCKS = 10_000


@dataclass
class _Use:
    """What a name is taken for: awaited (no lock), held, or given back (no lock, and `ended` is on its way)."""

    lock: CoreLock | None = None
    ended: asyncio.Event | None = None


class CoreSession:
    """A daemon gives a lease the same grant again. So while a lock is being given back its name stays taken: who asks for it
    again has to
    wait until nothing of that is left, not even a request on its way.
    """

    def __init__(self, parts: Parts, lease: HeldLease) -> None:
        self.lease = lease
        self._parts = parts
        self._uses: dict[str, _Use] = {}
        self._revoking: asyncio.Task[bool] | None = None
        self.is_ended = asyncio.Event()
        lease.guard.listen(self._follow)
        self._waiting: set[asyncio.Task[None]] = set()

    @property
    def locks(self) -> list[CoreLock]:
        return [use.lock for use in self._uses.values() if use.lock is not None]

    async def acquire(self, claim: Claim, wait: float | None) -> CoreLock:
        """As `acquire`, with this lease. Raises NotAcquired; LeaseLost if the lease is lost meanwhile; SharedLockError
        FAILED_PRECONDITION if this session holds that lock, or waits for it, already; UNAVAILABLE (RELEASE_PENDING) if a
        release of the same lock does not end in time.
        """
        until = math.inf if wait is None else now() + wait
        self._parts.check_open()
        self.lease.check_lives()
        must_end = self._take(claim)
        lock: CoreLock | None = None
        try:
            if must_end is not None:
                await self._until_free(claim, must_end, until)
                must_end = None
            self.lease.check_lives()

            def leaving(work: asyncio.Task[None]) -> None:
                nonlocal must_end
                must_end = asyncio.Event()
                work.add_done_callback(lambda _, ended=must_end: ended.set())  # type: ignore[misc]

            lock = await acquire_under(self._parts, claim, self.lease, until, leaving)
            return lock
        finally:
            if lock is not None:
                self._hold(claim.name, lock)
            elif must_end is not None:
                self._free_after(claim.name, must_end)
            else:
                del self._uses[claim.name]

    async def revoke(self) -> bool:
        """Ends the lease, and all it holds; the locks are lost to their users before. Once, whoever gives up waiting for that."""
        for lock in self.locks:
            lock.revoked()
        if self._revoking is None:
            self._revoking = asyncio.get_running_loop().create_task(self.lease.revoke())
            self._revoking.add_done_callback(self._revoked)
        return await asyncio.shield(self._revoking)

    async def dispose(self) -> None:
        """As `revoke`, but what goes wrong is a warning."""
        try:
            await self.revoke()
        except SharedLockError as error:
            warning = RuntimeError("a session was not revoked; it ends when its TTL is over")
            warning.__cause__ = error
            self._parts.warn(warning)

    def _revoked(self, revoking: asyncio.Task[bool]) -> None:
        self.is_ended.set()
        retrieved(revoking)

    def _follow(self, after: LeaseState, _before: LeaseState) -> None:
        if isinstance(after, Lost):
            self.is_ended.set()

    def _take(self, claim: Claim) -> asyncio.Event | None:
        """From here it is awaited. Returns what of its last use must have ended first."""
        use = self._uses.get(claim.name)
        is_held = use is not None and use.lock is not None and use.lock.cause is None and not use.lock.is_released
        if use is not None and (use.ended is None or is_held):
            raise _refused(f"this session holds or awaits {claim.title} already")
        if use is None and len(self._uses) >= _MAX_LOCKS:
            raise _refused(f"this session has {_MAX_LOCKS} locks already")
        self._uses[claim.name] = _Use()
        return None if use is None else use.ended

    def _hold(self, name: str, lock: CoreLock) -> None:
        self._set(name, _Use(lock, lock.is_ended))

    def _free_after(self, name: str, ended: asyncio.Event) -> None:
        self._set(name, _Use(None, ended))

    def _set(self, name: str, use: _Use) -> None:
        self._uses[name] = use

        async def free() -> None:
            if use.ended is not None:
                await use.ended.wait()
            if self._uses.get(name) is use:
                del self._uses[name]

        self._waiting.add(task := asyncio.get_running_loop().create_task(free()))
        task.add_done_callback(self._waiting.discard)

    async def _until_free(self, claim: Claim, ended: asyncio.Event, until: float) -> None:
        """For as long as the lock would be waited for, and a call may take."""
        limit = max(until - now(), 0) + self._parts.settings.deadline
        try:
            await unless_lost(self.lease, asyncio.wait_for(ended.wait(), None if math.isinf(limit) else limit))
        except (TimeoutError, asyncio.TimeoutError):
            message = f"whether {claim.title} was given back by this session before is not known yet; ask again"
            raise SharedLockError(Code.UNAVAILABLE, message, reason="RELEASE_PENDING") from None


def _refused(message: str) -> SharedLockError:
    return SharedLockError(Code.FAILED_PRECONDITION, message, reason="NAME_IN_USE")
