"""Several locks with one lease."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any

from .._core.client import CoreClient
from .._core.held import lock_claim, optional_seconds
from .._core.lock import CoreLock
from .._core.runtime import Runtime, Work
from .._core.session import CoreSession
from .._core.settings import Seconds
from ..models import Mode
from .locks import Lock
from .taking import Taking


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
