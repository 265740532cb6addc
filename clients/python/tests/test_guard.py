from __future__ import annotations

import asyncio
import threading

import pytest

from shared_lock._core.keeping import guard as guarding
from shared_lock._core.keeping.guard import LeaseGuard
from shared_lock._core.keeping.lease_state import ENDED, LeaseState, Lost, held_since


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    clock = Time()
    monkeypatch.setattr(guarding, "now", clock)
    return clock


def test_a_thread_that_asks_late_is_told_of_the_loss_though_the_loop_has_not_run(time: Time) -> None:
    async def main() -> None:
        guard = LeaseGuard(asyncio.get_running_loop(), held_since(100, 10))
        told: list[LeaseState] = []
        guard.listen(lambda after, _: told.append(after))
        assert guard.cause is None
        time.now = 108
        seen: list[object] = []
        thread = threading.Thread(target=lambda: seen.append(guard.cause))
        thread.start()
        thread.join()
        assert seen[0] is not None
        # A renewal that comes afterwards saves nothing: what was told stays.
        time.now = 107
        guard.renewed(106, 10)
        assert guard.cause is seen[0]
        await asyncio.sleep(0.01)
        assert [type(each) for each in told] == [Lost]

    asyncio.run(main())


def test_nothing_is_told_of_what_was_given_back(time: Time) -> None:
    async def main() -> None:
        guard = LeaseGuard(asyncio.get_running_loop(), held_since(100, 10))
        told: list[LeaseState] = []
        guard.listen(lambda after, _: told.append(after))
        guard.stop()
        guard.ended(ENDED)
        time.now = 200
        assert guard.cause is None
        assert told == []

    asyncio.run(main())
