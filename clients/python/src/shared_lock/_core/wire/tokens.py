"""Who calls."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from ...errors import Code, SharedLockError, wrong
from ..clock import now
from ..settings import is_local

Token = str | Callable[[], str]
# What a function gave is asked for anew after so long.
_FRESH = 60.0


class Tokens:
    """The bearer token of a client, or what gives one: called in a thread of its own when there is none, or it was refused, or
    is old.
    """

    def __init__(self, token: Token | None, plain_addresses: Sequence[str] = ()) -> None:
        """`plain_addresses` are those that are spoken to without TLS. Raises SharedLockError INVALID_ARGUMENT for a token that
        can't be sent, also to one of them.
        """
        far = next((each for each in plain_addresses if not is_local(each)), None)
        if token is not None and far is not None:
            raise wrong("token", f"is not sent to {far} in the clear: use tls, a Unix socket, or a daemon on this machine")
        self._give = token
        self._text = _checked(token) if isinstance(token, str) else None
        self._read_at = float("-inf")
        self._reading: asyncio.Lock | None = None

    async def metadata(self) -> tuple[tuple[str, str], ...]:
        """For a call, or a stream. Raises SharedLockError UNAUTHENTICATED if there is no token to be had."""
        give = self._give
        if give is None:
            return ()
        if not isinstance(give, str):
            self._reading = self._reading or asyncio.Lock()
            async with self._reading:
                if self._text is None or now() - self._read_at >= _FRESH:
                    await self._read(give)
        return (("authorization", f"Bearer {self._text}"),)

    def refused(self) -> bool:
        """A daemon did not take it. Returns whether another one may be had."""
        if self._give is None or isinstance(self._give, str):
            return False
        self._text = None
        return True

    async def _read(self, give: Callable[[], str]) -> None:
        try:
            given = await asyncio.get_running_loop().run_in_executor(None, give)
            self._text = _checked(given.strip())  # A file ends with a line end.
            self._read_at = now()
        except Exception as error:
            if self._text is None:
                message = f"the token could not be had: {error}"
                raise SharedLockError(Code.UNAUTHENTICATED, message, reason="NO_TOKEN") from error


def _checked(token: str) -> str:
    if not token or not token.isascii() or any(character.isspace() or not character.isprintable() for character in token):
        raise wrong("token", "must be a bearer token, without spaces")
    return token
