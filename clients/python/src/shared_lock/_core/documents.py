"""Counters, configuration documents and elections: calls without state."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from typing import Literal

from .._generated.sharedlock.v1 import config_pb2, counter_pb2, election_pb2
from ..models import Config, ConfigEvent, CounterChange, CounterEvent, ElectionEvent, ElectionState, Fence
from .convert import config_event_from, config_from, election_event_from, election_from, fence_to, request_id
from .lock import CoreLock
from .parts import Parts
from .wire.watching import Resumable


class CoreCounter:
    def __init__(self, parts: Parts, name: str) -> None:
        self.name = name
        self._parts = parts

    async def get(self) -> int:
        request = counter_pb2.GetCounterRequest(name=self.name)
        return (await self._parts.caller.unary(lambda daemon: daemon.counters.GetCounter, request)).value

    async def add(self, delta: int, least: int | None, most: int | None, fence: Fence | None) -> CounterChange:
        request = counter_pb2.AddRequest(
            name=self.name, delta=delta, min=least, max=most, fence=fence_to(fence), request_id=request_id()
        )
        answer = await self._parts.caller.unary(lambda daemon: daemon.counters.Add, request)
        return CounterChange(answer.value, answer.previous)

    async def set(self, value: int, expected: int | None, fence: Fence | None) -> CounterChange:
        request = counter_pb2.SetCounterRequest(
            name=self.name, value=value, expected=expected, fence=fence_to(fence), request_id=request_id()
        )
        answer = await self._parts.caller.unary(lambda daemon: daemon.counters.SetCounter, request)
        return CounterChange(answer.value, answer.previous)

    async def delete(self, expected: int | None, fence: Fence | None) -> bool:
        request = counter_pb2.DeleteCounterRequest(
            name=self.name, expected=expected, fence=fence_to(fence), request_id=request_id()
        )
        return (await self._parts.caller.unary(lambda daemon: daemon.counters.DeleteCounter, request)).deleted

    def watch(self, from_revision: int) -> AsyncGenerator[CounterEvent, None]:
        return self._parts.watcher.watch(
            Resumable(
                method=lambda daemon: daemon.counters.WatchCounter,
                request=lambda revision: counter_pb2.WatchCounterRequest(name=self.name, from_revision=revision),
                read=lambda message: CounterEvent(message.value, message.revision, message.resync),
                revision_of=lambda event: event.revision,
                is_state=lambda _: True,
                resync=lambda event: [replace(event, resync=True)],
            ),
            from_revision,
        )


class CoreConfigs:
    def __init__(self, parts: Parts, namespace: str) -> None:
        self.namespace = namespace
        self._parts = parts

    async def get(self, name: str, version: int | None, cached: bool) -> Config:
        consistency = config_pb2.CACHED if cached else config_pb2.LINEARIZABLE
        request = config_pb2.GetConfigRequest(namespace=self.namespace, name=name, version=version, consistency=consistency)
        return config_from(await self._parts.caller.unary(lambda daemon: daemon.configs.GetConfig, request))

    async def put(
        self, name: str, document: str, schema: str | None, if_match: str, if_none_match: str, fence: Fence | None
    ) -> Config:
        request = config_pb2.PutConfigRequest(
            namespace=self.namespace,
            name=name,
            document=document,
            schema=schema,
            if_match=if_match,
            if_none_match=if_none_match,
            fence=fence_to(fence),
            request_id=request_id(),
        )
        return config_from(await self._parts.caller.unary(lambda daemon: daemon.configs.PutConfig, request))

    async def patch(
        self, name: str, patch: str, kind: Literal["MERGE_PATCH", "JSON_PATCH"], if_match: str, fence: Fence | None
    ) -> Config:
        request = config_pb2.PatchConfigRequest(
            namespace=self.namespace,
            name=name,
            type=config_pb2.PatchType.Value(kind),
            patch=patch,
            if_match=if_match,
            fence=fence_to(fence),
            request_id=request_id(),
        )
        return config_from(await self._parts.caller.unary(lambda daemon: daemon.configs.PatchConfig, request))

    async def delete(self, name: str, force: bool, if_match: str, fence: Fence | None) -> None:
        request = config_pb2.DeleteConfigRequest(
            namespace=self.namespace,
            name=name,
            force=force,
            if_match=if_match,
            fence=fence_to(fence),
            request_id=request_id(),
        )
        await self._parts.caller.unary(lambda daemon: daemon.configs.DeleteConfig, request)

    async def list(self, prefix: str) -> list[Config]:
        found: list[Config] = []
        token = ""
        while True:
            request = config_pb2.ListConfigsRequest(namespace=self.namespace, prefix=prefix, page_token=token)
            page = await self._parts.caller.unary(lambda daemon: daemon.configs.ListConfigs, request)
            found.extend(map(config_from, page.configs))
            token = page.next_page_token
            if not token:
                return found

    def watch(self, name: str, prefix: str, from_revision: int) -> AsyncGenerator[ConfigEvent, None]:
        return self._parts.watcher.watch(
            Resumable(
                method=lambda daemon: daemon.configs.WatchConfigs,
                request=lambda revision: config_pb2.WatchConfigsRequest(
                    namespace=self.namespace, name=name, prefix=prefix, from_revision=revision
                ),
                read=config_event_from,
                revision_of=lambda event: event.revision,
                # The documents of the beginning have revision 0: cut among them, a watch begins anew.
                is_state=lambda event: event.revision == 0 or event.kind in ("RESYNC", "SYNCED"),
                resync=lambda event: [ConfigEvent("RESYNC", 0), event],
            ),
            from_revision,
        )


class CoreElection:
    def __init__(self, parts: Parts, name: str) -> None:
        self.name = name
        self._parts = parts

    async def get(self) -> ElectionState:
        request = election_pb2.GetLeaderRequest(name=self.name)
        return election_from(await self._parts.caller.unary(lambda daemon: daemon.elections.GetLeader, request))

    async def proclaim(self, lock: CoreLock, value: str) -> None:
        lock.check()
        request = election_pb2.ProclaimRequest(
            name=self.name, lease_id=lock.lease.id, term=lock.token, value=value, request_id=request_id()
        )
        await self._parts.caller.unary(lambda daemon: daemon.elections.Proclaim, request)

    def observe(self, from_revision: int) -> AsyncGenerator[ElectionEvent, None]:
        return self._parts.watcher.watch(
            Resumable(
                method=lambda daemon: daemon.elections.Observe,
                request=lambda revision: election_pb2.ObserveRequest(name=self.name, from_revision=revision),
                read=election_event_from,
                revision_of=lambda event: event.revision,
                is_state=lambda event: event.kind in ("STATE", "RESYNC"),
                resync=lambda event: [replace(event, kind="RESYNC")],
            ),
            from_revision,
        )
