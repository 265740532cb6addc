"""What a call ended with."""

from __future__ import annotations

import re
from collections.abc import Sequence

import grpc
from google.rpc import error_details_pb2, status_pb2

from ...errors import Code, SharedLockError

_DETAILS = "grpc-status-details-bin"
# What grpc says itself of a call that ended without a status: the daemon's own errors have details.
_BROKEN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL, grpc.StatusCode.CANCELLED, grpc.StatusCode.UNKNOWN)
_CERTIFICATE_REFUSED = "CERTIFICATE_REFUSED"
_CERTIFICATE = re.compile(r"certificate|CERTIFICATE_VERIFY_FAILED|Hostname Verification|unknown ca", re.IGNORECASE)
_MISTAKES = (
    (re.compile(r"WRONG_VERSION_NUMBER|wrong version number"), "what listens there does not speak TLS"),
    (re.compile(r"ALPN|missing selected ALPN", re.IGNORECASE), "what listens there does not speak gRPC"),
)
_NUMBERS = {code.value[0]: Code[code.name] for code in grpc.StatusCode if code.name in Code.__members__}


def code_of(number: int) -> Code:
    """A number of google.rpc.Code by its name; INTERNAL for 2 (UNKNOWN) and for what is none."""
    return _NUMBERS.get(number, Code.INTERNAL)


def has_broken(error: grpc.aio.AioRpcError) -> bool:
    """Whether a call that was not given up ended with its connection, not with an answer."""
    return error.code() in _BROKEN and _details_of(error) is None


def error_of(error: grpc.aio.AioRpcError, address: str) -> SharedLockError:
    """A daemon's own words stand as they are. Without them its connection broke, or was never there."""
    details = _details_of(error)
    text = error.details() or ""
    if has_broken(error):
        reason = _CERTIFICATE_REFUSED if _CERTIFICATE.search(text) else None
        return SharedLockError(Code.UNAVAILABLE, f"no daemon answers at {address}: {_why(text)}", reason=reason)
    if details is None and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        return SharedLockError(Code.DEADLINE_EXCEEDED, f"the daemon at {address} did not answer in time", reason="SILENCE")
    fault = SharedLockError(code_of(error.code().value[0]), text)
    if details is not None:
        _read(status_pb2.Status.FromString(details), fault)
    return fault


def _read(status: status_pb2.Status, fault: SharedLockError) -> None:
    for detail in status.details:
        info, bad, retry = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest(), error_details_pb2.RetryInfo()
        if detail.Unpack(info):
            fault.reason = info.reason
            fault.metadata = dict(info.metadata)
        elif detail.Unpack(bad) and bad.field_violations:
            fault.field = bad.field_violations[0].field
        elif detail.Unpack(retry):
            fault.retry_after = retry.retry_delay.ToNanoseconds() / 1e9


def is_hopeless(error: SharedLockError) -> bool:
    """It can't get better by being repeated."""
    return error.reason == _CERTIFICATE_REFUSED


def may_repeat(error: SharedLockError) -> bool:
    """Of a daemon, or of none: says nothing about what was asked, and another daemon may know better."""
    return error.code in (Code.UNAVAILABLE, Code.DEADLINE_EXCEEDED)


def client_closed() -> SharedLockError:
    return SharedLockError(Code.CANCELLED, "the client was closed", reason="CLIENT_CLOSED")


def _details_of(error: grpc.aio.AioRpcError) -> bytes | None:
    trailers: Sequence[tuple[str, str | bytes]] = error.trailing_metadata() or ()  # type: ignore[assignment]
    return next((value for key, value in trailers if key == _DETAILS and isinstance(value, bytes)), None)


def _why(text: str) -> str:
    """grpc wraps what the system said."""
    for pattern, meaning in _MISTAKES:
        if pattern.search(text):
            return meaning
    return (
        re.sub(r"^failed to connect to all addresses; last error: (UNKNOWN|UNAVAILABLE)?:? ?", "", text) or "no reason is known"
    )
