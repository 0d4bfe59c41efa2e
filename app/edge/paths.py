"""One spelling for each address, and one name for each door.

Routes are chosen by ``scope["path"]``, which the server has already decoded. A
second spelling of a path could be judged by a proxy, a limit or a policy as
something else than the route it then reaches; so there is none: what is not plain
is not found.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from app.edge.refusals import BadRequest, answer
from app.errors import NotFound

# No percent sign: our paths are made of ids, references and language tags, so an
# escape can only be a disguise (%2e, %2f, %00) or a mistake. No semicolon, no
# backslash, no empty segment, no "." or "..", no slash at the end.
_PLAIN = re.compile(rb"/|(?:/(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~:,-]+)+")
# Headers by which a caller could claim another address, another method or another
# origin. Nothing here reads them; removing them keeps it so.
_CLAIMS = frozenset(
    {
        b"forwarded",
        b"x-original-url",
        b"x-rewrite-url",
        b"x-http-method",
        b"x-http-method-override",
        b"x-method-override",
    }
)


class StrictPath:
    """Answers 404 to every path that is not plain, before anything is decided on it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_plain(scope):
            await answer(NotFound())(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class AllowedHosts:
    """Answers 400 unless the request names exactly one host, and one of ours.

    hosts    authorities as browsers send them, with the port if it is not the
             scheme's own: ``{"amana.office.lan", "localhost:8000"}``

    Headers that claim a host, scheme, address or method on the side are removed.
    """

    def __init__(self, app: ASGIApp, *, hosts: Collection[str]) -> None:
        self.app = app
        self.hosts = frozenset(host.lower().encode("ascii") for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        named = [value.lower() for key, value in scope["headers"] if key.lower() == b"host"]
        if len(named) != 1 or named[0] not in self.hosts or _is_foreign(scope):
            no = answer(BadRequest())
            # Whoever begins like this is not read on: what follows could be meant for another reader.
            no.headers["Connection"] = "close"
            await no(scope, receive, send)
            return
        kept = [(key, value) for key, value in scope["headers"] if not _claims(key.lower())]
        await self.app({**scope, "headers": kept}, receive, send)


def is_plain(scope: Scope) -> bool:
    """Whether the path was sent in its one spelling, and the server read it as it was sent."""
    path: bytes = scope["path"].encode("utf-8", "surrogatepass")
    sent: bytes = scope.get("raw_path") or path
    return sent == path and _PLAIN.fullmatch(path) is not None


def forbid_redirects(app: FastAPI) -> None:
    """Turn off the framework's redirect between ``/x`` and ``/x/``: it is built from Host."""
    app.router.redirect_slashes = False


def _is_foreign(scope: Scope) -> bool:
    """A tunnel, or another version of the protocol: the bytes after its head are not ours to interpret (D11)."""
    return scope["method"] == "CONNECT" or scope.get("http_version", "1.1") not in ("1.0", "1.1")


def _claims(header: bytes) -> bool:
    return header in _CLAIMS or header.startswith(b"x-forwarded-")
