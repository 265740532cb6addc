"""Taking a lock."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..errors import Code, NotAcquired, SharedLockError
from .claims import Claim, Grant, GrantName, Take, Tried
from .clock import now
from .convert import request_id
from .keeping.lease_state import LeaseState, Lost
from .leases import MAX_TRIES, HeldLease, kept_lease, open_lease, too_late
from .lock import CoreLock, give_back_surely
from .parts import Parts, retrieved

T = TypeVar("T")

# Daemons keep a waiter for so long by default.
_MAX_WAIT = 3600.0


async def acquire(parts: Parts, claim: Claim, ttl: float | None, wait: float | None) -> CoreLock:
    """Takes a lock with a lease of its own. `wait` None: as long as it takes. Raises NotAcquired if others hold it until then.

    First a try, which is one call. To wait, the client makes the lease itself: then it can be revoked, whatever became of the
    waiting, so that no grant is left behind that nobody heard of; and a waiter whose daemon dies goes on at another one with
    the same lease.
    """
    parts.check_open()
    parts.keeper.check_room()
    until = math.inf if wait is None else now() + wait

    async def release(late: CoreLock | NotAcquired) -> None:
        if isinstance(late, CoreLock):
            await late.release()

    tried = await parts.unless_cancelled(_try(parts, claim, ttl), release)
    if isinstance(tried, CoreLock):
        return tried
    if now() >= until:
        raise tried
    return await _wait(parts, claim, ttl, until)


async def _try(parts: Parts, claim: Claim, ttl: float | None) -> CoreLock | NotAcquired:
    for _ in range(MAX_TRIES):
        take = Take(wait=None, ttl=ttl, request_id=request_id())
        sent_at = now()
        try:
            tried = await claim.take(parts.caller, lambda take=take: take)  # type: ignore[misc]
        except SharedLockError as error:
            # A grant that was over before its holder heard of it.
            if error.code is Code.NOT_FOUND:
                continue
            raise
        if not isinstance(tried, Grant):
            return tried
        lease = await kept_lease(parts, tried, sent_at)
        if lease is not None:
            return CoreLock(parts, claim, tried.token, lease, "daemon")
    raise too_late()


async def _wait(parts: Parts, claim: Claim, ttl: float | None, until: float) -> CoreLock:
    while True:
        parts.check_open()
        lease = await open_lease(parts, ttl, parts.settings.owner, {})
        grant: Grant | None = None
        try:
            tried = await wait_under(parts, claim, lease, until)
            if not isinstance(tried, Grant):
                raise tried
            grant = tried
            return CoreLock(parts, claim, tried.token, lease, "client")
        except NotAcquired:
            raise
        except SharedLockError as error:
            parts.check_open()
            # The lease was lost while it waited, and nothing else: with another one it goes on.
            if lease.guard.cause is None and error.code is not Code.NOT_FOUND:
                raise
            if now() >= until:
                raise _interrupted(claim) from error
        finally:
            if grant is None:
                parts.background("ending the lease of a waiter", lease.revoke())


async def wait_under(parts: Parts, claim: Claim, lease: HeldLease, until: float, ids: list[str] | None = None) -> Tried:
    """Waits with a lease that is there, at one daemon after the other if they go. Raises LeaseLost if the lease is lost
    meanwhile.

    `ids`: is added the id of each request, so that it can be withdrawn; None: the lease is of this claim alone, and needs none.
    """

    def left() -> float:
        return min(max(until - now(), 0), _MAX_WAIT)

    while True:
        made = ""
        if ids is not None:
            made = request_id()
            ids.append(made)

        def take(made: str = made) -> Take:
            return Take(wait=left(), lease_id=lease.id, request_id=made)

        tried = await unless_lost(lease, claim.take(parts.caller, take))
        if isinstance(tried, Grant) or now() >= until:
            return tried


async def acquire_under(
    parts: Parts, claim: Claim, lease: HeldLease, until: float, leaving: Callable[[asyncio.Task[None]], None]
) -> CoreLock:
    """Takes a lock with the lease of a session. If it is given up, or ends without an answer, its request is withdrawn.

    `leaving` is told when that has ended, however it does: before, the session must not ask for the name again.
    """
    ids: list[str] = []
    try:
        tried = await wait_under(parts, claim, lease, until, ids)
    except BaseException as error:
        # Another daemon, which did not answer, may have granted it before. But not what all daemons refuse.
        if ids and not (isinstance(error, SharedLockError) and error.code is Code.INVALID_ARGUMENT):
            work = give_back_surely(parts, claim, lease, GrantName(request_id=ids[-1]))
            leaving(parts.background(f"giving {claim.title} back, which is not wanted any more,", work))
        raise
    if not isinstance(tried, Grant):
        raise tried
    return CoreLock(parts, claim, tried.token, lease, "session")


async def unless_lost(lease: HeldLease, work: Coroutine[Any, Any, T]) -> T:
    """The result of work. Raises LeaseLost as soon as the lease is lost, and calls the work off."""
    task = asyncio.get_running_loop().create_task(work)
    task.add_done_callback(retrieved)
    lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def follow(after: LeaseState, _before: LeaseState) -> None:
        if isinstance(after, Lost) and not lost.done():
            lost.set_result(None)

    unlisten = lease.guard.listen(follow)
    try:
        lease.check_lives()
        await asyncio.wait((task, lost), return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            lease.check_lives()
        return await task
    finally:
        unlisten()
        lost.cancel()
        task.cancel()


def _interrupted(claim: Claim) -> SharedLockError:
    """The caller never held what was lost: it only waited with it."""
    message = (
        f"whether {claim.title} could be had in time is not known: "
        "the daemons, or their storage, were out of reach at the end of the wait"
    )
    return SharedLockError(Code.UNAVAILABLE, message, reason="WAIT_INTERRUPTED")
