"""The arguments of `connect`, completed and checked."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..errors import wrong

DEFAULT_ADDRESS = "localhost:50051"
_MAX_ADDRESSES = 100

Seconds = float | timedelta
"""A length of time: a number of seconds, or a timedelta."""


@dataclass(frozen=True)
class Tls:
    """How to speak TLS. Texts in PEM."""

    ca: bytes | None = None
    """The authorities to trust. Default: those of grpc."""
    cert: bytes | None = None
    """This client's certificate, where daemons ask for one; together with `key`."""
    key: bytes | None = None
    """The key of `cert`."""
    server_name: str | None = None
    """The name in the daemon's certificate, if it is not that of the address."""

    def __post_init__(self) -> None:
        if (self.cert is None) != (self.key is None):
            raise wrong("tls", "cert and key only go together")
        for name, pem in (("ca", self.ca), ("cert", self.cert)):
            if pem is not None and re.search(rb"-----BEGIN [A-Z0-9 ]*CERTIFICATE-----", pem) is None:
                raise wrong("tls", f"{name} holds no certificate in PEM")


@dataclass(frozen=True)
class Settings:
    """What a client is made with."""

    addresses: tuple[str, ...]
    tls: Tls | None
    deadline: float
    owner: str
    on_warning: Callable[[Exception], None] | None


def settings_of(
    addresses: str | Sequence[str],
    tls: bool | Tls,
    deadline: Seconds,
    owner: str | None,
    on_warning: Callable[[Exception], None] | None,
) -> Settings:
    """Raises SharedLockError INVALID_ARGUMENT that names the argument, and says what would be right."""
    given = (addresses,) if isinstance(addresses, str) else tuple(dict.fromkeys(addresses))
    if not 1 <= len(given) <= _MAX_ADDRESSES:
        raise wrong("addresses", f"give 1 to {_MAX_ADDRESSES}")
    seconds = seconds_of("deadline", deadline)
    if not 0.1 <= seconds <= 3600:
        raise wrong("deadline", "must be from 0.1 to 3600 seconds")
    return Settings(
        addresses=tuple(_address(each) for each in given),
        tls=(Tls() if tls else None) if isinstance(tls, bool) else tls,
        deadline=seconds,
        owner=socket.gethostname() if owner is None else owner,
        on_warning=on_warning,
    )


def seconds_of(field: str, value: Seconds) -> float:
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if seconds >= 0:
        return seconds
    raise wrong(field, "must be 0 or more seconds")


def is_local(address: str) -> bool:
    """Whether what is sent there stays on this machine."""
    if address.startswith("unix:"):
        return True
    host = address.rpartition(":")[0].strip("[]")
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback


def _address(address: str) -> str:
    if re.fullmatch(r"unix:.+", address):
        return address
    match = re.fullmatch(r"(?:[^\s:/\[\]]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})", address)
    if match is not None and 1 <= int(match[1]) <= 65_535:
        return address
    raise wrong("addresses", f"{address!r} is none; give host:port, such as {DEFAULT_ADDRESS}, or unix:/path")
