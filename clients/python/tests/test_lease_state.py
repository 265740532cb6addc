from __future__ import annotations

import random

import pytest

from shared_lock._core.keeping import lease_state as ls
from shared_lock._core.keeping.lease_state import Alive, Lost


@pytest.mark.parametrize(("ttl", "margin"), [(1, 0.5), (2, 1), (3, 1), (10, 2), (60, 12)])
def test_margin(ttl: float, margin: float) -> None:
    assert ls.margin(ttl) == pytest.approx(margin)


def test_held_then_suspect_then_lost_by_the_clock_alone() -> None:
    state: ls.LeaseState = ls.held_since(100, 10)
    assert ls.ticked(state, 104.9) is state
    suspect = ls.ticked(state, 105)
    assert isinstance(suspect, Alive)
    assert suspect.doubted_at == 100
    assert ls.next_tick_at(state) == 105
    assert ls.next_tick_at(suspect) == 108
    lost = ls.ticked(suspect, 108)
    assert isinstance(lost, Lost)
    assert lost.cause.reason == "UNREACHABLE"
    assert ls.next_tick_at(lost) is None


def test_an_answer_that_comes_too_late_saves_nothing() -> None:
    state = ls.held_since(100, 10)
    assert isinstance(ls.renewed(state, now=108, sent_at=107, ttl=10), Lost)


def test_a_renewal_counts_from_when_it_was_sent() -> None:
    state = ls.renewed(ls.held_since(100, 10), now=104, sent_at=103, ttl=10)
    assert state == ls.held_since(103, 10)
    assert ls.renewed(state, now=104, sent_at=102, ttl=10) is state


def test_after_a_stall_only_a_renewal_that_was_sent_later_proves_something() -> None:
    doubted = ls.stalled(ls.held_since(100, 10), 102)
    before = ls.renewed(doubted, now=103, sent_at=101, ttl=10)
    assert isinstance(before, Alive)
    assert before.doubted_at == 102
    after = ls.renewed(before, now=104, sent_at=103, ttl=10)
    assert isinstance(after, Alive)
    assert after.doubted_at is None


def test_what_is_lost_stays_lost_and_is_never_believed_in_too_long() -> None:
    randomly = random.Random(1)
    for _ in range(300):
        ttl = randomly.choice([1, 3, 10, 60])
        now, sent = 0.0, 0.0
        state: ls.LeaseState = ls.held_since(0, ttl)
        for _ in range(30):
            now += randomly.expovariate(4 / ttl)
            if randomly.random() < 0.6:
                sent_at = randomly.uniform(sent, now)
                was_alive = isinstance(ls.ticked(state, now), Alive)
                state = ls.renewed(state, now, sent_at, ttl)
                sent = max(sent, sent_at) if was_alive else sent
            else:
                state = randomly.choice([ls.ticked, ls.stalled])(state, now)
            if now >= sent + ttl - ls.margin(ttl):
                assert isinstance(state, Lost)
            if isinstance(state, Lost):
                assert ls.renewed(state, now, now, ttl) is state
