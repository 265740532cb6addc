"""Calls with one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from ...errors import Code, SharedLockError
from ..backoff import backoff
from ..clock import now
from .connection import Connection
from .endpoints import Endpoints
from .faults import error_of, has_broken, may_repeat
from .hope import Hope
from .pool import Member, Pool
from .tokens import Tokens

Request = TypeVar("Request", bound=Message)
Response = TypeVar("Response", bound=Message)
Method = Callable[[Connection], "grpc.aio.UnaryUnaryMultiCallable[Request, Response]"]
"""Such as `lambda daemon: daemon.locks.Acquire`."""

# One daemon may be silent for so much of a call's time before another is asked.
_SHARE_OF_A_TRY = 1 / 3


class Caller:
    """Calls methods, at another daemon or again where one can't be reached, with pauses, until the call's time is over.

    So every request that is sent this way must be one that may arrive twice: a read, one that ends or renews something, or one
    with a `request_id`, which stays the same over all tries.
    """

    def __init__(self, endpoints: Endpoints, tokens: Tokens, deadline: float) -> None:
        self._endpoints = endpoints
        self._tokens = tokens
        self._deadline = deadline

    @property
    def silence(self) -> float:
        """How long a daemon may take to say that it has taken a call."""
        return self._deadline * _SHARE_OF_A_TRY

    async def unary(
        self,
        method: Method[Request, Response],
        request: Request | Callable[[], Request],
        wait: float | None = None,
    ) -> Response:
        """`request` is made for each try if it depends on the time that is left. `wait`: how long the daemon may keep the caller.

        Raises SharedLockError.
        """
        deadline = self._deadline + (wait or 0)
        ends_at = now() + deadline
        one_try = self.silence if wait is None else deadline
        hope = Hope(self._endpoints.count)
        failure: SharedLockError | None = None
        tries = 0
        while True:
            tries += 1
            pool = self._endpoints.current
            make = request if callable(request) else lambda: request
            try:
                response = await self._once(pool, method, make, one_try, ends_at, wait is not None)
                self._endpoints.prefer(pool)
                return response
            except SharedLockError as error:
                if error.code is Code.UNAUTHENTICATED and self._tokens.refused() and tries == 1:
                    continue
                if not may_repeat(error):
                    raise
                self._endpoints.failed(pool)
                # What was said of one daemon says more than that the next one had no time left to answer.
                failure = error if failure is None or error.code is Code.UNAVAILABLE else failure
                if hope.is_lost(pool, error):
                    raise failure from None
            # First all daemons, then pauses.
            pause = 0.0 if tries < self._endpoints.count else backoff(tries - self._endpoints.count + 1)
            if now() + pause >= ends_at:
                raise failure
            await asyncio.sleep(pause)

    async def _once(
        self,
        pool: Pool,
        method: Method[Request, Response],
        request: Callable[[], Request],
        one_try: float,
        ends_at: float,
        is_wait: bool,
    ) -> Response:
        async with pool.place("long" if is_wait else "short") as member:
            metadata = await self._tokens.metadata()
            timeout = min(one_try, ends_at - now())
            try:
                return await method(member.connection)(request(), timeout=timeout, metadata=metadata)
            except grpc.aio.AioRpcError as error:
                fault = error_of(error, pool.address)
                self._learn(pool, member, error, timeout)
                raise fault from error

    def _learn(self, pool: Pool, member: Member, error: grpc.aio.AioRpcError, timeout: float) -> None:
        # A call that had little time left says nothing of the daemon.
        is_silence = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED and timeout >= self.silence
        if is_silence and not has_broken(error):
            pool.doubt(member)
