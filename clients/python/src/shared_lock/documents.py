"""Elections, counters and configuration documents, for programs that wait for each call."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from typing import Literal, TypeVar

from ._core.client import CoreClient
from ._core.documents import CoreConfigs, CoreCounter, CoreElection
from ._core.feed import Feed
from ._core.held import election_claim, optional_seconds
from ._core.lock import CoreLock
from ._core.runtime import Runtime
from ._core.settings import Seconds
from .locks import Leadership, Taking, Watch
from .models import Config, ConfigEvent, CounterChange, CounterEvent, ElectionEvent, ElectionState, Fence

Item = TypeVar("Item")


class Election:
    """Of many candidates one leads at a time; the others wait in the order in which they came."""

    def __init__(self, runtime: Runtime, client: CoreClient, name: str) -> None:
        self.name = name
        self._runtime = runtime
        self._client = client
        self._core = CoreElection(client.parts, name)

    def campaign(
        self,
        *,
        candidate: str | None = None,
        value: str = "",
        ttl: Seconds | None = None,
        wait: Seconds | None = None,
        labels: Mapping[str, str] | None = None,
    ) -> Taking[Leadership]:
        """Stands for election: `with election.campaign() as leadership` waits until elected, and resigns in the end.

        `candidate`: who stands, by default the client's `owner`; each process needs one of its own. `value` (64 KiB) is
        published while it leads. `wait`, `ttl`: as of a lock.
        """
        claim = election_claim(self._client.parts.settings, self.name, candidate=candidate, value=value, labels=labels)
        granted, waiting = optional_seconds("ttl", ttl), optional_seconds("wait", wait)

        def take() -> Leadership:
            core = self._runtime.run(self._client.acquire(claim, granted, waiting), CoreLock.dispose)
            return Leadership(self._runtime, core, self._core)

        return Taking(take)

    def get(self) -> ElectionState:
        """Who leads, and who waits. Linearizable."""
        return self._runtime.run(self._core.get())

    def observe(self, *, from_revision: int = 0) -> Watch[ElectionEvent]:
        """The state, then every leader once, in order, with each change of its value and the moments without one."""
        return open_watch(self._runtime, self._client, lambda: self._core.observe(from_revision))


class Counter:
    """A signed 64-bit integer, 0 before the first write. Linearizable; each write counts once, however often it is sent."""

    def __init__(self, runtime: Runtime, client: CoreClient, name: str) -> None:
        self.name = name
        self._runtime = runtime
        self._client = client
        self._core = CoreCounter(client.parts, name)

    def get(self) -> int:
        """The value of now."""
        return self._runtime.run(self._core.get())

    def add(self, delta: int = 1, *, min: int | None = None, max: int | None = None, fence: Fence | None = None) -> CounterChange:
        """Adds. Raises SharedLockError OUT_OF_RANGE (COUNTER_BOUNDS) if the result is beyond its bounds, or 64 bits.

        `fence`: only while that lock is held, else FAILED_PRECONDITION (STALE_TOKEN).
        """
        return self._runtime.run(self._core.add(delta, min, max, fence))

    def set(self, value: int, *, expected: int | None = None, fence: Fence | None = None) -> CounterChange:
        """Raises SharedLockError FAILED_PRECONDITION (COUNTER_CHANGED) if it has not the value that is `expected`."""
        return self._runtime.run(self._core.set(value, expected, fence))

    def delete(self, *, expected: int | None = None, fence: Fence | None = None) -> bool:
        """It is 0 again. Returns False if it had never been written. Raises as `set`."""
        return self._runtime.run(self._core.delete(expected, fence))

    def watch(self, *, from_revision: int = 0) -> Watch[CounterEvent]:
        """The value of now, then every change once, in order; where some were missed, the value of now with `resync`."""
        return open_watch(self._runtime, self._client, lambda: self._core.watch(from_revision))


class Configs:
    """The JSON documents of one namespace, with versions from 0. A document is JSON text, and comes back as it was written."""

    def __init__(self, runtime: Runtime, client: CoreClient, namespace: str) -> None:
        self.namespace = namespace
        self._runtime = runtime
        self._client = client
        self._core = CoreConfigs(client.parts, namespace)

    def get(self, name: str, *, version: int | None = None, cached: bool = True) -> Config:
        """`cached`: from the daemon's memory, if it has it there. Raises SharedLockError NOT_FOUND."""
        return self._runtime.run(self._core.get(name, version, cached))

    def put(
        self,
        name: str,
        document: str,
        *,
        schema: str | None = None,
        if_match: str = "",
        if_none_match: str = "",
        fence: Fence | None = None,
    ) -> Config:
        """Writes the next version; creates the document if there is none and `if_match` is not given.

        `schema`: JSON Schema that every version must satisfy; None: it stays; empty: none. `if_match`, `if_none_match`: an
        etag, or `*`; raises SharedLockError FAILED_PRECONDITION (ETAG_MISMATCH) if they don't hold, (STALE_TOKEN) if the
        `fence` does not.
        """
        return self._runtime.run(self._core.put(name, document, schema, if_match, if_none_match, fence))

    def patch(
        self,
        name: str,
        patch: str,
        kind: Literal["MERGE_PATCH", "JSON_PATCH"] = "MERGE_PATCH",
        *,
        if_match: str = "",
        fence: Fence | None = None,
    ) -> Config:
        """Applies a patch (RFC 7396, or 6902) to the latest version, which makes the next one. Raises as `put`, and NOT_FOUND."""
        return self._runtime.run(self._core.patch(name, patch, kind, if_match, fence))

    def delete(self, name: str, *, force: bool = False, if_match: str = "", fence: Fence | None = None) -> None:
        """With all its versions. Raises SharedLockError FAILED_PRECONDITION (CONFIG_ENABLED) if it is enabled, unless `force`."""
        self._runtime.run(self._core.delete(name, force, if_match, fence))

    def list(self, prefix: str = "") -> Sequence[Config]:
        """In the order of their names, without their text."""
        return self._runtime.run(self._core.list(prefix))

    def watch(self, *, name: str = "", prefix: str = "", from_revision: int = 0) -> Watch[ConfigEvent]:
        """The documents of now, SYNCED, then every change once, in order; or RESYNC, and all of that anew."""
        return open_watch(self._runtime, self._client, lambda: self._core.watch(name, prefix, from_revision))


def open_watch(runtime: Runtime, client: CoreClient, begin: Callable[[], AsyncGenerator[Item, None]]) -> Watch[Item]:
    async def feed() -> Feed[Item]:
        return client.feed(begin())

    return Watch(runtime, feed())
