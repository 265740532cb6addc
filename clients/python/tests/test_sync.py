from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest

import shared_lock
from shared_lock import Code, LockLost, NotAcquired, SharedLockError

from .conftest import Daemon, in_thread, lock_json, until


def test_a_lock_is_taken_refused_and_given_back(client: shared_lock.Client, daemon: Daemon) -> None:
    with client.lock("taken", ttl=timedelta(seconds=5), value="here", labels={"a": "b"}) as lock:
        assert lock.is_held
        assert not lock.lost.is_set()
        holder = client.get_lock("taken").holders[0]
        assert (holder.owner, holder.token, holder.value, holder.labels) == ("tests", lock.token, "here", {"a": "b"})
        with pytest.raises(NotAcquired) as refused:
            client.lock("taken", wait=0).acquire()
        assert refused.value.code is Code.DEADLINE_EXCEEDED
        assert refused.value.reason == "NOT_ACQUIRED"
        assert [each.token for each in refused.value.holders] == [lock.token]
        assert client.check_token("taken", lock.token)
        lock.confirm()
    assert not lock.is_held
    assert lock.loss is None
    with pytest.raises(SharedLockError, match="released") as after:
        lock.check()
    assert after.value.reason == "RELEASED"
    assert lock_json(daemon, "taken")["held"] is False


def test_release_is_idempotent_and_says_whether_it_was_ours(client: shared_lock.Client) -> None:
    lock = client.lock("idempotent").acquire()
    assert lock.release()
    assert lock.release()
    assert not lock.lost.is_set()


def test_threads_are_served_one_at_a_time(client: shared_lock.Client) -> None:
    inside, most, tokens = 0, 0, []

    def work() -> None:
        nonlocal inside, most
        with client.lock("threads") as lock:
            inside += 1
            most = max(most, inside)
            tokens.append(lock.token)
            time.sleep(0.01)
            inside -= 1

    threads = [in_thread(work) for _ in range(10)]
    for thread in threads:
        thread.join(30)
    assert most == 1
    assert len(set(tokens)) == 10
    assert tokens == sorted(tokens)


def test_shared_holders_and_permits(client: shared_lock.Client) -> None:
    with client.lock("shared", mode="SHARED") as one, client.lock("shared", mode="SHARED", wait=0) as two:
        assert one.token != two.token
        with pytest.raises(NotAcquired):
            client.lock("shared", wait=0).acquire()
    with client.lock("permits", limit=3, permits=2):
        with client.lock("permits", limit=3, wait=0), pytest.raises(NotAcquired):
            client.lock("permits", limit=3, wait=0).acquire()


def test_what_the_work_raises_stands_and_the_lock_is_free(client: shared_lock.Client) -> None:
    with pytest.raises(ZeroDivisionError), client.lock("raises"):
        raise ZeroDivisionError
    client.lock("raises", wait=0).acquire().release()


def test_a_loss_is_told_to_the_one_who_waits_for_it_and_raised_in_the_end(client: shared_lock.Client) -> None:
    told = threading.Event()
    with pytest.raises(LockLost) as lost, client.lock("forced", ttl=3) as lock:
        in_thread(lambda: told.set() if lock.lost.wait(10) else None)
        assert client.force_release("forced", "maintenance")
        assert lock.lost.wait(5)
        assert lock.lost.is_set()
        with pytest.raises(LockLost):
            lock.check()
    assert lost.value.reason == "PREEMPTED"
    assert "maintenance" in str(lost.value)
    assert lost.value.token == lock.token
    assert told.wait(5)
    assert lock.release() is False


def test_a_session_holds_several_locks_and_ends_with_all(client: shared_lock.Client) -> None:
    with client.session(ttl=5) as session:
        assert session.ttl >= 5
        with session.lock("s1") as one:
            with pytest.raises(SharedLockError, match="already") as twice:
                session.lock("s1").acquire()
            assert twice.value.code is Code.FAILED_PRECONDITION
        assert not one.is_held
        two = session.lock("s2").acquire()
        again = session.lock("s1", wait=2).acquire()
        assert again.token > one.token
    assert not session.is_alive
    assert two.lost.is_set()
    assert two.loss is not None
    assert two.loss.reason == "REVOKED"
    client.lock("s2", wait=0).acquire().release()
    with pytest.raises(SharedLockError):
        session.lock("s3").acquire()


def test_an_election(client: shared_lock.Client) -> None:
    election = client.election("leader")
    with election.observe() as events:
        assert next(events).kind == "STATE"
        with election.campaign(candidate="me", value="1") as leadership:
            assert leadership.term == leadership.token
            elected = next(events)
            assert (elected.kind, elected.leader and elected.leader.candidate) == ("ELECTED", "me")
            leadership.proclaim("2")
            proclaimed = next(events)
            assert proclaimed.leader is not None
            assert proclaimed.leader.value == "2"
            with pytest.raises(NotAcquired):
                election.campaign(candidate="other", wait=0).acquire()
            client.counter("led").add(1, fence=leadership.fence)
        assert next(events).kind == "VACATED"
    assert election.get().leader is None
    with pytest.raises(StopIteration):
        next(events)


