"""What goes wrong, with a code and a reason for programs."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Holder


class Code(str, enum.Enum):
    """The names of google.rpc.Code."""

    CANCELLED = "CANCELLED"
    INVALID_ARGUMENT = "INVALID_ARGUMENT"
    DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    PERMISSION_DENIED = "PERMISSION_DENIED"
    RESOURCE_EXHAUSTED = "RESOURCE_EXHAUSTED"
    FAILED_PRECONDITION = "FAILED_PRECONDITION"
    ABORTED = "ABORTED"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    UNIMPLEMENTED = "UNIMPLEMENTED"
    INTERNAL = "INTERNAL"
    UNAVAILABLE = "UNAVAILABLE"
    DATA_LOSS = "DATA_LOSS"
    UNAUTHENTICATED = "UNAUTHENTICATED"

    def __str__(self) -> str:
        return self.value


class SharedLockError(Exception):
    """A call that failed.

    What was asked may have been done all the same if the code is UNAVAILABLE or DEADLINE_EXCEEDED: the client has repeated it,
    as far as that is safe, until its time was over.
    """

    code: Code
    """Any call may end with INVALID_ARGUMENT (see `field`), RESOURCE_EXHAUSTED (a limit is reached), UNAVAILABLE (no daemon, or
    not
    its storage, can be reached), DEADLINE_EXCEEDED, UNAUTHENTICATED or PERMISSION_DENIED (who calls is not known, or may not),
    CANCELLED (the client was closed), INTERNAL (a defect) or DATA_LOSS (what is stored is damaged)."""
    reason: str
    """One stable word for programs, such as `QUEUE_FULL`."""
    field: str | None
    """The argument that was wrong, or the field of the request, as the .proto files spell it."""
    metadata: Mapping[str, str]
    """Facts that go with the reason."""
    retry_after: float | None
    """After so many seconds it makes sense to ask again; None if nothing is known of that."""

    def __init__(
        self,
        code: Code,
        message: str,
        *,
        reason: str | None = None,
        field: str | None = None,
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason or code.value
        self.field = field
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.args[0]} ({self.code}, {self.reason})"


class NotAcquired(SharedLockError):
    """Somebody else held the lock, or led the election, for as long as the caller was willing to wait.

    Its `code` is DEADLINE_EXCEEDED, its `reason` NOT_ACQUIRED.
    """

    lock_name: str
    """Of the lock, or the election."""
    holders: Sequence[Holder]
    """Who holds it; empty if only waiters were before the caller."""

    def __init__(self, lock_name: str, title: str, holders: Sequence[Holder]) -> None:
        owners = ", ".join(holder.owner or "somebody without a name" for holder in holders)
        why = f"it is held by {owners}" if owners else "others wait for it"
        super().__init__(Code.DEADLINE_EXCEEDED, f"{title} was not acquired in time: {why}", reason="NOT_ACQUIRED")
        self.lock_name = lock_name
        self.holders = tuple(holders)


class LeaseLost(SharedLockError):
    """A lease, or what it held, was lost: its holder did not give it back.

    Its `code` is FAILED_PRECONDITION. Its `reason` is UNREACHABLE (no renewal succeeded in time), ENDED (the daemon knows no such
    lease), EXPIRED, REVOKED, PREEMPTED (an operator took the lock away), or NOT_HOLDER (the lease lives, without the lock).
    """

    def __init__(self, what: str, reason: str, why: str) -> None:
        super().__init__(Code.FAILED_PRECONDITION, f"{what} was lost: {why}", reason=reason)


class LockLost(LeaseLost):
    """A lock, or the term of a leader, was lost. Whoever works under it has to stop."""

    lock_name: str
    """Of the lock, or the election."""
    token: int
    """The fencing token that is not good any more."""

    def __init__(self, lock_name: str, title: str, token: int, reason: str, why: str) -> None:
        super().__init__(f"{title} (fencing token {token})", reason, why)
        self.lock_name = lock_name
        self.token = token


def wrong(field: str, message: str) -> SharedLockError:
    """An argument that can't be used. The message says what would be right."""
    return SharedLockError(Code.INVALID_ARGUMENT, f"{field}: {message}", reason="INVALID_FIELD", field=field)
