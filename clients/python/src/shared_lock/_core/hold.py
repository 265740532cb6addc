"""A lock that is tied to a stream: the daemon renews it as long as the stream is open."""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING

import grpc
import grpc.aio

from .._generated.sharedlock.v1 import lock_pb2, types_pb2
from ..errors import Code, LockLost, NotAcquired, SharedLockError
from ..models import Fence
from .backoff import backoff
from .claims import LockClaim
from .clock import now
from .convert import duration, holder_from, seconds
from .keeping.lease_state import ENDED, EXPIRED, NOT_HOLDER, REVOKED, Cause, preempted
from .listeners import Listener, Listeners
from .parts import Parts, retrieved
from .silence import Silence
from .wire.endpoints import Endpoints
from .wire.faults import client_closed, error_of, may_repeat
from .wire.pool import Pool
from .wire.tokens import Tokens

if TYPE_CHECKING:
    Call = grpc.aio.StreamStreamCall[lock_pb2.HoldRequest, lock_pb2.HoldResponse]

# Daemons keep a waiter for so long by default.
_MAX_WAIT = 3600.0
_CAUSES = {"EXPIRED": EXPIRED, "REVOKED": REVOKED, "RELEASED": NOT_HOLDER}


class HoldStream:
    """One lock by the RPC Hold. `cause` and `check` may be asked from any thread; all else is for the loop."""

    def __init__(
        self,
        parts: Parts,
        endpoints: Endpoints,
        tokens: Tokens,
        claim: LockClaim,
        ttl: float | None,
        wait: float | None,
    ) -> None:
        self.claim = claim
        self.token = 0
        self.is_released = False
        self.is_ended = asyncio.Event()
        self._parts = parts
        self._endpoints = endpoints
        self._tokens = tokens
        self._ttl = ttl
        self._until = math.inf if wait is None else now() + wait
        self._lease_id = 0
        self._silence: Silence | None = None
        self._watchdog: asyncio.TimerHandle | None = None
        self._lost_listeners = Listeners()
        self._call: Call | None = None
        self._is_freed = False
        self._heard = 0
        self._outage_ends_at: float | None = None
        self._granted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # Whoever waits for it may be gone.
        self._granted.add_done_callback(retrieved)
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def granted(self) -> None:
        """Raises NotAcquired if others hold it until the wait is over; SharedLockError if no daemon can be reached."""
        try:
            await asyncio.shield(self._granted)
        except BaseException:
            # The end of the stream frees what may have been granted.
            await self._stop()
            raise

    @property
    def cause(self) -> Cause | None:
        """Why it is lost, as of now; None: it is not, or was released before."""
        if self._silence is None or self.is_released:
            return None
        return self._silence.cause

    @property
    def fence(self) -> Fence:
        return self.claim.fence(self.token)

    def error(self, cause: Cause) -> LockLost:
        return LockLost(self.claim.name, self.claim.title, self.token, cause.reason, cause.why)

    def check(self) -> None:
        """As a lock's."""
        cause = self.cause
        if cause is not None:
            raise self.error(cause)
        if self.is_released:
            raise SharedLockError(Code.FAILED_PRECONDITION, f"{self.claim.title} was released", reason="RELEASED")

    def when_lost(self, listener: Listener) -> None:
        """Is called once, when it is lost, or at once. From any thread."""
        self._lost_listeners.add(listener)

    async def release(self) -> bool:
        """Closes the stream, which frees the lock at once. Returns False if it was lost before."""
        if self.cause is not None:
            return False
        self.is_released = True
        if not self.is_ended.is_set() and self._call is not None:
            try:
                await self._call.done_writing()
                await asyncio.wait_for(self.is_ended.wait(), self._parts.settings.deadline)
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError, TimeoutError, asyncio.TimeoutError):
                # Its end frees the lock too.
                pass
        await self._stop()
        return self._is_freed

    async def dispose(self) -> None:
        """As `release`. If no daemon hears of it, others get it when its TTL is over."""
        await self.release()

    async def _run(self) -> None:
        """One stream after the other, until it is over."""
        tries = 0
        try:
            while not self.is_ended.is_set():
                tries += 1
                pool = self._endpoints.current
                heard = self._heard
                fault = await self._stream(pool)
                if not self._goes_on(fault):
                    return
                self._endpoints.failed(pool)
                if self._heard > heard:
                    tries = 1
                await asyncio.sleep(0 if tries == 1 else backoff(tries))
        finally:
            self._refuse(client_closed())

    async def _stream(self, pool: Pool) -> SharedLockError:
        """Returns why it ended."""
        try:
            async with pool.place("long") as member:
                call = member.connection.locks.Hold(metadata=await self._tokens.metadata())
                self._call = call
                try:
                    await call.write(self._request())
                    async for response in call:
                        self._take(response)
                finally:
                    call.cancel()
        except grpc.aio.AioRpcError as error:
            return error_of(error, pool.address)
        except SharedLockError as error:
            return error
        except asyncio.InvalidStateError:
            # It broke while it was written to.
            pass
        return SharedLockError(Code.UNAVAILABLE, f"the stream to {pool.address} has ended")

    def _request(self) -> lock_pb2.HoldRequest:
        claim = self.claim
        if self._silence is not None:
            resume = lock_pb2.Resume(lease_id=self._lease_id, fencing_token=self.token)
            return lock_pb2.HoldRequest(name=claim.name, resume=resume)
        return lock_pb2.HoldRequest(
            name=claim.name,
            mode=types_pb2.LockMode.Value(claim.mode),
            permits=claim.permits,
            limit=claim.limit,
            ttl=duration(self._ttl),
            wait=duration(min(max(self._until - now(), 0), _MAX_WAIT)),
            owner=claim.owner,
            value=claim.value,
            labels=claim.labels,
        )

    def _take(self, response: lock_pb2.HoldResponse) -> None:
        self._heard += 1
        self._outage_ends_at = None
        if self._silence is not None:
            self._silence.heard()
        kind = response.WhichOneof("event")
        if kind == "acquired":
            self._acquired(response.acquired)
        elif kind == "not_acquired" and now() >= self._until:
            holders = [holder_from(holder) for holder in response.not_acquired.holders]
            self._refuse(NotAcquired(self.claim.name, self.claim.title, holders))
        elif kind == "lost":
            end = response.lost
            name = types_pb2.HoldEnd.Cause.Name(end.cause)
            self._lose(preempted(end.reason) if name == "PREEMPTED" else _CAUSES.get(name, ENDED))
        elif kind == "released":
            self._is_freed = True
            self.is_ended.set()

    def _acquired(self, acquired: lock_pb2.HoldResponse.Acquired) -> None:
        self._lease_id = acquired.grant.lease_id
        self.token = acquired.grant.fencing_token
        if self._silence is None:
            self._silence = Silence(seconds(acquired.quiet))
            self._watch()
        if not self._granted.done():
            self._granted.set_result(None)

    def _watch(self) -> None:
        """Until it is silent for too long."""
        if self._silence is None or self.is_ended.is_set():
            return
        cause = self._silence.cause
        if cause is not None:
            self._lose(cause)
        else:
            self._watchdog = asyncio.get_running_loop().call_later(max(self._silence.left, 0.001), self._watch)

    def _goes_on(self, fault: SharedLockError) -> bool:
        """Whether another stream may go on where one has ended."""
        if self.is_ended.is_set():
            return False
        if fault.code is Code.UNAUTHENTICATED and self._tokens.refused():
            return True
        if self.is_released:
            self.is_ended.set()
            return False
        if self._silence is not None:
            # Only the clock decides.
            return True
        self._outage_ends_at = self._outage_ends_at or now() + self._parts.settings.deadline
        if may_repeat(fault) and now() < self._outage_ends_at:
            return True
        self._refuse(fault)
        return False

    def _refuse(self, error: SharedLockError) -> None:
        self.is_ended.set()
        if not self._granted.done():
            self._granted.set_exception(error)

    def _lose(self, cause: Cause) -> None:
        if self._silence is None or self.is_ended.is_set():
            return
        self._silence.ended(cause)
        self.is_ended.set()
        self._call_off()
        if not self.is_released:
            self._lost_listeners.tell()

    def _call_off(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        if self._task is not asyncio.current_task():
            self._task.cancel()

    async def _stop(self) -> None:
        self.is_ended.set()
        self._call_off()
        await asyncio.gather(self._task, return_exceptions=True)
