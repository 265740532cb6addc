"""What a program holds, and watches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

from .._core.documents import CoreElection
from .._core.feed import Feed
from .._core.held import CoreHeld, HeldBase
from .._core.lock import CoreLock
from .._core.runtime import Runtime, Work

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
        feed = await self._open()
        return await self._runtime.arun(feed.next(), feed.put_back)

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
