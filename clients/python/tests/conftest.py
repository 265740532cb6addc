"""The built daemon, on each engine. `npm run build` makes it."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import shared_lock

ROOT = Path(__file__).resolve().parents[3]
READY = 20.0


def free_port() -> int:
    """Below the ports that the system gives to outgoing connections, which come at any time."""
    while True:
        port = random.randint(10_000, 32_000)
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                server.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


class Daemon:
    """As a process of its own, on ports that it keeps when it is started again."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.http, self.grpc = free_port(), free_port()
        self._folder = folder
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.grpc}"

    def start(self) -> None:
        env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self._folder),
            "SHARED_LOCK_SERVER_PORT": str(self.http),
            "SHARED_LOCK_GRPC_PORT": str(self.grpc),
            "SHARED_LOCK_LOG_LEVEL": "warn",
            **self._env,
        }
        self._process = subprocess.Popen([str(ROOT / "bin/shared-lock"), "serve"], env=env, stdin=subprocess.DEVNULL)
        until = time.monotonic() + READY
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                raise AssertionError("the daemon does not get ready")
            time.sleep(0.05)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def _is_ready(self) -> bool:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", self.grpc)) != 0:
                return False
        scheme = "https" if "SHARED_LOCK_TLS_CERT_PATH" in self._env else "http"
        if scheme == "https":
            return True
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


class Etcd:
    """One member, with its data in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{free_port()}"
        peer = f"http://127.0.0.1:{free_port()}"
        program = os.environ.get("ETCD_BIN") or shutil.which("etcd")
        assert program, "etcd is not installed: apt-get install etcd-server, or set ETCD_BIN"
        self._process = subprocess.Popen(
            [program, "--data-dir", str(folder), "--listen-client-urls", self.url, "--advertise-client-urls", self.url]
            + ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sl-py-") as name:
        yield Path(name)


@pytest.fixture(scope="session")
def memory(folder: Path) -> Iterator[Daemon]:
    made = Daemon(folder, {"SHARED_LOCK_STORAGE_TYPE": "memory"})
    yield made
    made.kill()


@pytest.fixture(scope="session")
def on_etcd(folder: Path) -> Iterator[Daemon]:
    etcd = Etcd(folder / "etcd")
    made = Daemon(folder, {"SHARED_LOCK_STORAGE_TYPE": "etcd", "SHARED_LOCK_ETCD_ADDR_LIST": etcd.url})
    yield made
    made.kill()
    etcd.kill()


@pytest.fixture(scope="session", params=["memory", "on_etcd"])
def daemon(request: pytest.FixtureRequest) -> Daemon:
    """On each of two engines."""
    made: Daemon = request.getfixturevalue(request.param)
    return made


@pytest.fixture
def client(daemon: Daemon) -> Iterator[shared_lock.Client]:
    with shared_lock.connect(daemon.address, owner="tests", deadline=5) as made:
        yield made


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Starts daemons on storages of their own."""
    made: list[Daemon] = []

    def begin(**env: str) -> Daemon:
        storage = {"SHARED_LOCK_STORAGE_TYPE": "embedded", "SHARED_LOCK_DATA_DIR": str(tmp_path / f"data{len(made)}")}
        made.append(Daemon(tmp_path, {**storage, **env}))
        return made[-1]

    yield begin
    for each in made:
        each.kill()


def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.02)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def lock_json(daemon: Daemon, name: str) -> dict[str, object]:
    with urllib.request.urlopen(f"http://127.0.0.1:{daemon.http}/v1/locks/{name}", timeout=5) as answer:
        found: dict[str, object] = json.load(answer)
        return found
