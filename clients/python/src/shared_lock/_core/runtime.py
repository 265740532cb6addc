"""The loop that all clients of a process share, in a thread of its own.

So leases are renewed while the program's threads, or its own loop, are busy; and grpc.aio, whose completion queue is one for
the whole process, serves one loop.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from ..errors import Code, SharedLockError

T = TypeVar("T")
Work = Coroutine[Any, Any, T]
Undo = Callable[[T], Work[None]]


class Runtime:
    """A loop in a daemon thread: it never keeps the process from ending."""

    def __init__(self) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self._run, name="shared-lock", daemon=True).start()

    def submit(self, work: Work[T], undo: Undo[T] | None = None) -> Handover[T]:
        """Begins work. `undo` is given a result that its caller did not wait for."""
        if os.getpid() != self.pid:
            work.close()
            message = "this client was made before the process forked; connect in the child"
            raise SharedLockError(Code.FAILED_PRECONDITION, message, reason="FORKED")
        if threading.get_ident() == self.loop_thread:
            work.close()
            raise RuntimeError("this would wait for itself: it is called from a callback of shared_lock")
        handover = Handover(self.loop, undo)
        self.loop.call_soon_threadsafe(handover.begin, work)
        return handover

    def run(self, work: Work[T], undo: Undo[T] | None = None) -> T:
        """Waits for it in this thread."""
        return self.submit(work, undo).wait()

    async def arun(self, work: Work[T], undo: Undo[T] | None = None) -> T:
        """Waits for it on the loop of the caller."""
        return await self.submit(work, undo).wait_on(asyncio.get_running_loop())

    def _run(self) -> None:
        self.loop_thread = threading.get_ident()
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    loop_thread = 0


class Handover(Generic[T]):
    """Work on the loop, and its result on its way to a caller in another thread, who may give up at any moment.

    A result that comes too late for its caller is undone: no lock is left behind that nobody knows of.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, undo: Undo[T] | None) -> None:
        self._loop = loop
        self._undo = undo
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._told: Callable[[], None] | None = None
        self._task: asyncio.Task[T] | None = None
        self._result: list[T] = []
        self._error: BaseException | None = None
        self._is_abandoned = False

    def begin(self, work: Work[T]) -> None:
        """On the loop."""
        self._task = _alive(self._loop.create_task(work))
        self._task.add_done_callback(self._ended)
        if self._is_abandoned:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[T]) -> None:
        if task.cancelled():
            self._finish(None, asyncio.CancelledError())
        elif (error := task.exception()) is not None:
            self._finish(None, error)
        elif not self._finish([task.result()], None):
            self._undo_later([task.result()])

    def _finish(self, result: list[T] | None, error: BaseException | None) -> bool:
        """Returns whether there is a caller to take it."""
        with self._lock:
            if self._is_abandoned:
                return False
            self._result = result or []
            self._error = error
            self._done.set()
            told = self._told
        if told is not None:
            told()
        return True

    def wait(self) -> T:
        """In the thread of the caller. An exception there, such as KeyboardInterrupt, gives the work up."""
        try:
            self._done.wait()
            return self._take()
        except BaseException:
            self._abandon()
            raise

    async def wait_on(self, loop: asyncio.AbstractEventLoop) -> T:
        """On the loop of the caller. If its task is cancelled, the work is given up."""
        arrived = asyncio.Event()
        with self._lock:
            self._told = lambda: _tell(loop, arrived)
            if self._done.is_set():
                arrived.set()
        try:
            await arrived.wait()
            return self._take()
        except BaseException:
            self._abandon()
            raise

    def _take(self) -> T:
        error, self._error = self._error, None
        if isinstance(error, asyncio.CancelledError):
            raise SharedLockError(Code.CANCELLED, "the call was given up", reason="CLIENT_CLOSED")
        if error is not None:
            raise error
        # Taken: there is nothing to undo.
        return self._result.pop()

    def _abandon(self) -> None:
        with self._lock:
            if self._is_abandoned:
                return
            self._is_abandoned = True
            result = list(self._result)
        self._loop.call_soon_threadsafe(self._give_up, result)

    def _give_up(self, result: list[T]) -> None:
        if result:
            self._undo_later(result)
        elif self._task is not None:
            self._task.cancel()

    def _undo_later(self, result: list[T]) -> None:
        if self._undo is not None:
            _alive(self._loop.create_task(self._undo(result[0])))


# A loop refers to its tasks weakly.
_tasks: set[asyncio.Task[Any]] = set()


def _alive(task: asyncio.Task[T]) -> asyncio.Task[T]:
    """Until it has ended, also if its caller is gone."""
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
    return task


def _tell(loop: asyncio.AbstractEventLoop, arrived: asyncio.Event) -> None:
    try:
        loop.call_soon_threadsafe(arrived.set)
    except RuntimeError:
        # The caller's loop was closed meanwhile.
        return


_runtime: Runtime | None = None
_runtime_lock = threading.Lock()


def runtime() -> Runtime:
    """The one of this process."""
    global _runtime
    with _runtime_lock:
        if _runtime is None or _runtime.pid != os.getpid():
            _runtime = Runtime()
        return _runtime
