"""The headers that every answer carries, errors too (interface.md 1.6)."""

from __future__ import annotations

from typing import Literal

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Door = Literal["staff", "portal", "api"]

STATIC_PREFIX = "/static/"
IMMUTABLE = "public, max-age=31536000, immutable"
HSTS = "max-age=63072000"

_POLICIES: dict[Door, str] = {
    "portal": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "staff": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "api": "default-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
}
_ALWAYS = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # Beside frame-ancestors, for scanners and old browsers that know only this one.
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
_REMOVED = ("Server", "X-Powered-By")
Extra = Literal["media-src 'self'", "sandbox"]
_EXTRAS: tuple[Extra, ...] = ("media-src 'self'", "sandbox")


def content_policy(door: Door, extra: Extra | None = None) -> str:
    """The Content-Security-Policy of a door; ``extra`` for a page that plays audio, or a file sent out.

    A route that needs the extra sets this header itself; any other policy of its own is replaced.
    """
    return _POLICIES[door] if extra is None else f"{_POLICIES[door]}; {extra}"


def of_refusal(*, tls: bool) -> list[tuple[bytes, bytes]]:
    """The full set for an answer that no application made: to what is no HTTP."""
    hsts = {"Strict-Transport-Security": HSTS} if tls else {}
    every = {**_ALWAYS, **hsts, "Content-Security-Policy": content_policy("api"), "Cache-Control": "no-store"}
    return [(name.lower().encode(), value.encode()) for name, value in every.items()]


class SecurityHeaders:
    """Outermost of all, so that no answer leaves without the full set.

    tls              whether callers reach this door by TLS; only then is HSTS meant
    onion_location   on the clearnet portal, the origin of its onion service
    """

    def __init__(self, app: ASGIApp, *, door: Door, tls: bool = False, onion_location: str | None = None) -> None:
        self.app = app
        self.onion_location = onion_location
        self.policies = frozenset(content_policy(door, extra) for extra in (None, *_EXTRAS))
        self.fixed = _ALWAYS | ({"Strict-Transport-Security": HSTS} if tls else {})
        self.policy = content_policy(door)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._dress(MutableHeaders(raw=message.setdefault("headers", [])), scope, message["status"])
            await send(message)

        await self.app(scope, receive, dressed)

    def _dress(self, headers: MutableHeaders, scope: Scope, status: int) -> None:
        for name in _REMOVED:
            del headers[name]
        for name, value in self.fixed.items():
            headers[name] = value
        if headers.get("Content-Security-Policy") not in self.policies:
            headers["Content-Security-Policy"] = self.policy
        headers["Cache-Control"] = IMMUTABLE if _is_lasting(scope, status) else "no-store"
        if self.onion_location is not None:
            headers["Onion-Location"] = self.onion_location + scope["path"]


def _is_lasting(scope: Scope, status: int) -> bool:
    """A static file asked for by its hash, and found. A 404 there must not stay for a year."""
    by_hash = scope.get("query_string", b"").startswith(b"v=")
    return by_hash and status in (200, 304) and scope["path"].startswith(STATIC_PREFIX)
