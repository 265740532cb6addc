"""What one may hold: a lock, or an election, which is a lock too."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .._generated.sharedlock.v1 import election_pb2, lock_pb2, types_pb2
from ..errors import NotAcquired
from ..models import Fence, Holder, Mode
from .convert import duration, holder_from, leader_from, request_id, seconds
from .wire.caller import Caller


@dataclass(frozen=True)
class Take:
    """How a claim is to be taken in one call."""

    wait: float | None
    """None: a try."""
    lease_id: int = 0
    """The lease that shall hold it; 0: one of its own."""
    ttl: float | None = None
    """Of its own lease; None: the daemon's default."""
    request_id: str = ""


@dataclass(frozen=True)
class Grant:
    """What was granted."""

    lease_id: int
    token: int
    ttl: float


Tried = Grant | NotAcquired
"""What came of one try."""


@dataclass(frozen=True)
class GrantName:
    """Which grant is given back: by its token, or, for whoever gave up, by the request that may have been granted.

    Never "whatever the lease holds": a release that arrives late would meet a later grant.
    """

    token: int = 0
    request_id: str = ""


class Claim(Protocol):
    """By whose RPCs it is taken and given back."""

    @property
    def name(self) -> str: ...

    @property
    def title(self) -> str:
        """`lock "report"`, for messages."""

    def fence(self, token: int) -> Fence: ...

    async def take(self, caller: Caller, request: Callable[[], Take]) -> Tried:
        """`request` is made for each try: it may depend on the time that is left."""

    async def is_current(self, caller: Caller, token: int) -> bool: ...

    async def give_back(self, caller: Caller, lease_id: int, grant: GrantName) -> bool:
        """Returns False if nobody held it."""


@dataclass(frozen=True)
class LockClaim:
    """A lock, and what is asked of it."""

    name: str
    owner: str
    mode: Mode = "EXCLUSIVE"
    limit: int = 0
    permits: int = 0
    value: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f'lock "{self.name}"'

    def fence(self, token: int) -> Fence:
        return Fence(self.name, token)

    async def take(self, caller: Caller, request: Callable[[], Take]) -> Tried:
        def message() -> lock_pb2.AcquireRequest:
            take = request()
            return lock_pb2.AcquireRequest(
                name=self.name,
                mode=types_pb2.LockMode.Value(self.mode),
                limit=self.limit,
                permits=self.permits,
                value=self.value,
                labels=self.labels,
                owner=self.owner,
                lease_id=take.lease_id,
                ttl=duration(take.ttl),
                wait=duration(take.wait),
                request_id=take.request_id,
            )

        answer = await caller.unary(lambda daemon: daemon.locks.Acquire, message, request().wait)
        if answer.acquired:
            return _grant(answer.grant)
        return NotAcquired(self.name, self.title, [holder_from(holder) for holder in answer.holders])

    async def is_current(self, caller: Caller, token: int) -> bool:
        request = lock_pb2.CheckTokenRequest(name=self.name, fencing_token=token)
        return (await caller.unary(lambda daemon: daemon.locks.CheckToken, request)).current

    async def give_back(self, caller: Caller, lease_id: int, grant: GrantName) -> bool:
        request = lock_pb2.ReleaseRequest(
            name=self.name,
            lease_id=lease_id,
            fencing_token=grant.token,
            grant_request_id=grant.request_id,
            request_id=request_id(),
        )
        return (await caller.unary(lambda daemon: daemon.locks.Release, request)).released


@dataclass(frozen=True)
class ElectionClaim:
    """An election, and what the candidate says of itself."""

    name: str
    candidate: str
    value: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return f'election "{self.name}"'

    def fence(self, token: int) -> Fence:
        return Fence(self.name, token, is_election=True)

    async def take(self, caller: Caller, request: Callable[[], Take]) -> Tried:
        def message() -> election_pb2.CampaignRequest:
            take = request()
            return election_pb2.CampaignRequest(
                name=self.name,
                candidate=self.candidate,
                value=self.value,
                labels=self.labels,
                lease_id=take.lease_id,
                ttl=duration(take.ttl),
                # Absent would be as long as a daemon lets one wait.
                wait=duration(take.wait or 0),
                request_id=take.request_id,
            )

        answer = await caller.unary(lambda daemon: daemon.elections.Campaign, message, request().wait)
        if answer.elected:
            return _grant(answer.grant)
        return NotAcquired(self.name, self.title, [_as_holder(answer.leader)] if answer.HasField("leader") else [])

    async def is_current(self, caller: Caller, token: int) -> bool:
        request = election_pb2.AmLeaderRequest(name=self.name, term=token)
        return (await caller.unary(lambda daemon: daemon.elections.AmLeader, request)).leader

    async def give_back(self, caller: Caller, lease_id: int, grant: GrantName) -> bool:
        request = election_pb2.ResignRequest(
            name=self.name,
            lease_id=lease_id,
            term=grant.token,
            grant_request_id=grant.request_id,
            request_id=request_id(),
        )
        return (await caller.unary(lambda daemon: daemon.elections.Resign, request)).resigned


def _grant(grant: types_pb2.Grant) -> Grant:
    return Grant(grant.lease_id, grant.fencing_token, seconds(grant.ttl))


def _as_holder(message: election_pb2.Leader) -> Holder:
    leader = leader_from(message)
    return Holder(leader.candidate, "EXCLUSIVE", leader.term, leader.value, leader.labels, 1, None, None)
