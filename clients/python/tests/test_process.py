"""Programs as processes of their own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import shared_lock

from .conftest import Daemon, until


def program(code: str, *arguments: str) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code, *arguments], stdout=pipe, stderr=pipe, text=True)


def test_a_program_that_does_not_close_ends_quietly(memory: Daemon) -> None:
    code = "import sys, shared_lock; lock = shared_lock.connect(sys.argv[1]).lock('quiet', ttl=2).acquire(); print(lock.token)"
    out, err = program(code, memory.address).communicate(timeout=20)
    assert int(out) > 0
    assert err == ""


def test_ctrl_c_ends_a_wait_and_leaves_nothing(memory: Daemon) -> None:
    code = (
        "import sys, shared_lock\n"
        "with shared_lock.connect(sys.argv[1]) as client:\n"
        "    print('waiting', flush=True)\n"
        "    client.lock('interrupted').acquire()\n"
    )
    with shared_lock.connect(memory.address) as client, client.lock("interrupted"):
        waiting = program(code, memory.address)
        until(lambda: client.get_lock("interrupted").waiter_count == 1)
        waiting.send_signal(signal.SIGINT)
        _, err = waiting.communicate(timeout=20)
        assert err.rstrip().endswith("KeyboardInterrupt")
        until(lambda: client.get_lock("interrupted").waiter_count == 0)


def test_a_client_is_not_used_in_a_child_that_was_forked(memory: Daemon) -> None:
    code = (
        "import os, sys, shared_lock\n"
        "client = shared_lock.connect(sys.argv[1])\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    try:\n"
        "        client.get_lock('x')\n"
        "    except shared_lock.SharedLockError as error:\n"
        "        os.write(1, error.reason.encode())\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
    )
    out, _ = program(code, memory.address).communicate(timeout=20)
    assert out == "FORKED"


def test_a_process_that_stood_still_finds_its_lock_lost_before_it_does_more(memory: Daemon) -> None:
    code = (
        "import sys, time, shared_lock\n"
        "with shared_lock.connect(sys.argv[1]) as client:\n"
        "    lock = client.lock('stopped', ttl=2).acquire()\n"
        "    while True:\n"
        "        now = time.time()\n"
        "        if lock.lost.is_set(): break\n"
        "        print(now, flush=True)\n"
        "        time.sleep(0.01)\n"
        "    print(lock.loss.reason, flush=True)\n"
    )
    worker = program(code, memory.address)
    assert worker.stdout is not None
    worker.stdout.readline()
    worker.send_signal(signal.SIGSTOP)
    stopped = time.time()
    with shared_lock.connect(memory.address) as client, client.lock("stopped", wait=10):
        worker.send_signal(signal.SIGCONT)
        out, _ = worker.communicate(timeout=20)
        *works, reason = out.split()
        assert reason == "UNREACHABLE"
        assert all(float(at) < stopped + 0.1 for at in works)
