"""The cookie of a page, the token in its forms, and who is behind both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.accounts.forms import GiveFactor
from app.edge.desk import Desk, TheDesk
from app.edge.languages import LANGUAGES
from app.edge.origin import check_csrf, check_same_origin, csrf_token
from app.edge.urlencoded import read_form
from app.work import Caller

COOKIE = "amana_session"
DEVICE = "amana_device"
# Which language the pages before sign-in speak; tells nothing of anybody.
LANGUAGE = "amana_language"
SESSION_SECONDS = 8 * 3600
# How long a browser remembers both: which device it is, and the language of who reads there.
DEVICE_SECONDS = 365 * 86400


def token_of(request: Request) -> str:
    """This session's token: that of the cookie, but where it became another one during this very request."""
    return getattr(request.state, "renewed", "") or request.cookies.get(COOKIE, "")


def visitor(request: Request, desk: TheDesk) -> Caller:
    """The caller behind the page's cookie."""
    caller = desk.enter().caller(token_of(request))
    request.state.page_secret = caller.page_secret
    return caller


def goes_on(request: Request, token: str) -> None:
    """The session has another token, which goes out with the answer to this request, whatever that is."""
    request.state.renewed = token


def step_up(request: Request, desk: Desk, visitor: Caller, factor: GiveFactor) -> None:
    """Give a second factor."""
    goes_on(request, desk.enter().step_up(visitor, factor).token)


class Renewals:
    """Around everything that may answer: a page, a refusal, an incident.

    Were the cookie set by the page alone, whoever was refused after their second factor would be signed out by it.
    A request that comes with the token from before is refused and takes no cookie away.
    """

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self.app = app
        self._desk = desk

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start" and "renewed" in state:
                carried = Response()
                keep(carried, self._desk, COOKIE, state["renewed"], SESSION_SECONDS)
                cookies = [header for header in carried.raw_headers if header[0] == b"set-cookie"]
                message["headers"] = [*message.get("headers", ()), *cookies]
            await send(message)

        await self.app(scope, receive, with_cookie)


Visitor = Annotated[Caller, Depends(visitor)]


def page_token(request: Request) -> str:
    """The token for the first field of every form of this session."""
    return csrf_token(secret_of(request))


def secret_of(request: Request) -> bytes:
    """What the forms of this session are proved by; it stays when the token becomes another one."""
    secret: bytes = request.state.page_secret
    return secret


async def entry_fields(request: Request, desk: TheDesk) -> dict[str, list[str]]:
    """The fields of a form for those who are not signed in; only its origin can be proved.

    A cookie left over from a session that has ended proves nothing and must not stand in the way.
    """
    from_our_page(request, desk)
    given: dict[str, list[str]] = {}
    for name, value in await read_form(request):
        given.setdefault(name, []).append(value)
    return given


def from_our_page(request: Request, desk: Desk) -> None:
    """Raise CrossSite unless the browser says that one of our own pages asked for this."""
    check_same_origin(request, _origin(request, desk))


EntryFields = Annotated[dict[str, list[str]], Depends(entry_fields)]


async def fields(request: Request, _visitor: Visitor, given: EntryFields) -> dict[str, list[str]]:
    """The fields of a form of this session: besides its origin, its token is checked."""
    check_csrf(secret_of(request), given.pop("csrf", [""])[0])
    return given


Fields = Annotated[dict[str, list[str]], Depends(fields)]


def fields_up_to(fields_max: int) -> Callable[..., Awaitable[dict[str, list[str]]]]:
    """As ``fields``, for a page that asks more of one form than others do."""

    async def many(request: Request, desk: TheDesk, _visitor: Visitor) -> dict[str, list[str]]:
        from_our_page(request, desk)
        given: dict[str, list[str]] = {}
        for name, value in await read_form(request, fields_max=fields_max):
            given.setdefault(name, []).append(value)
        return await fields(request, _visitor, given)

    return many


def _origin(request: Request, desk: Desk) -> str:
    """Our own origin as this browser sees it. The host is one of ours: every other was refused before.

    Without TLS only this machine is served, by more than one name; with it there is one.
    """
    return desk.origin if desk.origin.startswith("https") else f"http://{request.headers['host']}"


def keep_language(request: Request, desk: Desk, response: Response) -> None:
    """Remember the language that somebody who is not signed in chose by a link; the cookie names nobody."""
    chosen = request.query_params.get("language")
    if chosen is not None and chosen in LANGUAGES:
        keep(response, desk, LANGUAGE, chosen, DEVICE_SECONDS)


def keep(response: Response, desk: Desk, name: str, value: str, seconds: int) -> None:
    """Set a cookie that scripts and other sites do not see."""
    response.set_cookie(
        name, value, max_age=seconds, path="/", httponly=True, samesite="strict", secure=desk.origin.startswith("https")
    )
