"""What a program holds, and watches."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Generic, TypeVar

from .._core.client import CoreClient, Feed
from .._core.documents import CoreElection
from .._core.held import CoreHeld, HeldBase, lock_claim, optional_seconds
from .._core.lock import CoreLock
from .._core.runtime import Runtime, Work
from .._core.session import CoreSession
from .._core.settings import Seconds
from ..models import Mode

Item = TypeVar("Item")


class Lost:
    """As an asyncio.Event that is set when the lock is lost: by this process's own clock, before anybody else can be granted
    the lock.
    """

    def __init__(self, core: CoreHeld) -> None:
        self._core = core
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._listeners: list[Callable[[], None]] = []
        core.when_lost(self._set_soon)

    def is_set(self) -> bool:
        """Looks at the clock, so it is right also after the process stood still."""
        return self._core.cause is not None

    async def wait(self) -> bool:
        """Until it is lost."""
        await self._event.wait()
        return True

    def listen(self, listener: Callable[[], None]) -> None:
        """Is called on the loop of the caller, unless it is lost already."""
        self._listeners.append(listener)

    def _set_soon(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._set)
        except RuntimeError:
            # The caller's loop was closed meanwhile.
            return

    def _set(self) -> None:
        self._event.set()
        for listener in self._listeners:
            listener()


class Lock(HeldBase):
    """A lock that this client holds, and keeps by renewing its lease, until it is released or lost."""

    def __init__(self, runtime: Runtime, core: CoreHeld) -> None:
        super().__init__(core)
        self._runtime = runtime
        self.lost = Lost(core)

    async def release(self) -> bool:
        """Gives the lock back. Idempotent. Never touches a lock that somebody else holds by now. Returns False if it was lost
        before.

        Raises SharedLockError UNAVAILABLE if no daemon answers in time: others then get it when the TTL is over.
        """
        return await self._runtime.arun(self._held.release())

    async def confirm(self) -> None:
        """Asks a daemon whether the token is still the holder's. Raises as `check`; SharedLockError UNAVAILABLE if nobody
        answers.
        """
        self.check()
        if isinstance(self._held, CoreLock):
            await self._runtime.arun(self._held.confirm())

    async def dispose(self) -> None:
        """As `release`, but what goes wrong is a warning."""
        await self._runtime.arun(self._held.dispose())


LockT = TypeVar("LockT", bound=Lock)


class Leadership(Lock):
    """A term of this process as the leader."""

    def __init__(self, runtime: Runtime, core: CoreLock, election: CoreElection) -> None:
        super().__init__(runtime, core)
        self._core = core
        self._election = election

    @property
    def term(self) -> int:
        """Its fencing token."""
        return self.token

    async def proclaim(self, value: str) -> None:
        """Changes the published value (at most 64 KiB), and keeps the term. Raises LockLost if the term is lost."""
        await self._runtime.arun(self._election.proclaim(self._core, value))

    async def resign(self) -> bool:
        """Gives up the term: who waits longest is elected at once. As `release`."""
        return await self.release()


class Taking(AbstractAsyncContextManager[LockT], Awaitable[LockT]):
    """A lock that is asked for: `async with` takes it, and releases it in the end; `await` takes it, and leaves that to its
    caller.

    If the lock is lost, the work within `async with` is cancelled, as by asyncio.timeout, and LockLost is raised in the end.
    """

    def __init__(self, take: Callable[[], Work[LockT]]) -> None:
        self._take = take
        self._lock: LockT | None = None
        self._task: asyncio.Task[Any] | None = None
        self._has_cancelled = False

    def __await__(self) -> Generator[Any, None, LockT]:
        """Raises NotAcquired if others hold it until the wait is over; SharedLockError RESOURCE_EXHAUSTED if too many wait,
        UNAVAILABLE if no daemon can be reached, INVALID_ARGUMENT for a name or an argument that can't be used.
        """
        return self._take().__await__()

    async def __aenter__(self) -> LockT:
        """As `await`."""
        lock = await self._take()
        self._lock = lock
        self._task = asyncio.current_task()
        lock.lost.listen(self._cancel)
        return lock

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Releases it. Raises LockLost if it was lost before the work had come to its end without another error."""
        lock, self._lock = self._lock, None
        self._task = None
        if lock is None:
            return
        loss = lock.loss
        is_ours = self._take_back_cancel() and isinstance(error, asyncio.CancelledError)
        await lock.dispose()
        if loss is not None and (error is None or is_ours):
            raise loss from None

    def _cancel(self) -> None:
        if self._task is not None and not self._task.done():
            self._has_cancelled = True
            self._task.cancel()

    def _take_back_cancel(self) -> bool:
        """Returns whether the work was cancelled by this, and by nobody else too."""
        if not self._has_cancelled:
            return False
        if sys.version_info < (3, 11):
            return True
        task = asyncio.current_task()
        return task is not None and task.uncancel() == 0


