from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import shared_lock
from shared_lock import Code, SharedLockError, Tls

from .conftest import Daemon, free_port


@pytest.mark.parametrize("address", ["localhost", "localhost:0", "a b:1", "[::1:1", "http://x:1", "x:99999", ""])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(SharedLockError, match="host:port") as wrong:
        shared_lock.connect(address)
    assert (wrong.value.code, wrong.value.field) == (Code.INVALID_ARGUMENT, "addresses")


def test_arguments_that_can_not_be_used() -> None:
    for make in (
        lambda: shared_lock.connect(deadline=0.01),
        lambda: shared_lock.connect(token="a b"),
        lambda: shared_lock.connect(token=""),
        lambda: shared_lock.connect([]),
        lambda: shared_lock.connect().lock("a", ttl=-1),
    ):
        with pytest.raises(SharedLockError) as wrong:
            make()
        assert wrong.value.code is Code.INVALID_ARGUMENT
    with pytest.raises(SharedLockError, match="only go together"):
        Tls(cert=b"-----BEGIN CERTIFICATE-----")
    with pytest.raises(SharedLockError, match="no certificate"):
        Tls(ca=b"nothing")


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("localhost:1", True),
        ("a.localhost:1", True),
        ("127.0.0.2:1", True),
        ("[::1]:1", True),
        ("[::ffff:127.0.0.1]:1", True),
        ("unix:/run/a.sock", True),
        ("daemon.example:1", False),
        ("10.0.0.1:1", False),
        ("[fe80::1]:1", False),
    ],
)
def test_a_token_is_not_sent_in_the_clear_to_another_machine(address: str, sent: bool) -> None:
    if sent:
        shared_lock.connect(["localhost:1", address], token="t").close()
    else:
        with pytest.raises(SharedLockError, match="in the clear") as wrong:
            shared_lock.connect(["localhost:1", address], token="t")
        assert (wrong.value.code, wrong.value.field) == (Code.INVALID_ARGUMENT, "token")
        shared_lock.connect(address, token="t", tls=True).close()
    shared_lock.connect(address).close()


def test_no_daemon_is_said_in_time() -> None:
    address = f"127.0.0.1:{free_port()}"
    with shared_lock.connect(address, deadline=1) as client:
        began = time.monotonic()
        with pytest.raises(SharedLockError, match=address) as failure:
            client.get_lock("x")
        assert failure.value.code is Code.UNAVAILABLE
        assert time.monotonic() - began < 5


def test_it_goes_on_at_the_next_daemon(memory: Daemon) -> None:
    with shared_lock.connect([f"127.0.0.1:{free_port()}", memory.address]) as client, client.lock("next") as lock:
        assert lock.is_held


def test_a_lock_outlives_a_restart_and_a_watch_goes_on(start: Callable[..., Daemon]) -> None:
    daemon = start()
    with shared_lock.connect(daemon.address) as client, client.lock("kept", ttl=8) as lock:
        with client.counter("c").watch() as values:
            next(values)
            daemon.kill()
            daemon.start()
            client.counter("c").add(1)
            assert next(values).value == 1
        time.sleep(4)
        lock.confirm()


def test_tls(start: Callable[..., Daemon], tmp_path: Path) -> None:
    names = {"SHARED_LOCK_TLS_CERT_PATH": tmp_path / "cert.pem", "SHARED_LOCK_TLS_KEY_PATH": tmp_path / "key.pem"}
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        ["openssl", "req", "-x509", *key, "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
        + ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")],
        check=True,
        capture_output=True,
    )
    daemon = start(**{name: str(path) for name, path in names.items()})
    authority = (tmp_path / "cert.pem").read_bytes()
    with shared_lock.connect(f"localhost:{daemon.grpc}", tls=Tls(ca=authority)) as client, client.lock("tls") as lock:
        assert lock.is_held
    with shared_lock.connect(daemon.address, tls=Tls(ca=authority, server_name="localhost")) as client:
        client.get_lock("tls")
    with shared_lock.connect(f"localhost:{daemon.grpc}", tls=True) as client:
        began = time.monotonic()
        with pytest.raises(SharedLockError) as refused:
            client.get_lock("tls")
        assert refused.value.reason == "CERTIFICATE_REFUSED"
        assert time.monotonic() - began < 5
