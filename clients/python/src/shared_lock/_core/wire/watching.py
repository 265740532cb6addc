"""Streams of a daemon, that outlive connections and daemons."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Generic, TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from ...errors import Code, SharedLockError
from ..backoff import backoff
from ..clock import now
from .connection import Connection
from .endpoints import Endpoints
from .faults import error_of, may_repeat
from .hope import Hope
from .pool import Pool
from .progress import Progress
from .tokens import Tokens

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Item = TypeVar("Item")

# A stream that is cut earlier may be cut again and again: another one begins after a pause, which grows.
_STEADY = 1.0


@dataclass(frozen=True)
class Resumable(Generic[Request, Response, Item]):
    """How a watch goes on where it was cut."""

    method: Callable[[Connection], grpc.aio.UnaryStreamMultiCallable[Request, Response]]
    request: Callable[[int], Request]
    """From a revision; 0: with the state of now."""
    read: Callable[[Response], Item]
    revision_of: Callable[[Item], int]
    is_state: Callable[[Item], bool]
    """Whether it is a whole state, so that nothing else of its revision follows."""
    resync: Callable[[Item], list[Item]]
    """What stands for the first item of a stream that begins anew with the state of now, since changes were missed."""


class Watcher:
    """Opens watches."""

    def __init__(self, endpoints: Endpoints, tokens: Tokens, deadline: float, silence: float) -> None:
        self._endpoints = endpoints
        self._tokens = tokens
        self._deadline = deadline
        self._silence = silence

    async def watch(self, watch: Resumable[Request, Response, Item], from_revision: int = 0) -> AsyncGenerator[Item, None]:
        """Every item once, in order, over as many streams as it takes; where history is gone, it goes on with the state of now.

        Raises SharedLockError if a daemon refuses it, or none can be reached for longer than the client's deadline.
        """
        progress = Progress(from_revision)
        outage = _Outage(self._deadline, self._endpoints.count)
        has_told = False
        tries = 0
        while True:
            tries += 1
            pool = self._endpoints.current
            began_at = now()
            after = progress.resume_after()
            is_anew = after == 0 and (has_told or from_revision > 0)
            try:
                async with aclosing(self._stream(pool, watch, after, outage)) as responses:
                    async for response in responses:
                        first = watch.read(response)
                        for item in watch.resync(first) if is_anew else [first]:
                            has_told = True
                            if progress.is_new(watch.revision_of(item), watch.is_state(item)):
                                yield item
                        is_anew = False
                # A daemon that ends a watch without a word is going.
                self._endpoints.failed(pool)
            except SharedLockError as error:
                if error.code is Code.UNAUTHENTICATED and tries == 1 and self._tokens.refused():
                    continue
                if not _is_passing(error) or outage.is_too_long(pool, error):
                    raise
                self._learn(pool, error, progress)
            if now() - began_at >= _STEADY:
                tries = 0
            await asyncio.sleep(0 if tries == 0 else backoff(tries))

    def _learn(self, pool: Pool, error: SharedLockError, progress: Progress) -> None:
        if may_repeat(error):
            self._endpoints.failed(pool)
        if error.reason == "COMPACTED":
            progress.forget()

    async def _stream(
        self, pool: Pool, watch: Resumable[Request, Response, Item], after: int, outage: _Outage
    ) -> AsyncGenerator[Response, None]:
        async with pool.place("long") as member:
            metadata = await self._tokens.metadata()
            call = watch.method(member.connection)(watch.request(after), metadata=metadata)
            try:
                # A daemon that takes a stream says so at once.
                await asyncio.wait_for(call.initial_metadata(), self._silence)
                if not call.done():
                    outage.end()
                async for response in call:
                    yield response
            except (asyncio.TimeoutError, TimeoutError):
                pool.doubt(member)
                message = f"the daemon at {pool.address} did not answer in time"
                raise SharedLockError(Code.DEADLINE_EXCEEDED, message, reason="SILENCE") from None
            except grpc.aio.AioRpcError as error:
                raise error_of(error, pool.address) from error
            finally:
                call.cancel()


class _Outage:
    """A time in which no daemon takes a watch. Since the first failure, not since the last event: a watch may be quiet for
    hours.
    """

    def __init__(self, limit: float, daemons: int) -> None:
        self._limit = limit
        self._hope = Hope(daemons)
        self._since: float | None = None

    def end(self) -> None:
        self._since = None

    def is_too_long(self, pool: Pool, error: SharedLockError) -> bool:
        self._since = self._since or now()
        return self._hope.is_lost(pool, error) or now() - self._since >= self._limit


def _is_passing(error: SharedLockError) -> bool:
    """Another stream may go on."""
    return may_repeat(error) or error.reason in ("SLOW_WATCHER", "COMPACTED")
