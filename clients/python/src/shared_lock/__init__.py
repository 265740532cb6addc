"""Client of shared-lock: locks with fencing tokens, sessions, leader election, counters, configuration.

>>> with shared_lock.connect("localhost:50051") as client, client.lock("report", ttl=10, wait=30) as lock:
...     work(lock.token)

`shared_lock.aio` has the same for asyncio.
"""

from ._core.settings import Tls
from .client import Client, connect
from .documents import Configs, Counter, Election
from .errors import Code, LeaseLost, LockLost, NotAcquired, SharedLockError
from .locks import Leadership, Lock, Lost, Session, Watch
from .models import (
    Config,
    ConfigEvent,
    CounterChange,
    CounterEvent,
    ElectionEvent,
    ElectionState,
    Fence,
    Holder,
    Leader,
    LockEvent,
    LockState,
    Waiter,
)

__all__ = [
    "Client",
    "Code",
    "Config",
    "ConfigEvent",
    "Configs",
    "Counter",
    "CounterChange",
    "CounterEvent",
    "Election",
    "ElectionEvent",
    "ElectionState",
    "Fence",
    "Holder",
    "Leader",
    "Leadership",
    "LeaseLost",
    "Lock",
    "LockEvent",
    "LockLost",
    "LockState",
    "Lost",
    "NotAcquired",
    "Session",
    "SharedLockError",
    "Tls",
    "Waiter",
    "Watch",
    "connect",
]
