from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

import shared_lock
from shared_lock import LockLost, NotAcquired, aio

from .conftest import Daemon

Body = Callable[[aio.Client], Awaitable[None]]


def run(daemon: Daemon, body: Body) -> None:
    async def main() -> None:
        async with aio.connect(daemon.address, owner="tests", deadline=5) as client:
            await body(client)

    asyncio.run(main())


def test_a_lock_is_taken_refused_and_given_back(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        async with client.lock("aio", ttl=5) as lock:
            lock.check()
            await lock.confirm()
            with pytest.raises(NotAcquired):
                await client.lock("aio", wait=0)
        assert not lock.is_held
        assert not lock.lost.is_set()
        again = await client.lock("aio", wait=0)
        assert await again.release()

    run(daemon, body)


def test_work_is_cancelled_when_the_lock_is_lost(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        reached = False
        with pytest.raises(LockLost) as lost:
            async with client.lock("aio-forced", ttl=3) as lock:
                await client.force_release("aio-forced", "maintenance")
                await asyncio.sleep(20)
                reached = True
        assert not reached
        assert lost.value.reason == "PREEMPTED"
        assert await lock.lost.wait()
        # The task goes on as if nothing had been cancelled.
        await asyncio.sleep(0)

    run(daemon, body)


def test_a_task_that_is_cancelled_itself_is_not_told_of_a_loss(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        async def work() -> None:
            async with client.lock("aio-cancelled"):
                await asyncio.sleep(20)

        task = asyncio.get_running_loop().create_task(work())
        while not (await client.get_lock("aio-cancelled")).holders:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await (await client.lock("aio-cancelled", wait=2)).release()

    run(daemon, body)


def test_a_wait_that_is_given_up_leaves_nothing(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        async with client.lock("aio-wait"):
            with pytest.raises((asyncio.TimeoutError, TimeoutError)):
                await asyncio.wait_for(client.lock("aio-wait").__aenter__(), 0.3)
            while (await client.get_lock("aio-wait")).waiter_count:
                await asyncio.sleep(0.01)
        await (await client.lock("aio-wait", wait=0)).release()

    run(daemon, body)


def test_takers_who_give_up_at_any_moment_leave_no_lock(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        for round_ in range(40):
            task = asyncio.get_running_loop().create_task(_take(client))
            await asyncio.sleep(round_ * 0.0005)
            task.cancel()
            try:
                await (await task).release()
            except asyncio.CancelledError:
                pass
        lock = await client.lock("aio-given-up", wait=5)
        await lock.release()

    run(daemon, body)


async def _take(client: aio.Client) -> aio.Lock:
    return await client.lock("aio-given-up", ttl=60)


def test_a_busy_loop_does_not_lose_a_lock(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        async with client.lock("aio-busy", ttl=2) as lock:
            until = time.monotonic() + 4
            while time.monotonic() < until:
                sum(range(1000))
            assert lock.is_held
            await lock.confirm()

    run(daemon, body)


def test_sessions_elections_counters_and_documents(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        async with client.session(ttl=5) as session, session.lock("aio-s1") as lock:
            await client.counter("aio").add(1, fence=lock.fence)
        assert not session.is_alive
        election = client.election("aio")
        async with election.observe() as events:
            assert (await events.__anext__()).kind == "STATE"
            async with election.campaign(candidate="me") as leadership:
                await leadership.proclaim("1")
                kinds = [(await events.__anext__()).kind for _ in range(2)]
                assert kinds == ["ELECTED", "PROCLAIMED"]
        configs = client.configs("aio")
        written = await configs.put("a", "1")
        assert (await configs.get("a", cached=False)).etag == written.etag
        await configs.delete("a", force=True)
        async with client.hold("aio-tied") as tied:
            assert await client.check_token("aio-tied", tied.token)

    run(daemon, body)


def test_an_item_of_a_watch_that_was_given_up_comes_the_next_time(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        counter = client.counter("aio-watch")
        await counter.delete()
        async with counter.watch() as values:
            await values.__anext__()
            with pytest.raises((asyncio.TimeoutError, TimeoutError)):
                await asyncio.wait_for(values.__anext__(), 0.1)
            await counter.add(1)
            assert (await asyncio.wait_for(values.__anext__(), 5)).value == 1

    run(daemon, body)


def test_both_surfaces_share_one_loop(daemon: Daemon) -> None:
    async def body(client: aio.Client) -> None:
        with shared_lock.connect(daemon.address) as other:
            lock = await asyncio.to_thread(other.lock("aio-both").acquire)
            with pytest.raises(NotAcquired):
                await client.lock("aio-both", wait=0)
            await asyncio.to_thread(lock.release)

    run(daemon, body)