def test_a_counter(client: shared_lock.Client) -> None:
    counter = client.counter("hits")
    counter.delete()
    with counter.watch() as values:
        assert next(values).value == 0
        assert counter.add(2**62).previous == 0
        assert next(values).value == 2**62
    with pytest.raises(SharedLockError) as beyond:
        counter.add(2**62)
    assert (beyond.value.code, beyond.value.reason) == (Code.OUT_OF_RANGE, "COUNTER_BOUNDS")
    with pytest.raises(SharedLockError) as changed:
        counter.set(1, expected=2)
    assert changed.value.reason == "COUNTER_CHANGED"
    assert counter.set(-1, expected=2**62).value == -1
    assert counter.get() == -1
    assert counter.delete(expected=-1)


def test_documents(client: shared_lock.Client) -> None:
    configs = client.configs("python")
    with configs.watch() as events:
        while next(events).kind != "SYNCED":
            pass
        first = configs.put("a", '{"x": 1}', schema='{"type": "object"}')
        assert configs.get("a").document == '{"x": 1}'
        with pytest.raises(SharedLockError) as stale:
            configs.put("a", "{}", if_match='"1"')
        assert stale.value.reason == "ETAG_MISMATCH"
        with pytest.raises(SharedLockError) as schema:
            configs.put("a", "[]")
        assert schema.value.reason == "SCHEMA_VIOLATION"
        second = configs.patch("a", '[{"op": "add", "path": "/y", "value": 2}]', "JSON_PATCH", if_match=first.etag)
        assert configs.get("a", cached=False).document == '{"x":1,"y":2}'
        assert configs.get("a", version=first.version).document == '{"x": 1}'
        assert [each.name for each in configs.list()] == ["a"]
        configs.delete("a", force=True, if_match=second.etag)
        assert [next(events).kind for _ in range(3)] == ["PUT", "PUT", "DELETED"]
    with pytest.raises(SharedLockError) as gone:
        configs.get("a", cached=False)
    assert gone.value.code is Code.NOT_FOUND


def test_a_lock_that_is_tied_to_its_stream(client: shared_lock.Client) -> None:
    with client.hold("tied", ttl=60) as lock:
        assert client.check_token("tied", lock.token)
        with pytest.raises(NotAcquired):
            client.hold("tied", wait=0).acquire()
        waiting = client.hold("tied", wait=10)
        taken: list[shared_lock.Lock] = []
        thread = in_thread(lambda: taken.append(waiting.acquire()))
        until(lambda: client.get_lock("tied").waiter_count == 1)
    thread.join(10)
    assert taken[0].token > lock.token
    assert taken[0].release()


def test_a_lock_that_is_tied_to_its_stream_is_taken_away(client: shared_lock.Client) -> None:
    with pytest.raises(LockLost, match="maintenance"), client.hold("tied-forced") as lock:
        client.force_release("tied-forced", "maintenance")
        assert lock.lost.wait(5)


def test_a_watch_of_a_lock_ends_for_the_thread_that_waits(client: shared_lock.Client) -> None:
    events = client.watch_lock("watched")
    assert next(events).kind == "STATE"
    with client.lock("watched"):
        assert next(events).kind == "ACQUIRED"
    released = next(events)
    assert (released.kind, released.cause) == ("RELEASED", "RELEASED")
    seen: list[str] = []
    thread = in_thread(lambda: seen.extend(event.kind for event in events))
    time.sleep(0.1)
    events.close()
    thread.join(5)
    assert not thread.is_alive()
    assert seen == []


def test_a_client_that_closes_gives_back_and_calls_off(daemon: Daemon, client: shared_lock.Client) -> None:
    with shared_lock.connect(daemon.address) as closing:
        closing.lock("closing", ttl=60).acquire()
        closing.session(ttl=60).lock("closing-too").acquire()
        failures: list[SharedLockError] = []

        def wait() -> None:
            try:
                closing.lock("closing").acquire()
            except SharedLockError as error:
                failures.append(error)

        thread = in_thread(wait)
        until(lambda: client.get_lock("closing").waiter_count == 1)
    thread.join(5)
    assert [error.reason for error in failures] == ["CLIENT_CLOSED"]
    client.lock("closing", wait=2).acquire().release()
    client.lock("closing-too", wait=2).acquire().release()
    with pytest.raises(SharedLockError) as closed:
        closing.lock("late").acquire()
    assert closed.value.reason == "CLIENT_CLOSED"
