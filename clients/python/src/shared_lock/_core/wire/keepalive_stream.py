"""One stream of renewals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from ..._generated.sharedlock.v1.lease_pb2 import KeepAliveStreamRequest, KeepAliveStreamResponse
from ...errors import Code, SharedLockError
from ..clock import now
from .faults import code_of, error_of
from .pool import Pool
from .tokens import Tokens

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[KeepAliveStreamRequest, KeepAliveStreamResponse]


class Asked:
    """One renewal that was sent over a stream."""

    def __init__(self, stream: KeepAliveStream, doubted: Callable[[], None]) -> None:
        self.answer: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        # Whoever asked may be gone.
        self.answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
        self.stream = stream
        self.doubted = doubted

    def fail(self, error: SharedLockError) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class KeepAliveStream:
    """A stream over a connection of its own, over which any number of leases is renewed. Once it fails it is over."""

    def __init__(self, pool: Pool, tokens: Tokens, ended: Callable[[KeepAliveStream, bool], None]) -> None:
        """`ended` is called once when it is over, with whether nobody here closed it."""
        self.pool = pool
        self.opened_at = now()
        self.is_doubted = False
        self._tokens = tokens
        self._ended = ended
        self._asked: dict[int, list[Asked]] = {}
        self._unsent: asyncio.Queue[int] = asyncio.Queue()
        self._is_leaving = False
        self._is_over = False
        self._connection = pool.connect()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def renew(self, lease_id: int, timeout: float, doubted: Callable[[], None]) -> Asked:
        """`doubted` is called if the stream is doubted before it answers. Fails also if no answer comes within `timeout`
        seconds.
        """
        asked = Asked(self, doubted)
        if self._is_over:
            asked.fail(_over())
            return asked
        self._asked.setdefault(lease_id, []).append(asked)
        self._unsent.put_nowait(lease_id)
        # Its answer may still come, and belongs to nobody else.
        timer = asyncio.get_running_loop().call_later(max(timeout, 0), lambda: asked.fail(_silent(self.pool.address)))
        asked.answer.add_done_callback(lambda _: timer.cancel())
        return asked

    def doubt(self) -> None:
        """An answer is late. What else it was asked is then late too, most likely: whoever asked is told."""
        self.is_doubted = True
        for asked in [each for queue in self._asked.values() for each in queue]:
            asked.doubted()

    def leave(self) -> None:
        """Ends as soon as what it was asked is answered."""
        self._is_leaving = True
        if not self._asked:
            self.close()

    def close(self) -> None:
        self._end(_over(), False)

    async def _run(self) -> None:
        try:
            metadata = await self._tokens.metadata()
            call = self._connection.leases.KeepAliveStream(metadata=metadata)
            sending = asyncio.get_running_loop().create_task(self._send(call))
            try:
                async for response in call:
                    self._take(response)
            finally:
                sending.cancel()
                call.cancel()
        except grpc.aio.AioRpcError as error:
            self._fail(error_of(error, self.pool.address))
        except SharedLockError as error:
            self._fail(error)
        finally:
            self._end(_over(), True)
            await self._connection.close()

    async def _send(self, call: Call) -> None:
        try:
            while True:
                await call.write(KeepAliveStreamRequest(lease_id=await self._unsent.get()))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            # The reading side tells why.
            return

    def _take(self, response: KeepAliveStreamResponse) -> None:
        """An answer goes to the oldest request for its lease: then it counts from when that was sent, never from later."""
        self.is_doubted = False
        queue = self._asked.get(response.lease_id, [])
        oldest = queue.pop(0) if queue else None
        if not queue:
            self._asked.pop(response.lease_id, None)
        if response.code == 0:
            if oldest is not None and not oldest.answer.done():
                oldest.answer.set_result(response.ttl.ToNanoseconds() / 1e9)
        else:
            error = SharedLockError(code_of(response.code), response.message, reason=response.reason)
            if oldest is not None:
                oldest.fail(error)
            if error.code is Code.UNAUTHENTICATED:
                # The next stream says anew who calls.
                self._tokens.refused()
                self._end(error, True)
        if self._is_leaving:
            self.leave()

    def _fail(self, error: SharedLockError) -> None:
        if error.code is Code.UNAUTHENTICATED:
            self._tokens.refused()
        self._end(error, True)

    def _end(self, error: SharedLockError, is_broken: bool) -> None:
        if self._is_over:
            return
        self._is_over = True
        unanswered = [each for queue in self._asked.values() for each in queue]
        self._asked.clear()
        # It ends by itself if it is what calls this.
        if asyncio.current_task() is not self._task:
            self.pool.run(self._stop())
        self._ended(self, is_broken)
        for asked in unanswered:
            asked.fail(error)

    async def _stop(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def _over() -> SharedLockError:
    return SharedLockError(Code.UNAVAILABLE, "the stream of renewals has ended")


def _silent(address: str) -> SharedLockError:
    return SharedLockError(Code.DEADLINE_EXCEEDED, f"the daemon at {address} did not answer in time", reason="SILENCE")
