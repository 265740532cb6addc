from __future__ import annotations

import asyncio
import threading
import time

import pytest

from shared_lock import SharedLockError
from shared_lock._core.runtime import runtime

from .conftest import until


def test_a_result_that_comes_too_late_for_its_caller_is_undone() -> None:
    undone: list[str] = []

    async def work() -> str:
        try:
            await asyncio.sleep(0.2)
        except asyncio.CancelledError:
            # Not to be called off: it has been granted already.
            await asyncio.sleep(0.05)
        return "a lock"

    async def undo(result: str) -> None:
        undone.append(result)

    async def give_up() -> None:
        with pytest.raises((asyncio.TimeoutError, TimeoutError)):
            await asyncio.wait_for(runtime().arun(work(), undo), 0.05)

    asyncio.run(give_up())
    until(lambda: undone == ["a lock"])


def test_a_result_that_has_arrived_as_its_caller_is_cancelled_is_undone() -> None:
    undone: list[int] = []

    async def work() -> int:
        await asyncio.sleep(0.02)
        return 1

    async def undo(result: int) -> None:
        undone.append(result)

    async def main() -> None:
        task = asyncio.get_running_loop().create_task(runtime().arun(work(), undo))
        await asyncio.sleep(0)
        # The result comes while this loop stands still; then the caller is cancelled before it has run.
        time.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    until(lambda: undone == [1])


def test_work_that_was_given_up_before_it_began_does_nothing() -> None:
    began: list[int] = []

    async def work() -> None:
        began.append(1)

    handover = runtime().submit(work())
    threading.Thread(target=handover._abandon).run()
    time.sleep(0.1)
    assert len(began) <= 1


def test_a_callback_of_the_client_can_not_wait_for_the_client() -> None:
    async def nothing() -> None:
        return None

    async def inside() -> None:
        with pytest.raises(RuntimeError, match="wait for itself"):
            runtime().run(nothing())

    runtime().run(inside())


def test_what_a_call_raises_is_raised_where_it_is_awaited() -> None:
    async def fail() -> None:
        raise SharedLockError(runtime.__globals__["Code"].ABORTED, "no")

    with pytest.raises(SharedLockError, match="no"):
        runtime().run(fail())
