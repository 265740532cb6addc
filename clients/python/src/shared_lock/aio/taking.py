"""What is asked for, until it is there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any

from .._core.runtime import Work
from .locks import LockT


class Taking(AbstractAsyncContextManager[LockT], Awaitable[LockT]):
    """A lock that is asked for: `async with` takes it, and releases it in the end; `await` takes it, and leaves that to its
    caller.

    If the lock is lost, the work within `async with` is cancelled, as by asyncio.timeout, and LockLost is raised in the end.
    """

    def __init__(self, take: Callable[[], Work[LockT]]) -> None:
        self._take = take
        self._lock: LockT | None = None
        self._task: asyncio.Task[Any] | None = None
        self._has_cancelled = False

    def __await__(self) -> Generator[Any, None, LockT]:
        """Raises NotAcquired if others hold it until the wait is over; SharedLockError RESOURCE_EXHAUSTED if too many wait,
        UNAVAILABLE if no daemon can be reached, INVALID_ARGUMENT for a name or an argument that can't be used.
        """
        return self._take().__await__()

    async def __aenter__(self) -> LockT:
        """As `await`."""
        lock = await self._take()
        self._lock = lock
        self._task = asyncio.current_task()
        lock.lost.listen(self._cancel)
        return lock

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Releases it. Raises LockLost if it was lost before the work had come to its end without another error."""
        lock, self._lock = self._lock, None
        self._task = None
        if lock is None:
            return
        loss = lock.loss
        is_ours = self._take_back_cancel() and isinstance(error, asyncio.CancelledError)
        await lock.dispose()
        if loss is not None and (error is None or is_ours):
            raise loss from None

    def _cancel(self) -> None:
        if self._task is not None and not self._task.done():
            self._has_cancelled = True
            self._task.cancel()

    def _take_back_cancel(self) -> bool:
        """Returns whether the work was cancelled by this, and by nobody else too."""
        if not self._has_cancelled:
            return False
        if sys.version_info < (3, 11):
            return True
        task = asyncio.current_task()
        return task is not None and task.uncancel() == 0
