from __future__ import annotations

from shared_lock._core.wire.progress import Progress


def test_a_stream_that_is_cut_within_a_revision_is_resumed_before_it_and_told_once() -> None:
    progress = Progress(0)
    assert progress.is_new(10, is_state=True)
    assert progress.is_new(12, is_state=False)
    assert progress.is_new(12, is_state=False)
    assert progress.resume_after() == 11
    assert [progress.is_new(12, is_state=False) for _ in range(3)] == [False, False, True]
    assert not progress.is_new(11, is_state=False)


def test_where_history_is_gone_it_begins_with_the_state_of_now() -> None:
    progress = Progress(7)
    assert progress.resume_after() == 7
    progress.forget()
    assert progress.resume_after() == 0
