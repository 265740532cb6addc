"""One connection to one daemon."""

from __future__ import annotations

from dataclasses import dataclass

import grpc
import grpc.aio

from ..._generated.sharedlock.v1.config_pb2_grpc import ConfigServiceStub
from ..._generated.sharedlock.v1.counter_pb2_grpc import CounterServiceStub
from ..._generated.sharedlock.v1.election_pb2_grpc import ElectionServiceStub
from ..._generated.sharedlock.v1.lease_pb2_grpc import LeaseServiceStub
from ..._generated.sharedlock.v1.lock_pb2_grpc import LockServiceStub

_OPTIONS: tuple[tuple[str, int], ...] = (
    # A connection of its own, not that of another channel to the same address.
    ("grpc.use_local_subchannel_pool", 1),
    # Of an attempt: who begins anew earlier may never get there.
    ("grpc.min_reconnect_backoff_ms", 3000),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 500),
    # Finds a daemon that is gone without a word, while a call is under way.
    ("grpc.keepalive_time_ms", 1000),
    ("grpc.keepalive_timeout_ms", 3000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.service_config_disable_resolution", 1),
    # Repeating is the caller's business: it knows what is safe.
    ("grpc.enable_retries", 0),
    # Daemons are near; a proxy for the web would only be in the way.
    ("grpc.enable_http_proxy", 0),
)


@dataclass(frozen=True)
class Target:
    """Where and how to connect."""

    address: str
    credentials: grpc.ChannelCredentials | None
    server_name: str | None
    """The name in the daemon's certificate, if it is not that of the address."""


class Connection:
    """A channel with a connection of its own, which comes to be with the first call, and again after it broke."""

    def __init__(self, target: Target) -> None:
        self.address = target.address
        options: list[tuple[str, int | str]] = list(_OPTIONS)
        if target.server_name is not None:
            options.append(("grpc.ssl_target_name_override", target.server_name))
        if target.credentials is None:
            self._channel = grpc.aio.insecure_channel(target.address, options)
        else:
            self._channel = grpc.aio.secure_channel(target.address, target.credentials, options)
        self.locks = LockServiceStub(self._channel)
        self.leases = LeaseServiceStub(self._channel)
        self.elections = ElectionServiceStub(self._channel)
        self.counters = CounterServiceStub(self._channel)
        self.configs = ConfigServiceStub(self._channel)

    async def close(self) -> None:
        """What is under way over it is cancelled."""
        await self._channel.close()
