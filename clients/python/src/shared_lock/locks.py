"""What a program holds, and watches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Generic, TypeVar

from ._core.client import CoreClient
from ._core.documents import CoreElection
from ._core.feed import Feed
from ._core.held import CoreHeld, HeldBase, lock_claim, optional_seconds
from ._core.lock import CoreLock
from ._core.runtime import Runtime, Work
from ._core.session import CoreSession
from ._core.settings import Seconds
from .models import Mode

Item = TypeVar("Item")


class Lost:
    """As a threading.Event that is set when the lock is lost: by this process's own clock, before anybody else can be granted
    the lock.
    """

    def __init__(self, core: CoreHeld) -> None:
        self._core = core
        self._event = threading.Event()
        core.when_lost(self._event.set)

    def is_set(self) -> bool:
        """Looks at the clock, so it is right also after the process stood still."""
        return self._core.cause is not None

    def wait(self, timeout: float | None = None) -> bool:
        """Returns whether it is lost, after `timeout` seconds at most."""
        self._event.wait(timeout)
        return self.is_set()


class Lock(HeldBase):
    """A lock that this client holds, and keeps by renewing its lease, until it is released or lost."""

    def __init__(self, runtime: Runtime, core: CoreHeld) -> None:
        super().__init__(core)
        self._runtime = runtime
        self.lost = Lost(core)

    def release(self) -> bool:
        """Gives the lock back. Idempotent. Never touches a lock that somebody else holds by now. Returns False if it was lost
        before.

        Raises SharedLockError UNAVAILABLE if no daemon answers in time: others then get it when the TTL is over.
        """
        return self._runtime.run(self._held.release())

    def confirm(self) -> None:
        """Asks a daemon whether the token is still the holder's. Raises as `check`; SharedLockError UNAVAILABLE if nobody
        answers.
        """
        self.check()
        if isinstance(self._held, CoreLock):
            self._runtime.run(self._held.confirm())

    def __enter__(self: LockT) -> LockT:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        # Not yet released, so that a loss during the work is told apart from one afterwards.
        loss = self.loss
        self._runtime.run(self._held.dispose())
        if loss is not None and error is None:
            raise loss


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

    def proclaim(self, value: str) -> None:
        """Changes the published value (at most 64 KiB), and keeps the term. Raises LockLost if the term is lost."""
        self._runtime.run(self._election.proclaim(self._core, value))

    def resign(self) -> bool:
        """Gives up the term: who waits longest is elected at once. As `release`."""
        return self.release()


class Taking(AbstractContextManager[LockT]):
    """A lock that is asked for: `with` takes it, and releases it in the end; `acquire` leaves that to its caller."""

    def __init__(self, take: Callable[[], LockT]) -> None:
        self._take = take
        self._lock: LockT | None = None

    def acquire(self) -> LockT:
        """Raises NotAcquired if others hold it until the wait is over; SharedLockError RESOURCE_EXHAUSTED if too many wait,
        UNAVAILABLE if no daemon can be reached, INVALID_ARGUMENT for a name or an argument that can't be used.
        """
        return self._take()

    def __enter__(self) -> LockT:
        """As `acquire`."""
        self._lock = self._take()
        return self._lock

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Releases it. Raises LockLost if it was lost before the work had come to its end without an error."""
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.__exit__(kind, error, trace)


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
        return Taking(
            lambda: Lock(
                self._runtime, self._runtime.run(self._client.while_open(self._core.acquire(claim, seconds)), CoreLock.dispose)
            )
        )

    def revoke(self) -> bool:
        """Ends the lease; all it holds is released, and lost to those who use it. Idempotent. Returns False if it had ended
        before.
        """
        return self._runtime.run(self._core.revoke())

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._runtime.run(self._core.dispose())


class Watch(Generic[Item]):
    """An iterator over what happens, over lost connections and daemons. Close it, or use it with `with`."""

    def __init__(self, runtime: Runtime, open_feed: Work[Feed[Item]]) -> None:
        self._runtime = runtime
        self._feed = runtime.run(open_feed)

    def __iter__(self) -> Watch[Item]:
        return self

    def __next__(self) -> Item:
        """Waits for it. Raises SharedLockError if no daemon can be reached for longer than the client's deadline."""
        try:
            return self._runtime.run(self._feed.next(), self._feed.put_back)
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """Ends it, also for a thread that waits for its next item."""
        self._runtime.run(self._feed.close())

    def __enter__(self) -> Watch[Item]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
