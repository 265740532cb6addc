"""What everything of a client is made of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ..errors import SharedLockError
from .keeping.keeper import Keeper
from .settings import Settings
from .wire.caller import Caller
from .wire.faults import client_closed
from .wire.watching import Watcher

T = TypeVar("T")


class Parts:
    """The parts, and the work that nobody waits for but the end of the client."""

    def __init__(self, settings: Settings, caller: Caller, watcher: Watcher, keeper: Keeper) -> None:
        self.settings = settings
        self.caller = caller
        self.watcher = watcher
        self.keeper = keeper
        self.is_closing = False
        self._background: set[asyncio.Task[None]] = set()

    def check_open(self) -> None:
        """Raises SharedLockError CANCELLED once the client closes."""
        if self.is_closing:
            raise client_closed()

    def background(self, what: str, work: Coroutine[Any, Any, object]) -> asyncio.Task[None]:
        """`what` failed, if it does: for the warning. Returns what ends when the work has, however it does."""
        task = asyncio.get_running_loop().create_task(self._quietly(what, work))
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        return task

    async def unless_cancelled(self, work: Coroutine[Any, Any, T], undo: Callable[[T], Coroutine[Any, Any, object]]) -> T:
        """The result of work that can't be called off. If its caller is cancelled, the work goes on, and its result is undone."""
        task = asyncio.get_running_loop().create_task(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self.background("giving back what came too late", self._undo(task, undo))
            raise

    async def settled(self) -> None:
        """When nothing is under way in the background."""
        while self._background:
            await asyncio.wait(self._background)

    def warn(self, warning: Exception) -> None:
        if self.settings.on_warning is not None:
            try:
                self.settings.on_warning(warning)
            except Exception:
                # It must not hide the error of the work that ends.
                return

    async def _undo(self, task: asyncio.Task[T], undo: Callable[[T], Coroutine[Any, Any, object]]) -> None:
        try:
            result = await task
        except SharedLockError:
            # There is nothing to undo.
            return
        await undo(result)

    async def _quietly(self, what: str, work: Coroutine[Any, Any, object]) -> None:
        try:
            await work
        except SharedLockError as error:
            warning = RuntimeError(f"{what} failed")
            warning.__cause__ = error
            self.warn(warning)


def retrieved(task: asyncio.Future[Any]) -> None:
    """Of work that may end with an error after nobody waits for it any more."""
    if not task.cancelled():
        task.exception()
