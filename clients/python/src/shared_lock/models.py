"""What daemons tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Mode = Literal["EXCLUSIVE", "SHARED", "SEMAPHORE"]


@dataclass(frozen=True, slots=True)
class Holder:
    """One that holds a lock now."""

    owner: str
    mode: Mode
    token: int
    value: str
    labels: Mapping[str, str]
    permits: int
    acquired_at: datetime | None
    """By the wall clock of the daemon that granted; None if another program wrote the key."""
    remaining_ttl: float | None
    """Seconds until the lease ends unless it is renewed."""


@dataclass(frozen=True, slots=True)
class Waiter:
    """One that waits for a lock. Position 1 is next."""

    position: int
    owner: str
    mode: Mode
    permits: int
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LockState:
    """A lock as it was at a revision of the store."""

    name: str
    holders: tuple[Holder, ...]
    waiters: tuple[Waiter, ...]
    holder_count: int
    waiter_count: int
    revision: int


@dataclass(frozen=True, slots=True)
class LockEvent:
    """What happens to a lock. `state` of STATE and RESYNC, `holder` of ACQUIRED and RELEASED, `waiter` of QUEUED and DEQUEUED."""

    kind: Literal["STATE", "ACQUIRED", "RELEASED", "QUEUED", "DEQUEUED", "RESYNC"]
    revision: int
    state: LockState | None = None
    holder: Holder | None = None
    waiter: Waiter | None = None
    cause: str = ""
    """Of RELEASED: RELEASED, EXPIRED, REVOKED, PREEMPTED or UNKNOWN."""


@dataclass(frozen=True, slots=True)
class Leader:
    """One that leads an election. Its `term` is its fencing token."""

    candidate: str
    term: int
    value: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ElectionState:
    """An election as it was at a revision: who leads, and who waits, in order."""

    name: str
    leader: Leader | None
    candidates: tuple[str, ...]
    candidate_count: int
    revision: int


@dataclass(frozen=True, slots=True)
class ElectionEvent:
    """STATE and RESYNC say who leads, None if nobody does; VACATED, who led last; the others, who leads now."""

    kind: Literal["STATE", "ELECTED", "PROCLAIMED", "VACATED", "RESYNC"]
    revision: int
    leader: Leader | None


@dataclass(frozen=True, slots=True)
class CounterChange:
    """A counter after a write, and before it."""

    value: int
    previous: int


@dataclass(frozen=True, slots=True)
class CounterEvent:
    """A counter as it was at a revision. `resync`: changes were missed before."""

    value: int
    revision: int
    resync: bool


@dataclass(frozen=True, slots=True)
class Config:
    """One version of a document, and what is known of the document."""

    namespace: str
    name: str
    version: int
    enabled: bool
    revision: int
    etag: str
    """For `if_match`."""
    document_version: int
    document: str
    """JSON text, as it was written."""
    schema: str
    cached: bool
    """Whether it came from the daemon's memory."""


@dataclass(frozen=True, slots=True)
class ConfigEvent:
    """PUT has a `config`; DELETED only a `name`; SYNCED: all documents of now were told; RESYNC: what was told before no longer
    counts.
    """

    kind: Literal["PUT", "DELETED", "RESYNC", "SYNCED"]
    revision: int
    name: str = ""
    config: Config | None = None


@dataclass(frozen=True, slots=True)
class Fence:
    """A write is done only while this token is a holder's of the lock, or the leader's term of the election."""

    name: str
    token: int
    is_election: bool = False
