"""Daemons that want to know who calls: what this client must do is shown by a server that says so."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

import shared_lock
from shared_lock import Code, SharedLockError
from shared_lock._generated.sharedlock.v1 import lease_pb2, lease_pb2_grpc, lock_pb2, lock_pb2_grpc, types_pb2

from .conftest import until


class Refusing(lock_pb2_grpc.LockServiceServicer, lease_pb2_grpc.LeaseServiceServicer):
    """Takes one token. Renews nothing while it does not know the caller."""

    def __init__(self) -> None:
        self.token = "good"
        self.renewals = 0
        self.refusals = 0

    def _check(self, context: grpc.ServicerContext) -> None:
        if ("authorization", f"Bearer {self.token}") not in [tuple(each) for each in context.invocation_metadata()]:
            self.refusals += 1
            context.abort(grpc.StatusCode.UNAUTHENTICATED, "who calls?")

    def Acquire(self, request: lock_pb2.AcquireRequest, context: grpc.ServicerContext) -> lock_pb2.AcquireResponse:
        self._check(context)
        grant = types_pb2.Grant(lease_id=7, fencing_token=1)
        grant.ttl.FromSeconds(3)
        return lock_pb2.AcquireResponse(acquired=True, grant=grant)

    def Release(self, request: lock_pb2.ReleaseRequest, context: grpc.ServicerContext) -> lock_pb2.ReleaseResponse:
        return lock_pb2.ReleaseResponse(released=True)

    def CheckToken(self, request: lock_pb2.CheckTokenRequest, context: grpc.ServicerContext) -> lock_pb2.CheckTokenResponse:
        return lock_pb2.CheckTokenResponse(current=True)

    def KeepAliveStream(
        self, request_iterator: Iterator[lease_pb2.KeepAliveStreamRequest], context: grpc.ServicerContext
    ) -> Iterator[lease_pb2.KeepAliveStreamResponse]:
        self._check(context)
        for request in request_iterator:
            response = lease_pb2.KeepAliveStreamResponse(lease_id=request.lease_id)
            response.ttl.FromSeconds(3)
            self.renewals += 1
            yield response


@pytest.fixture
def refusing() -> Iterator[tuple[Refusing, str]]:
    servicer = Refusing()  # type: ignore[abstract]
    server = grpc.server(ThreadPoolExecutor(20))
    lock_pb2_grpc.add_LockServiceServicer_to_server(servicer, server)
    lease_pb2_grpc.add_LeaseServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield servicer, f"127.0.0.1:{port}"
    server.stop(None).wait()


def break_streams(client: shared_lock.Client) -> None:
    """The next renewal opens another one."""
    client._runtime.loop.call_soon_threadsafe(client._core._link.close)


def test_a_token_is_sent_with_calls_and_renewals(refusing: tuple[Refusing, str]) -> None:
    servicer, address = refusing
    with shared_lock.connect(address, token="good") as client, client.lock("a") as lock:
        until(lambda: servicer.renewals > 1)
        assert lock.is_held
    assert servicer.refusals == 0


def test_a_token_is_taken_as_a_file_has_it(refusing: tuple[Refusing, str], tmp_path: Path) -> None:
    _, address = refusing
    file = tmp_path / "token"
    file.write_text("good\n")
    with shared_lock.connect(address, token=file.read_text) as client, client.lock("a") as lock:
        assert lock.is_held


def test_a_wrong_token_is_an_error_at_once(refusing: tuple[Refusing, str]) -> None:
    servicer, address = refusing
    with shared_lock.connect(address, token="bad") as client, pytest.raises(SharedLockError) as refused:
        client.lock("a").acquire()
    assert refused.value.code is Code.UNAUTHENTICATED
    assert servicer.refusals == 1


def test_a_token_is_had_anew_when_it_is_refused_and_a_lock_is_not_lost_by_that(refusing: tuple[Refusing, str]) -> None:
    servicer, address = refusing
    with shared_lock.connect(address, token=lambda: servicer.token) as client, client.lock("a") as lock:
        until(lambda: servicer.renewals > 0)
        # Tokens change: streams that are open live on, new ones need the new token.
        servicer.token = "better"
        break_streams(client)
        before = servicer.renewals
        until(lambda: servicer.renewals > before + 1)
        assert lock.is_held
        assert servicer.refusals > 0


def test_a_caller_who_is_not_known_any_more_loses_a_lock_by_the_clock_alone(refusing: tuple[Refusing, str]) -> None:
    servicer, address = refusing
    with shared_lock.connect(address, token="good") as client:
        lock = client.lock("a").acquire()
        servicer.token = "another"
        break_streams(client)
        until(lambda: servicer.refusals > 1)
        assert lock.is_held
        assert lock.lost.wait(5)
        assert lock.loss is not None
        assert lock.loss.reason == "UNREACHABLE"


def test_a_token_that_can_not_be_had(refusing: tuple[Refusing, str]) -> None:
    _, address = refusing

    def fail() -> str:
        raise OSError("no such file")

    with shared_lock.connect(address, token=fail) as client, pytest.raises(SharedLockError, match="no such file") as error:
        client.lock("a").acquire()
    assert error.value.code is Code.UNAUTHENTICATED
