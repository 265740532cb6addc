"""The client, for programs that wait for each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType

from ._core.client import CoreClient
from ._core.held import lock_claim, optional_seconds
from ._core.hold import HoldStream
from ._core.lock import CoreLock
from ._core.runtime import Runtime, runtime
from ._core.session import CoreSession
from ._core.settings import DEFAULT_ADDRESS, Seconds, Settings, Tls, settings_of
from ._core.wire.tokens import Token
from .documents import Configs, Counter, Election, open_watch
from .locks import Lock, Session, Taking, Watch
from .models import LockEvent, LockState, Mode


def connect(
    addresses: str | Sequence[str] = DEFAULT_ADDRESS,
    *,
    token: Token | None = None,
    tls: bool | Tls = False,
    deadline: Seconds = 10.0,
    owner: str | None = None,
    on_warning: Callable[[Exception], None] | None = None,
) -> Client:
    """A client of the daemons at one or several addresses, on the same storage: `host:port`, `[::1]:50051`, or `unix:/path`.

    It connects with the first call; the first daemon that works is used until it fails, then the next. `token`: a bearer token,
    or a function that gives one, such as the `read_text` of a `Path`, for daemons that want to know who calls. `tls`: True for
    the authorities that grpc knows, or a `Tls`; without it a token is sent to this machine only. `deadline`: how long a call may
    take that does not wait, with all its tries, from 0.1 to 3600 seconds. `owner`: who asks, for people who look at the locks; by
    default the name of this host. `on_warning` is told, in a thread of the client, what went wrong where there is nobody to raise
    it at, such as a lock that could not be given back at the end of a block.

    Raises SharedLockError INVALID_ARGUMENT for an argument that can't be used.
    """
    return Client(settings_of(addresses, tls, deadline, owner, on_warning), token)


class Client:
    """Made by `connect`. May be used by any number of threads. Close it, or use it with `with`: that gives back what it holds."""

    def __init__(self, settings: Settings, token: Token | None) -> None:
        self._settings = settings
        self._runtime: Runtime = runtime()

        async def make() -> CoreClient:
            return CoreClient(settings, token)

        self._core = self._runtime.run(make())

    def lock(
        self,
        name: str,
        *,
        ttl: Seconds | None = None,
        wait: Seconds | None = None,
        mode: Mode = "EXCLUSIVE",
        limit: int = 0,
        permits: int = 0,
        owner: str | None = None,
        value: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Taking[Lock]:
        """A lock: `with client.lock("report") as lock` takes it, keeps it, and releases it in the end. Served first come, first
        served.

        `ttl`: how long the lock outlives this process, 1 s to 24 h, 10 s by default; it is renewed every third of it. `wait`:
        how long to wait at most; 0: a try; None: as long as it takes. `mode`: EXCLUSIVE, or SHARED with other shared holders.
        `limit` makes it a semaphore of so many permits, of which `permits` (1) are taken. `value` (64 KiB) and `labels` (32)
        are for others to read.
        """
        claim = lock_claim(
            self._settings,
            name,
            mode=mode,
            limit=limit,
            permits=permits,
            owner=owner,
            value=value,
            labels=labels,
        )
        granted, waiting = optional_seconds("ttl", ttl), optional_seconds("wait", wait)

        def take() -> Lock:
            work = self._core.acquire(claim, granted, waiting)
            core = self._runtime.run(work, CoreLock.dispose)
            return Lock(self._runtime, core)

        return Taking(take)

    def hold(
        self,
        name: str,
        *,
        ttl: Seconds | None = None,
        wait: Seconds | None = None,
        mode: Mode = "EXCLUSIVE",
        limit: int = 0,
        permits: int = 0,
        owner: str | None = None,
        value: str = "",
        labels: Mapping[str, str] | None = None,
    ) -> Taking[Lock]:
        """As `lock`, but tied to a stream, and renewed by the daemon: it is free as soon as this process ends, not after its
        TTL.
        """
        claim = lock_claim(
            self._settings,
            name,
            mode=mode,
            limit=limit,
            permits=permits,
            owner=owner,
            value=value,
            labels=labels,
        )
        granted, waiting = optional_seconds("ttl", ttl), optional_seconds("wait", wait)

        def take() -> Lock:
            core = self._runtime.run(self._core.hold(claim, granted, waiting), HoldStream.dispose)
            return Lock(self._runtime, core)

        return Taking(take)

    def session(
        self, *, ttl: Seconds | None = None, owner: str | None = None, labels: Mapping[str, str] | None = None
    ) -> Session:
        """A lease for up to 10,000 locks, which is kept until it is revoked or lost."""
        work = self._core.session(optional_seconds("ttl", ttl), owner, labels or {})
        return Session(self._runtime, self._core, self._runtime.run(work, CoreSession.dispose))

    def election(self, name: str) -> Election:
        """The election of that name. Asks nobody: a bad name fails at the first call."""
        return Election(self._runtime, self._core, name)

    def counter(self, name: str) -> Counter:
        """The counter of that name. Asks nobody."""
        return Counter(self._runtime, self._core, name)

    def configs(self, namespace: str) -> Configs:
        """The configuration documents of a namespace. Asks nobody."""
        return Configs(self._runtime, self._core, namespace)

    def get_lock(self, name: str) -> LockState:
        """Who holds a lock, and who waits for it. Linearizable."""
        return self._runtime.run(self._core.get_lock(name))

    def watch_lock(self, name: str, *, from_revision: int = 0) -> Watch[LockEvent]:
        """The state of a lock, then every change once, in order; where changes were missed, RESYNC with the state."""
        return open_watch(self._runtime, self._core, lambda: self._core.watch_lock(name, from_revision))

    def check_token(self, name: str, token: int) -> bool:
        """Whether a fencing token is still a holder's. Linearizable."""
        return self._runtime.run(self._core.check_token(name, token))

    def force_release(self, name: str, reason: str, *, token: int = 0) -> bool:
        """An operator takes a lock from its holders, or from the one with that token, who are told why. False if nobody held
        it.
        """
        return self._runtime.run(self._core.force_release(name, reason, token))

    def close(self) -> None:
        """Gives back all that it holds, ends its watches and waits, and closes its connections. Idempotent; never raises."""
        self._runtime.run(self._core.close())

    def __enter__(self) -> Client:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
