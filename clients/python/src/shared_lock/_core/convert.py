"""Messages of the API as models, and the other way round."""

from __future__ import annotations

import secrets
from datetime import timezone
from typing import cast

from google.protobuf.duration_pb2 import Duration

from .._generated.sharedlock.v1 import config_pb2, election_pb2, lock_pb2, types_pb2
from ..models import (
    Config,
    ConfigEvent,
    ElectionEvent,
    ElectionState,
    Fence,
    Holder,
    Leader,
    LockEvent,
    LockState,
    Mode,
    Waiter,
)


def request_id() -> str:
    """For one request, over all its tries."""
    return secrets.token_urlsafe(16)


def duration(seconds: float | None) -> Duration | None:
    if seconds is None:
        return None
    made = Duration()
    made.FromNanoseconds(round(seconds * 1e9))
    return made


def seconds(made: Duration) -> float:
    return made.ToNanoseconds() / 1e9


def fence_to(fence: Fence | None) -> types_pb2.Fence | None:
    if fence is None:
        return None
    if fence.is_election:
        return types_pb2.Fence(election=fence.name, token=fence.token)
    return types_pb2.Fence(lock=fence.name, token=fence.token)


def _mode(mode: types_pb2.LockMode.ValueType) -> Mode:
    return cast("Mode", types_pb2.LockMode.Name(mode))


def holder_from(holder: types_pb2.Holder) -> Holder:
    return Holder(
        owner=holder.owner,
        mode=_mode(holder.mode),
        token=holder.fencing_token,
        value=holder.value,
        labels=dict(holder.labels),
        permits=holder.permits,
        acquired_at=holder.acquired_at.ToDatetime(timezone.utc) if holder.HasField("acquired_at") else None,
        remaining_ttl=seconds(holder.remaining_ttl) if holder.HasField("remaining_ttl") else None,
    )


def waiter_from(waiter: types_pb2.Waiter) -> Waiter:
    return Waiter(waiter.position, waiter.owner, _mode(waiter.mode), waiter.permits, dict(waiter.labels))


def lock_from(lock: lock_pb2.Lock) -> LockState:
    return LockState(
        name=lock.name,
        holders=tuple(map(holder_from, lock.holders)),
        waiters=tuple(map(waiter_from, lock.waiters)),
        holder_count=lock.holder_count,
        waiter_count=lock.waiter_count,
        revision=lock.revision,
    )


def lock_event_from(message: lock_pb2.WatchLockResponse) -> LockEvent:
    return LockEvent(
        kind=lock_pb2.WatchLockResponse.Kind.Name(message.kind),  # type: ignore[arg-type]
        revision=message.revision,
        state=lock_from(message.lock) if message.HasField("lock") else None,
        holder=holder_from(message.holder) if message.HasField("holder") else None,
        waiter=waiter_from(message.waiter) if message.HasField("waiter") else None,
        cause=types_pb2.HoldEnd.Cause.Name(message.end.cause) if message.HasField("end") else "",
    )


def leader_from(leader: election_pb2.Leader) -> Leader:
    return Leader(leader.candidate, leader.term, leader.value, dict(leader.labels))


def election_from(election: election_pb2.Election) -> ElectionState:
    return ElectionState(
        name=election.name,
        leader=leader_from(election.leader) if election.HasField("leader") else None,
        candidates=tuple(each.candidate for each in election.candidates),
        candidate_count=election.candidate_count,
        revision=election.revision,
    )


def election_event_from(message: election_pb2.ObserveResponse) -> ElectionEvent:
    source = message.election if message.HasField("election") else message
    return ElectionEvent(
        kind=election_pb2.ObserveResponse.Kind.Name(message.kind),  # type: ignore[arg-type]
        revision=message.revision,
        leader=leader_from(source.leader) if source.HasField("leader") else None,
    )


def config_from(config: config_pb2.Config) -> Config:
    return Config(
        namespace=config.namespace,
        name=config.name,
        version=config.version,
        enabled=config.enabled,
        revision=config.revision,
        etag=config.etag,
        document_version=config.document_version,
        document=config.document,
        schema=config.schema,
        cached=config.cached,
    )


def config_event_from(message: config_pb2.WatchConfigsResponse) -> ConfigEvent:
    config = config_from(message.config) if message.HasField("config") else None
    return ConfigEvent(
        kind=config_pb2.WatchConfigsResponse.Kind.Name(message.kind),  # type: ignore[arg-type]
        revision=message.revision,
        name=message.name if config is None else config.name,
        config=config,
    )
