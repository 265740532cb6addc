"""The connections to one daemon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Literal

from ...errors import Code, SharedLockError
from ..clock import now
from .connection import Connection, Target
from .faults import client_closed

Kind = Literal["short", "long"]
"""A short call is answered at once; a long one waits for something, or is a watch."""

# Over one connection: what HTTP/2 recommends daemons to allow at least. More would wait unsent, behind those.
_MAX_CALLS = 100
_MAX_CONNECTIONS = 128
# More at once would be answered no sooner, and each so late that it seems lost.
_MAX_SHORT = 64
# Daemons end a connection after about 1000 calls that were cancelled over it.
_MAX_CANCELLED = 500
# A connection that is in doubt is exchanged for another at most so often.
_RETIRE_EVERY = 1.0
# One that is not needed any more is closed after so long.
_SPARE = 10.0


class Member:
    """A connection of a pool, and how many calls it carries."""

    def __init__(self, connection: Connection, kind: Kind) -> None:
        self.connection = connection
        self.kind = kind
        self.calls = 0
        self.cancelled = 0
        self.is_retired = False


class Pool:
    """As a rule one connection for short calls, and as many for long ones as those need, so that no wait holds up a short call.

    A connection that is exchanged lives until its calls have ended.
    """

    def __init__(self, target: Target) -> None:
        self.address = target.address
        self._target = target
        self._members: list[Member] = []
        self._short = asyncio.Semaphore(_MAX_SHORT)
        self._retired_at = float("-inf")
        self._closing: set[asyncio.Task[None]] = set()
        self._is_closed = False

    def connect(self) -> Connection:
        """A connection beside the pool, for its caller alone, who closes it."""
        return Connection(self._target)

    @asynccontextmanager
    async def place(self, kind: Kind) -> AsyncIterator[Member]:
        """Room for one call. Raises SharedLockError RESOURCE_EXHAUSTED if too many wait, CANCELLED once it is closed."""
        if kind == "long":
            async with self._entered(kind) as member:
                yield member
        else:
            async with self._short, self._entered(kind) as member:
                yield member

    @asynccontextmanager
    async def _entered(self, kind: Kind) -> AsyncIterator[Member]:
        member = self._member(kind)
        member.calls += 1
        try:
            yield member
        except asyncio.CancelledError:
            member.cancelled += 1
            raise
        finally:
            member.calls -= 1
            if member.cancelled >= _MAX_CANCELLED:
                self._retire(member)
            if member.calls == 0:
                self._idle(member)

    def doubt(self, member: Member) -> None:
        """A call was not answered. Maybe only its connection is dead: later calls get another one."""
        if now() - self._retired_at >= _RETIRE_EVERY:
            self._retired_at = now()
            self._retire(member)

    async def close(self) -> None:
        """What is under way is cancelled."""
        self._is_closed = True
        members, self._members = self._members, []
        for member in members:
            await member.connection.close()
        await asyncio.gather(*self._closing)

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Nobody waits for it but the end."""
        task = asyncio.get_running_loop().create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def _member(self, kind: Kind) -> Member:
        if self._is_closed:
            raise client_closed()
        for member in self._members:
            if member.kind == kind and not member.is_retired and member.calls < _MAX_CALLS:
                return member
        if len(self._members) >= _MAX_CONNECTIONS:
            message = f"this client waits and watches as often as it can at {self.address}"
            raise SharedLockError(Code.RESOURCE_EXHAUSTED, message, reason="CALLS_LIMIT")
        member = Member(Connection(self._target), kind)
        self._members.append(member)
        return member

    def _retire(self, member: Member) -> None:
        member.is_retired = True
        if member.calls == 0:
            self._drop(member)

    def _idle(self, member: Member) -> None:
        if member.is_retired:
            self._drop(member)
        elif member.kind == "long":
            asyncio.get_running_loop().call_later(_SPARE, self._drop_if_idle, member)

    def _drop_if_idle(self, member: Member) -> None:
        if member.calls == 0:
            self._drop(member)

    def _drop(self, member: Member) -> None:
        if member in self._members:
            self._members.remove(member)
            self.run(member.connection.close())