class Opening(AbstractAsyncContextManager["Session"], Awaitable["Session"]):
    """A session that is asked for: `async with` opens it, and revokes it in the end; `await` leaves that to its caller."""

    def __init__(self, take: Callable[[], Work[Session]]) -> None:
        self._take = take
        self._session: Session | None = None

    def __await__(self) -> Generator[Any, None, Session]:
        return self._take().__await__()

    async def __aenter__(self) -> Session:
        self._session = await self._take()
        return self._session

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.dispose()


class Session:
    """Any number of locks with one lease. When it ends, they are all released at once."""

    def __init__(self, runtime: Runtime, client: CoreClient, core: CoreSession) -> None:
        self._runtime = runtime
        self._client = client
        self._core = core

    @property
    def ttl(self) -> float:
        """What was granted, in seconds."""
        return self._core.lease.ttl

    @property
    def is_alive(self) -> bool:
        """Neither lost nor revoked, by this process's own clock."""
        return not self._core.lease.is_over

    def lock(
        self,
        name: str,
        *,
        wait: Seconds | None = None,
        mode: Mode = "EXCLUSIVE",
        limit: int = 0,
        permits: int = 0,
        owner: str | None = None,
        value: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Taking[Lock]:
        """As `client.lock`, with this lease. Raises LeaseLost too, if the lease is lost meanwhile."""
        claim = lock_claim(
            self._client.parts.settings,
            name,
            mode=mode,
            limit=limit,
            permits=permits,
            owner=owner,
            value=value,
            labels=labels,
        )
        seconds = optional_seconds("wait", wait)

        async def take() -> Lock:
            core = await self._runtime.arun(self._client.while_open(self._core.acquire(claim, seconds)), CoreLock.dispose)
            return Lock(self._runtime, core)

        return Taking(take)

    async def revoke(self) -> bool:
        """Ends the lease; all it holds is released, and lost to those who use it. Idempotent. Returns False if it had ended
        before.
        """
        return await self._runtime.arun(self._core.revoke())

    async def dispose(self) -> None:
        """As `revoke`, but what goes wrong is a warning."""
        await self._runtime.arun(self._core.dispose())


class Watch(Generic[Item]):
    """An iterator over what happens, over lost connections and daemons. Close it, or use it with `async with`."""

    def __init__(self, runtime: Runtime, open_feed: Callable[[], Work[Feed[Item]]]) -> None:
        self._runtime = runtime
        self._open_feed = open_feed
        self._feed: Feed[Item] | None = None

    def __aiter__(self) -> Watch[Item]:
        return self

    async def __anext__(self) -> Item:
        """Waits for it; may be given up, and asked again. Raises SharedLockError if no daemon can be reached for too long."""
        return await self._runtime.arun((await self._open()).next())

    async def close(self) -> None:
        """Ends it, also for a task that waits for its next item."""
        await self._runtime.arun((await self._open()).close())

    async def __aenter__(self) -> Watch[Item]:
        await self._open()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def _open(self) -> Feed[Item]:
        if self._feed is None:
            self._feed = await self._runtime.arun(self._open_feed())
        return self._feed
