"""The items of a watch, as far as they have come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from typing import Generic, TypeVar

from ..errors import SharedLockError
from .wire.faults import client_closed

Item = TypeVar("Item")

# A watch that is read more slowly is held up, and the daemon with it.
_MAX_UNREAD = 100


class Feed(Generic[Item]):
    """Pumps a watch, so that its readers may wait for an item, and give that up, as they like. None is lost by that."""

    def __init__(self, items: AsyncGenerator[Item, None]) -> None:
        self._unread: deque[Item] = deque()
        self._changed = asyncio.Event()
        self._end: SharedLockError | StopAsyncIteration | None = None
        self.task = asyncio.get_running_loop().create_task(self._pump(items))

    async def next(self) -> Item:
        """Raises StopAsyncIteration once it is closed; SharedLockError if it ends otherwise, or the client closes."""
        while not self._unread:
            if self._end is not None:
                raise self._end
            await self._change()
        item = self._unread.popleft()
        self._changed.set()
        return item

    async def put_back(self, item: Item) -> None:
        """Its reader has given up."""
        self._unread.appendleft(item)
        self._changed.set()

    async def close(self) -> None:
        """What was not read is not told any more."""
        self._finish(StopAsyncIteration())
        self._unread.clear()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _pump(self, items: AsyncGenerator[Item, None]) -> None:
        try:
            async for item in items:
                self._unread.append(item)
                self._changed.set()
                while len(self._unread) >= _MAX_UNREAD:
                    await self._change()
        except SharedLockError as error:
            self._finish(error)
        except asyncio.CancelledError:
            self._finish(client_closed())
        finally:
            await items.aclose()

    def _finish(self, end: SharedLockError | StopAsyncIteration) -> None:
        self._end = self._end or end
        self._changed.set()

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()
