"""The client, for asyncio: the same as `shared_lock`, with `await` and `async with`.

>>> async with shared_lock.aio.connect("localhost:50051") as client, client.lock("report", ttl=10, wait=30) as lock:
...     await work(lock.token)

Leases are renewed in a thread of the client, also while the program's loop is busy.
"""

from .client import Client, connect
from .documents import Configs, Counter, Election
from .locks import Leadership, Lock, Lost, Watch
from .sessions import Session

__all__ = ["Client", "Configs", "Counter", "Election", "Leadership", "Lock", "Lost", "Session", "Watch", "connect"]
