"""The way of all renewals of a client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ..clock import now
from .endpoints import Endpoints
from .keepalive_stream import Asked, KeepAliveStream
from .pool import Pool
from .tokens import Tokens

# Streams that renewals go over in turn, as each is doubted; to as many daemons, if there are.
_WAYS = 3
# A stream that is doubted is exchanged for another, over a new connection, but not when it is younger.
_REPLACED_AFTER = 1.0
# Streams that were exchanged, and are kept for the answers that they may still bring.
_MAX_LEAVING = 4
# Whoever holds a lease for a moment only needs no ways. The first renewal is later, whatever the TTL.
_WARM_AFTER = 0.1
_WARM_AGAIN = 1.0
# So long the ways stay open that are not needed any more: another lease may be kept soon.
_SPARE = 5.0


class Sent:
    """A renewal on its way."""

    def __init__(self, link: RenewalLink, asked: Asked) -> None:
        self._link = link
        self._asked = asked
        self.answer: Awaitable[float] = asked.answer

    def doubt(self) -> None:
        self._link.doubt(self._asked.stream)


class RenewalLink:
    """One stream over a connection of its own, which nothing else can hold up. Once an answer is late renewals go over another
    one,
    to the next daemon.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, endpoints: Endpoints, tokens: Tokens) -> None:
        self._loop = loop
        self._endpoints = endpoints
        self._tokens = tokens
        self._streams: list[KeepAliveStream | None] = [None] * _WAYS
        self._leaving: list[KeepAliveStream] = []
        self._way = 0
        self._last_pool: Pool | None = None
        self._is_warm = False
        self._warming: asyncio.TimerHandle | None = None
        self._resting: asyncio.TimerHandle | None = None

    def renew(self, lease_id: int, timeout: float, doubted: Callable[[], None]) -> Sent:
        if self._resting is not None:
            self._resting.cancel()
        return Sent(self, self._open(self._way).renew(lease_id, timeout, doubted))

    def keep_warm(self, is_needed: bool) -> None:
        self._is_warm = is_needed
        self._cancel_timers()
        if is_needed:
            self._warm_in(_WARM_AFTER)

    def rest(self) -> None:
        if self._resting is not None:
            self._resting.cancel()
        self._resting = self._loop.call_later(_SPARE, self.close)

    def close(self) -> None:
        """Closes the streams; the next renewal opens another one."""
        self._cancel_timers()
        self._is_warm = False
        self._last_pool = None
        for stream in [*self._streams, *self._leaving]:
            if stream is not None:
                stream.close()

    def doubt(self, stream: KeepAliveStream) -> None:
        """The next renewals go another way; those that this stream has not answered yet are told."""
        if self._streams[self._way] is not stream:
            return
        self._endpoints.failed(stream.pool)
        self._way = self._next_way
        self._warm()
        stream.doubt()

    @property
    def _next_way(self) -> int:
        return (self._way + 1) % _WAYS

    def _open(self, way: int) -> KeepAliveStream:
        present = self._streams[way]
        if present is not None:
            is_old = now() - present.opened_at >= _REPLACED_AFTER
            if not present.is_doubted or not is_old:
                return present
            self._let_go(present, way)
        pool = self._next_pool()
        self._last_pool = pool
        stream = KeepAliveStream(pool, self._tokens, self._ended)
        self._streams[way] = stream
        return stream

    def _next_pool(self) -> Pool:
        """In turn; one that no stream goes to, if there is one, else one that is not doubted."""
        if self._last_pool is None:
            return self._endpoints.current
        pools: list[Pool] = []
        pool = self._last_pool
        for _ in range(self._endpoints.count):
            pool = self._endpoints.after(pool)
            pools.append(pool)
        streams = {stream.pool: stream for stream in self._streams if stream is not None}
        unused = [pool for pool in pools if pool not in streams]
        undoubted = [pool for pool in pools if pool in streams and not streams[pool].is_doubted]
        return (unused or undoubted or pools)[0]

    def _let_go(self, stream: KeepAliveStream, way: int) -> None:
        self._streams[way] = None
        self._leaving.append(stream)
        stream.leave()
        if len(self._leaving) > _MAX_LEAVING:
            self._leaving[0].close()

    def _warm(self) -> None:
        """Opens the present stream, and the one that is next in turn, so that nothing waits for its connection then."""
        if self._is_warm and self._warming is None:
            self._open(self._way)
            self._open(self._next_way)

    def _warm_in(self, delay: float) -> None:
        def warm() -> None:
            self._warming = None
            self._warm()

        if self._warming is None:
            self._warming = self._loop.call_later(delay, warm)

    def _cancel_timers(self) -> None:
        for timer in (self._warming, self._resting):
            if timer is not None:
                timer.cancel()
        self._warming = None

    def _ended(self, stream: KeepAliveStream, is_broken: bool) -> None:
        if stream in self._leaving:
            self._leaving.remove(stream)
        way = self._streams.index(stream) if stream in self._streams else None
        if way is not None:
            self._streams[way] = None
        if not is_broken:
            return
        self._endpoints.failed(stream.pool)
        if way == self._way and self._streams[self._next_way] is not None:
            self._way = self._next_way
        # Not at once: it may break again.
        if self._is_warm:
            self._warm_in(_WARM_AGAIN)
