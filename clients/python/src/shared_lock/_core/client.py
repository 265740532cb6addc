"""All that a client can do, on the loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine, Mapping
from dataclasses import replace
from typing import Any, Literal, Protocol, TypeVar

from .._generated.sharedlock.v1 import lock_pb2
from ..models import LockEvent, LockState
from . import acquire as acquiring
from .claims import Claim, LockClaim
from .convert import lock_event_from, lock_from, request_id
from .feed import Feed
from .hold import HoldStream
from .keeping.keeper import Keeper
from .leases import open_lease
from .lock import CoreLock
from .parts import Parts
from .session import CoreSession
from .settings import Settings
from .wire.caller import Caller
from .wire.endpoints import Endpoints
from .wire.faults import client_closed
from .wire.renewal_link import RenewalLink
from .wire.tokens import Token, Tokens
from .wire.watching import Resumable, Watcher

Item = TypeVar("Item")


class Held(Protocol):
    """What a client gives back when it closes."""

    async def dispose(self) -> None: ...


HeldT = TypeVar("HeldT", CoreLock, CoreSession, HoldStream)


class CoreClient:
    """Made on the loop, and used there."""

    def __init__(self, settings: Settings, token: Token | None) -> None:
        loop = asyncio.get_running_loop()
        self._tokens = Tokens(token, settings.addresses if settings.tls is None else ())
        self._endpoints = Endpoints(settings.addresses, settings.tls)
        caller = Caller(self._endpoints, self._tokens, settings.deadline)
        self._link = RenewalLink(loop, self._endpoints, self._tokens)
        watcher = Watcher(self._endpoints, self._tokens, settings.deadline, caller.silence)
        self.parts = Parts(settings, caller, watcher, Keeper(loop, self._link))
        self._held: set[Held] = set()
        self._works: set[asyncio.Task[Any] | None] = set()
        self._ends: set[asyncio.Task[Any]] = set()
        self._closing: asyncio.Task[None] | None = None

    async def acquire(self, claim: Claim, ttl: float | None, wait: float | None) -> CoreLock:
        return await self._own(await self.while_open(acquiring.acquire(self.parts, claim, ttl, wait)))

    async def session(self, ttl: float | None, owner: str | None, labels: Mapping[str, str]) -> CoreSession:
        who = self.parts.settings.owner if owner is None else owner
        lease = await self.while_open(open_lease(self.parts, ttl, who, labels))
        return await self._own(CoreSession(self.parts, lease))

    async def hold(self, claim: LockClaim, ttl: float | None, wait: float | None) -> HoldStream:
        self.parts.check_open()
        stream = HoldStream(self.parts, self._endpoints, self._tokens, claim, ttl, wait)
        await self.while_open(stream.granted())
        return await self._own(stream)

    async def get_lock(self, name: str) -> LockState:
        request = lock_pb2.GetLockRequest(name=name)
        return lock_from(await self.parts.caller.unary(lambda daemon: daemon.locks.GetLock, request))

    async def check_token(self, name: str, token: int) -> bool:
        return await LockClaim(name, "").is_current(self.parts.caller, token)

    async def force_release(self, name: str, reason: str, token: int) -> bool:
        request = lock_pb2.ForceReleaseRequest(name=name, reason=reason, fencing_token=token, request_id=request_id())
        return (await self.parts.caller.unary(lambda daemon: daemon.locks.ForceRelease, request)).released

    def watch_lock(self, name: str, from_revision: int) -> AsyncGenerator[LockEvent, None]:
        return self.parts.watcher.watch(
            Resumable(
                method=lambda daemon: daemon.locks.WatchLock,
                request=lambda revision: lock_pb2.WatchLockRequest(name=name, from_revision=revision),
                read=lock_event_from,
                revision_of=lambda event: event.revision,
                is_state=lambda event: event.state is not None,
                resync=lambda event: [replace(event, kind="RESYNC")],
            ),
            from_revision,
        )

    def feed(self, items: AsyncGenerator[Item, None]) -> Feed[Item]:
        """Until it is closed, or the client is."""
        self.parts.check_open()
        feed = Feed(items)
        self._works.add(feed.task)
        feed.task.add_done_callback(self._works.discard)
        return feed

    async def close(self) -> None:
        """Gives back what is held, ends watches and waits, and closes the connections. Once; never raises SharedLockError."""
        if self._closing is None:
            self._closing = asyncio.get_running_loop().create_task(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self.parts.is_closing = True
        for work in list(self._works):
            if work is not None:
                work.cancel()
        ending = asyncio.gather(*(held.dispose() for held in list(self._held)))
        try:
            await asyncio.wait_for(self._ended(ending), self.parts.settings.deadline)
        except (TimeoutError, asyncio.TimeoutError):
            self.parts.warn(RuntimeError("not all that the client held was given back; the rest ends with its TTL"))
        self._link.close()
        await self._endpoints.close()

    async def _ended(self, ending: asyncio.Future[list[None]]) -> None:
        await ending
        await self.parts.settled()

    async def while_open(self, work: Coroutine[Any, Any, Item]) -> Item:
        """Its result, unless the client closes before. In the task of its caller, so that a result is never lost on its way."""
        task = asyncio.current_task()
        try:
            self.parts.check_open()
            self._works.add(task)
            return await work
        except asyncio.CancelledError:
            if self.parts.is_closing:
                raise client_closed() from None
            raise
        finally:
            work.close()
            self._works.discard(task)

    async def _own(self, held: HeldT) -> HeldT:
        """To be given back at the end, unless it is before."""
        if self.parts.is_closing:
            # It came while the client was closed.
            await held.dispose()
            raise client_closed()
        self._held.add(held)
        ended = asyncio.get_running_loop().create_task(held.is_ended.wait())
        self._ends.add(ended)

        def drop(_: asyncio.Task[Literal[True]]) -> None:
            self._ends.discard(ended)
            self._held.discard(held)

        ended.add_done_callback(drop)
        return held
