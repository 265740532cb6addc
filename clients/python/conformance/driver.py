"""The driver of the Python client: see clients/conformance/README.md."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from shared_lock import Fence, NotAcquired, SharedLockError, aio

Command = dict[str, Any]

_locks: dict[str, aio.Lock] = {}
_sessions: dict[str, aio.Session] = {}
_clients: list[aio.Client] = []
_calls: dict[int, asyncio.Task[None]] = {}
_background: set[asyncio.Task[None]] = set()


def tell(line: Command) -> None:
    print(json.dumps(line), flush=True)


def at_ms() -> int:
    return time.time_ns() // 1_000_000


def in_background(work: Coroutine[Any, Any, None]) -> None:
    async def go_on() -> None:
        try:
            await work
        except SharedLockError as error:
            print(f"it has ended: {error}", file=sys.stderr)

    task = asyncio.get_running_loop().create_task(go_on())
    _background.add(task)
    task.add_done_callback(_background.discard)


def seconds(value: float | None) -> float | None:
    return None if value is None else value / 1000


def fence(command: Command) -> Fence | None:
    return _locks[command["under"]].fence if "under" in command else None


async def connect(command: Command) -> Command:
    given: Command = {"deadline": command["deadline_ms"] / 1000} if "deadline_ms" in command else {}
    _clients.append(aio.connect(command["addresses"], owner=command.get("owner"), **given))
    return {}


async def keep(command: Command, taking: Awaitable[aio.Lock]) -> Command:
    handle = command["lock"]
    try:
        lock = await taking
    except NotAcquired:
        return {"acquired": False}
    _locks[handle] = lock

    async def tell_loss() -> None:
        await lock.lost.wait()
        if lock.loss is not None:
            tell({"event": "lost", "lock": handle, "why": lock.loss.reason, "at_ms": at_ms()})

    in_background(tell_loss())
    return {"acquired": True, "token": lock.token}


async def lock(command: Command) -> Command:
    wait = seconds(command.get("wait_ms"))
    if "session" in command:
        return await keep(command, _sessions[command["session"]].lock(command["name"], wait=wait))
    return await keep(command, _clients[0].lock(command["name"], ttl=seconds(command.get("ttl_ms")), wait=wait))


async def hold(command: Command) -> Command:
    wait, ttl = seconds(command.get("wait_ms")), seconds(command.get("ttl_ms"))
    return await keep(command, _clients[0].hold(command["name"], ttl=ttl, wait=wait))


async def elect(command: Command) -> Command:
    campaign = (
        _clients[0]
        .election(command["name"])
        .campaign(
            candidate=command.get("candidate"),
            value=command.get("value", ""),
            ttl=seconds(command.get("ttl_ms")),
            wait=seconds(command.get("wait_ms")),
        )
    )
    return await keep(command, campaign)


async def held(command: Command) -> Command:
    return {"held": _locks[command["lock"]].is_held}


async def work(command: Command) -> Command:
    lock = _locks[command["lock"]]

    async def go_on() -> None:
        while True:
            now = at_ms()
            if not lock.is_held:
                return
            tell({"event": "work", "lock": command["lock"], "token": lock.token, "at_ms": now})
            await asyncio.sleep(command["every_ms"] / 1000)

    in_background(go_on())
    return {}


async def release(command: Command) -> Command:
    return {"released": await _locks[command["lock"]].release()}


async def cancel(command: Command) -> Command:
    if command["call"] in _calls:
        _calls[command["call"]].cancel()
    return {}


async def session(command: Command) -> Command:
    made = await _clients[0].session(ttl=seconds(command.get("ttl_ms")))
    _sessions[command["session"]] = made
    return {"ttl_ms": round(made.ttl * 1000)}


async def revoke(command: Command) -> Command:
    return {"revoked": await _sessions[command["session"]].revoke()}


async def counter_add(command: Command) -> Command:
    counter = _clients[0].counter(command["name"])
    change = await counter.add(int(command["delta"]), fence=fence(command))
    return {"value": str(change.value), "previous": str(change.previous)}


async def config_put(command: Command) -> Command:
    configs = _clients[0].configs(command["namespace"])
    config = await configs.put(command["name"], command["document"], if_match=command.get("if_match", ""), fence=fence(command))
    return {"version": config.version, "etag": config.etag}


async def config_patch(command: Command) -> Command:
    config = await _clients[0].configs(command["namespace"]).patch(command["name"], command["patch"])
    return {"version": config.version, "etag": config.etag}


async def config_get(command: Command) -> Command:
    config = await _clients[0].configs(command["namespace"]).get(command["name"], cached=False)
    return {"version": config.version, "etag": config.etag, "document": config.document}


async def config_watch(command: Command) -> Command:
    watch = _clients[0].configs(command["namespace"]).watch()

    async def go_on() -> None:
        async for event in watch:
            about: Command = {"name": event.name} if event.name else {}
            if event.config is not None:
                about["version"] = event.config.version
            tell({"event": "config", "watch": command["watch"], "kind": event.kind, **about})

    in_background(go_on())
    return {}


async def observe(command: Command) -> Command:
    watch = _clients[0].election(command["name"]).observe()

    async def go_on() -> None:
        async for event in watch:
            is_led = event.leader is not None and event.kind != "VACATED"
            tell(
                {
                    "event": "leader",
                    "watch": command["watch"],
                    "candidate": event.leader.candidate if is_led and event.leader else None,
                }
            )

    in_background(go_on())
    return {}


async def close(_command: Command) -> Command:
    await _clients[0].close()
    return {}


COMMANDS: dict[str, Callable[[Command], Awaitable[Command]]] = {
    each.__name__: each
    for each in (
        *(connect, lock, hold, elect, held, work, release, cancel, session, revoke),
        *(counter_add, config_put, config_patch, config_get, config_watch, observe, close),
    )
}


async def answer(command: Command) -> None:
    try:
        tell({"id": command["id"], "ok": await COMMANDS[command["do"]](command)})
    except asyncio.CancelledError:
        tell({"id": command["id"], "error": {"code": "CANCELLED", "reason": "", "message": "it was cancelled"}})
    except SharedLockError as error:
        about = {"code": str(error.code), "reason": error.reason, "message": str(error.args[0])}
        tell({"id": command["id"], "error": about})
    except Exception as error:
        tell({"id": command["id"], "error": {"code": "UNKNOWN", "reason": "", "message": repr(error)}})
    finally:
        del _calls[command["id"]]


async def main() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        command = json.loads(line)
        _calls[command["id"]] = loop.create_task(answer(command))


asyncio.run(main())
