"""A lock that this client holds."""

from __future__ import annotations

import asyncio
from typing import Literal

from ..errors import Code, LockLost, SharedLockError
from ..models import Fence
from .backoff import backoff
from .claims import Claim, GrantName
from .keeping.lease_state import ENDED, NOT_HOLDER, REVOKED, Alive, Cause, LeaseState, Lost, preempted
from .leases import HeldLease
from .listeners import Listener, Listeners
from .parts import Parts, retrieved

LeaseOwner = Literal["daemon", "client", "session"]
"""Whose business it is to end the lease with the lock."""

# A loss is told after this at the latest, with its cause or without.
_CAUSE = 0.3


class CoreLock:
    """Kept by renewing its lease. `cause` and `is_released` may be asked from any thread; all else is for the loop."""

    def __init__(self, parts: Parts, claim: Claim, token: int, lease: HeldLease, lease_owner: LeaseOwner) -> None:
        self.claim = claim
        self.token = token
        self.lease = lease
        self._parts = parts
        self._lease_owner = lease_owner
        self._lost: Cause | None = None
        self._is_unconfirmed = False
        self._confirming: asyncio.Task[None] | None = None
        self._releasing: asyncio.Task[bool] | None = None
        self.is_released = False
        self.is_ended = asyncio.Event()
        """Nothing of it is left; of a session, for sure."""
        self._lost_listeners = Listeners()
        self._unlisten = lease.guard.listen(self._follow)
        cause = lease.guard.cause
        if cause is not None:
            self._lose(cause)

    @property
    def cause(self) -> Cause | None:
        """Why it is lost, as of now; None: it is not, or was released before. Looks at the clock."""
        if self._lost is None and not self.is_released:
            cause = self.lease.guard.cause
            if cause is not None:
                self._lost = cause
        return self._lost

    @property
    def fence(self) -> Fence:
        return self.claim.fence(self.token)

    @property
    def is_suspect(self) -> bool:
        state = self.lease.guard.state
        return self._is_unconfirmed or (isinstance(state, Alive) and state.doubted_at is not None)

    def error(self, cause: Cause) -> LockLost:
        return LockLost(self.claim.name, self.claim.title, self.token, cause.reason, cause.why)

    def check(self) -> None:
        """Raises LockLost if it is lost; SharedLockError FAILED_PRECONDITION (RELEASED) if it was released. From any thread."""
        cause = self.cause
        if cause is not None:
            raise self.error(cause)
        if self.is_released:
            raise SharedLockError(Code.FAILED_PRECONDITION, f"{self.claim.title} was released", reason="RELEASED")

    def when_lost(self, listener: Listener) -> None:
        """Is called once, when it is lost, or at once. From any thread."""
        self._lost_listeners.add(listener)

    async def confirm(self) -> None:
        """Asks a daemon whether the token is still the holder's. Raises as `check`, and SharedLockError if nobody answers."""
        self.check()
        is_current = await self.claim.is_current(self._parts.caller, self.token)
        if not is_current and not self.is_released:
            self._lose(await self._why_gone())
        self.check()

    async def release(self) -> bool:
        """Gives it back, once, whoever gives up waiting for that. Returns False if it was lost before."""
        if self._releasing is None:
            work = self._release() if self.cause is None else _nothing()
            self._releasing = asyncio.get_running_loop().create_task(work)
            self._releasing.add_done_callback(retrieved)
        return await asyncio.shield(self._releasing)

    async def dispose(self) -> None:
        """As `release`, but what goes wrong is a warning."""
        try:
            await self.release()
        except SharedLockError as error:
            warning = RuntimeError(f"{self.claim.title} was not released; others get it when its TTL is over")
            warning.__cause__ = error
            self._parts.warn(warning)

    def revoked(self) -> None:
        """Its session is about to be revoked: its user shall stop before somebody else can be granted it."""
        if not self.is_released:
            self._lose(REVOKED)

    async def _release(self) -> bool:
        self.is_released = True
        self._unlisten()
        if self._lease_owner != "session":
            self.lease.let_go()
        try:
            why = await self._give_back()
            self.is_ended.set()
            return why is None
        except SharedLockError:
            self._go_on_releasing()
            raise
        finally:
            if self._lease_owner == "client":
                self._parts.background("ending the lease of a lock", self.lease.revoke())

    def _go_on_releasing(self) -> None:
        """Whether it was given back is not known. A lease of its own ends by itself; a session would hold it on and on."""
        if self._lease_owner != "session":
            self.is_ended.set()
            return
        work = give_back_surely(self._parts, self.claim, self.lease, GrantName(token=self.token))
        task = self._parts.background(f"releasing {self.claim.title}", work)
        task.add_done_callback(lambda _: self.is_ended.set())

    async def _give_back(self) -> Cause | None:
        """Why there is nothing to give back; None if it was given back."""
        try:
            grant = GrantName(token=self.token)
            released = await self.claim.give_back(self._parts.caller, self.lease.id, grant)
            return None if released else ENDED
        except SharedLockError as error:
            # All else says nothing about who holds the lock.
            if error.reason == "PREEMPTED":
                return preempted(str(error.args[0]))
            if error.code is Code.FAILED_PRECONDITION:
                return NOT_HOLDER
            if error.code is Code.NOT_FOUND:
                return ENDED
            raise

    async def _why_gone(self) -> Cause:
        """A release of what is not held harms nobody, and says why it isn't. That it is lost is certain without an answer."""
        try:
            return await asyncio.wait_for(self._give_back(), _CAUSE) or NOT_HOLDER
        except (SharedLockError, TimeoutError, asyncio.TimeoutError):
            return NOT_HOLDER

    def _follow(self, after: LeaseState, before: LeaseState) -> None:
        if isinstance(after, Lost):
            self._lose(after.cause)
        elif after.doubted_at is None:
            # A lease that was renewed may hold its locks no more. Of one that was made for the lock alone an operator who takes
            # the
            # lock away ends the lease too; of a session only the lock goes.
            if isinstance(before, Alive) and before.doubted_at is not None:
                self._is_unconfirmed = True
            if self._is_unconfirmed or self._lease_owner == "session":
                self._confirm_soon()

    def _confirm_soon(self) -> None:
        if self._confirming is not None or self.is_released:
            return

        async def confirm() -> None:
            try:
                await self.confirm()
                self._is_unconfirmed = False
            except SharedLockError:
                # Lost: it was told. No answer: the next renewal asks again.
                pass
            finally:
                self._confirming = None

        self._confirming = asyncio.get_running_loop().create_task(confirm())

    def _lose(self, cause: Cause) -> None:
        # A thread may have seen it first.
        self._lost = self._lost or cause
        if self.is_ended.is_set():
            return
        self._unlisten()
        self.is_ended.set()
        self._lost_listeners.tell()
        if self._lease_owner != "session" and not self.is_released and self.lease.guard.cause is None:
            # There was no other use for the lease.
            self.lease.guard.ended(cause)
            self._parts.background("ending the lease of a lost lock", self.lease.revoke())


async def _nothing() -> bool:
    return False


async def give_back_surely(parts: Parts, claim: Claim, lease: HeldLease, grant: GrantName) -> None:
    """Gives a grant of a session back until it is certain that nothing of it is left: by an answer, or since the session is over.

    Until then the session must not ask for that name again: it might be told of this very grant.
    """
    tries = 0
    while not lease.is_over:
        tries += 1
        try:
            await claim.give_back(parts.caller, lease.id, grant)
            return
        except SharedLockError as error:
            # It is not held, or not by this lease, or not with this token; all else says nothing.
            if error.code in (Code.FAILED_PRECONDITION, Code.NOT_FOUND):
                return
            if parts.is_closing:
                raise
        await asyncio.sleep(backoff(tries))
