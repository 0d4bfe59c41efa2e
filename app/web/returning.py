"""Coming back to a conversation that was left alone: the page on which a second factor uncovers it."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.forms import ComeBack
from app.edge import sheets
from app.edge.desk import Desk, TheDesk
from app.edge.origin import check_csrf
from app.edge.refusals import retry_headers
from app.edge.render import answer_with
from app.edge.sheets import Sheet
from app.errors import Conflict, NotSignedIn, TooManyTries, Unprocessable
from app.web import drafts
from app.web.frame import mistakes_of, reads_in, sheet, show
from app.web.session import EntryFields, goes_on, secret_of, token_of, visitor

HERE: Final = "/session/return"
# A page of ours: by its path alone, so that nobody is led elsewhere by a link they were sent.
_PLACE: Final = re.compile(r"(?:/[A-Za-z0-9_-]{1,64}){1,8}")

router = APIRouter()


def way_back(path: str) -> str:
    """Where a second factor is asked for, and leads to this page of ours from there."""
    return f"{HERE}?{urlencode({'to': _place(path)})}"


@router.get(HERE)
def return_page(request: Request, desk: TheDesk, to: str = "") -> Response:
    """Nothing of the conversation stands here. Whoever is not covered is led on, or to the way in."""
    try:
        _covered(request, desk)
    except NotSignedIn:
        return RedirectResponse(_place(to), 303)
    return _page(request, desk, sheet(request, to=_place(to)), 200)


@router.post(HERE)
def come_back(request: Request, desk: TheDesk, given: EntryFields) -> Response:
    """Uncover the session and go on where it was left; what was sent meanwhile is taken up."""
    fields = dict(given)
    to = _place(fields.pop("to", [""])[0])
    covered = _proved(request, desk, fields)
    fields.pop("once", None)
    try:
        form = sheets.read(ComeBack, fields, desk.zone)
        if not covered:
            return RedirectResponse(to, 303)
        back = desk.enter().come_back(token_of(request), form)
    except (TooManyTries, Unprocessable) as refusal:
        typed = sheet(request).typed({"to": [to]}, mistakes_of(refusal))
        answer = _page(request, desk, typed, refusal.status)
        answer.headers.update(retry_headers(refusal))
        return answer
    goes_on(request, back.token)
    drafts.take_up(desk, desk.enter().caller(back.token))
    return RedirectResponse(to, 303)


@router.post(f"{HERE}/challenge")
def challenge(request: Request, desk: TheDesk, given: EntryFields) -> Response:
    """What a security key is to sign, for the page's script."""
    if not _proved(request, desk, given):
        raise Conflict("This session is not covered, so there is nothing to come back to.")
    return answer_with(desk.enter().to_come_back(token_of(request)))


def _covered(request: Request, desk: Desk) -> None:
    request.state.page_secret = desk.enter().bearers.covered(token_of(request)).page_secret


def _proved(request: Request, desk: Desk, fields: dict[str, list[str]]) -> bool:
    """Whether the session is covered; in another tab somebody may have come back already. The form is one of its own.

    raises  NotSignedIn where there is no session, CrossSite for a form of another's
    """
    try:
        _covered(request, desk)
        covered = True
    except NotSignedIn:
        visitor(request, desk)
        covered = False
    check_csrf(secret_of(request), fields.pop("csrf", [""])[0])
    return covered


def _page(request: Request, desk: Desk, typed: Sheet, status: int) -> Response:
    """In the language of whoever left, and without their name."""
    language = reads_in(desk, desk.enter().bearers.covered(token_of(request)))
    return show(request, desk, None, "entry/return.html", sheet=typed, status=status, language=language)


def _place(path: str) -> str:
    return path if _PLACE.fullmatch(path) else "/today"
