"""How much, how long and how packed a request may be, decided before anything parses it.

A body that breaks a limit halfway is answered from here even when the application
would have made something else of the broken stream (FastAPI makes it a 400).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.refusals import BadRequest, PathTooLong, TooSlow, WrongType, answer
from app.errors import Refusal, TooLarge, Unavailable

PATH_BYTES_MAX = 2048
QUERY_BYTES_MAX = 2048
# 19 digits hold every length below 2^63; int() on 5,000 digits is work for an attacker's sake.
_LENGTH = re.compile(rb"[0-9]{1,19}")

Limit = TypeVar("Limit", int, float)


class Crowd:
    """Refuses (503, to come back) whoever would be one too many at once. Lines that ask nothing are not counted."""

    def __init__(self, app: ASGIApp, *, at_once_max: int) -> None:
        self.app = app
        self.at_once_max = at_once_max
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.inside >= self.at_once_max:
            await _hang_up(Unavailable(), scope, receive, send)
            return
        self.inside += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self.inside -= 1


class PathLimit:
    """Refuses an address whose path or query is too long to be one of ours (414)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and _too_long(scope):
            await _hang_up(PathTooLong(), scope, receive, send)
        else:
            await self.app(scope, receive, send)


class BodyLimit:
    """Refuses a body that is too large (413), packed (415) or ambiguous in length (400).

    bytes_max    the usual cap
    per_prefix   other caps by path; the longest prefix of whole segments wins

    A declared length is judged before the first byte is read. Without one the bytes
    are counted as they come and the line is closed at the first one too many.
    """

    def __init__(self, app: ASGIApp, *, bytes_max: int, per_prefix: Mapping[str, int]) -> None:
        self.app = app
        self.bytes_max = bytes_max
        self.per_prefix = dict(per_prefix)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        bytes_max = _at(scope["path"], self.bytes_max, self.per_prefix)
        try:
            _judge_headers(scope["headers"], bytes_max)
        except Refusal as no:
            await _hang_up(no, scope, receive, send)
            return
        await _answer_if_cut(self.app, scope, _counting(receive, bytes_max), send)


class Deadline:
    """Refuses a body that does not arrive in time (408), so that slow senders hold no place.

    seconds        from the request's first byte to the body's last
    idle_seconds   between two pieces of it
    per_prefix     other totals by path, for large files on slow lines
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        seconds: float,
        idle_seconds: float = 20,
        per_prefix: Mapping[str, float] | None = None,
    ) -> None:
        self.app = app
        self.seconds = seconds
        self.idle_seconds = idle_seconds
        self.per_prefix = dict(per_prefix or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        seconds = _at(scope["path"], self.seconds, self.per_prefix)
        await _answer_if_cut(self.app, scope, _hurried(receive, seconds, self.idle_seconds), send)


def _counting(receive: Receive, bytes_max: int) -> Receive:
    taken = 0

    async def counted() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > bytes_max:
            raise TooLarge()
        return message

    return counted


def _hurried(receive: Receive, seconds: float, idle_seconds: float) -> Receive:
    clock = asyncio.get_running_loop().time
    ends, whole = clock() + seconds, False

    async def hurried() -> Message:
        nonlocal whole
        if whole:  # what follows the body is the wait for the caller to leave, which may be long
            return await receive()
        try:
            async with asyncio.timeout_at(min(ends, clock() + idle_seconds)):
                message = await receive()
        except TimeoutError:
            raise TooSlow() from None
        whole = not message.get("more_body", False)
        return message

    return hurried


async def _answer_if_cut(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run ``app``; if ``receive`` refused on the way, that refusal is the answer."""
    cut: Refusal | None = None
    begun = False

    async def listening() -> Message:
        nonlocal cut
        if cut is not None:
            raise cut  # the rest of a refused body is never handed on
        try:
            return await receive()
        except Refusal as no:
            cut = no
            raise

    async def speaking(message: Message) -> None:
        nonlocal begun
        if cut is not None and not begun:
            return  # what the application made of the broken stream is not the answer
        begun = True
        await send(message)

    try:
        await app(scope, listening, speaking)
    except Exception:
        # Every class, since any may come of a stream we cut; what we did not cause is raised again.
        if cut is None or begun:
            raise
    if cut is not None and not begun:
        await _hang_up(cut, scope, receive, send)


async def _hang_up(no: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer and close: unread bytes of this request must never be read as the next one."""
    response = answer(no)
    response.headers["Connection"] = "close"
    await response(scope, receive, send)


def _judge_headers(headers: list[tuple[bytes, bytes]], bytes_max: int) -> None:
    lengths = _values(headers, b"content-length")
    codings = _values(headers, b"transfer-encoding")
    # Two lengths, or a length beside chunks: a proxy and we might end the body at
    # different places, and the rest would be somebody else's request (D11).
    if len(lengths) + len(codings) > 1:
        raise BadRequest()
    if codings and codings[0].lower() != b"chunked":
        raise BadRequest()
    if lengths and not _LENGTH.fullmatch(lengths[0]):
        raise BadRequest()
    # A packed body is small on the line and large in memory. Nobody needs to send one.
    if any(value.strip().lower() not in (b"", b"identity") for value in _values(headers, b"content-encoding")):
        raise WrongType()
    if lengths and int(lengths[0]) > bytes_max:
        raise TooLarge()


def _values(headers: list[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key.lower() == name]


def _too_long(scope: Scope) -> bool:
    path = scope.get("raw_path") or scope["path"].encode("utf-8", "surrogatepass")
    return len(path) > PATH_BYTES_MAX or len(scope.get("query_string", b"")) > QUERY_BYTES_MAX


def _at(path: str, usual: Limit, per_prefix: Mapping[str, Limit]) -> Limit:
    fitting = [prefix for prefix in per_prefix if f"{path}/".startswith(f"{prefix.rstrip('/')}/")]
    return per_prefix[max(fitting, key=len)] if fitting else usual
