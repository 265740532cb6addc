from __future__ import annotations

import threading

from shared_lock._core.listeners import Listeners


def test_each_is_told_once_also_who_comes_later() -> None:
    told: list[str] = []
    listeners = Listeners()
    listeners.add(lambda: told.append("before"))
    listeners.tell()
    listeners.add(lambda: told.append("after"))
    listeners.tell()
    assert told == ["before", "after"]


def test_nobody_is_missed_who_comes_at_the_very_moment() -> None:
    for _ in range(200):
        told = 0
        listeners = Listeners()

        def count() -> None:
            nonlocal told
            told += 1

        thread = threading.Thread(target=listeners.tell)
        thread.start()
        listeners.add(count)
        thread.join()
        assert told == 1
