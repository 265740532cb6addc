"""The daemons."""

from __future__ import annotations

import grpc

from ..settings import Tls
from .connection import Target
from .pool import Pool


class Endpoints:
    """The first that works is used until it fails, then the next."""

    def __init__(self, addresses: tuple[str, ...], tls: Tls | None) -> None:
        credentials = None if tls is None else grpc.ssl_channel_credentials(tls.ca, tls.key, tls.cert)
        name = None if tls is None else tls.server_name
        self.pools = [Pool(Target(address, credentials, name)) for address in addresses]
        self._current = 0

    @property
    def count(self) -> int:
        return len(self.pools)

    @property
    def current(self) -> Pool:
        return self.pools[self._current]

    def after(self, pool: Pool) -> Pool:
        """The one whose turn comes after that one's; the same if there is no other."""
        return self.pools[(self.pools.index(pool) + 1) % self.count]

    def prefer(self, pool: Pool) -> None:
        """It works: use it."""
        self._current = self.pools.index(pool)

    def failed(self, pool: Pool) -> None:
        """A call to it failed for want of a daemon: the next one is used, unless that has happened already."""
        if self.current is pool:
            self._current = (self._current + 1) % self.count

    async def close(self) -> None:
        for pool in self.pools:
            await pool.close()
