"""Finding a case of one's own, and asking whether somebody is known: for the intake team.

What is typed travels in the body of a POST alone. The answer stands on the page that is sent
back, and nowhere else: no address leads to it a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk
from app.edge.sheets import Mistakes, Sheet
from app.errors import Conflict, Denied, NotFound, Refusal, TooManyLookUps, Unprocessable
from app.people import lookups, queries
from app.people.views import Asked, Found
from app.pseudonyms import references
from app.web.frame import read, sheet, show
from app.web.session import Fields, Visitor
from app.web.taking import officers_only
from app.work import Action, Caller

HERE: Final = "/search"

router = APIRouter()


@dataclass(frozen=True)
class Search:
    """The page: both forms, and the answer to the one that was sent.

    for_case  the case the look-up was asked for, if any
    """

    found: Found | None = None
    asked: Asked | None = None
    for_case: str = ""


@router.get("/search")
def page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Both forms, empty."""
    officers_only(visitor)
    return _page(request, desk, visitor, Search(), sheet(request))


@router.post("/search/find")
def find(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Cases of mine by one particular."""
    officers_only(visitor)
    answer = _answer(request, desk, visitor, lookups.find, given)
    if isinstance(answer, Response):
        return answer
    return _page(request, desk, visitor, Search(found=answer), sheet(request))


@router.post("/search/known")
def known(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Whether somebody is known, by two strong attributes."""
    officers_only(visitor)
    if desk.ask(visitor, queries.waiting):
        # What colleagues recorded who hold no key of the index: filed first, or the answer would miss it.
        desk.do(visitor, lookups.file)
    answer = _answer(request, desk, visitor, lookups.ask_known, given)
    if isinstance(answer, Response):
        return answer
    typed = next(iter(given.get("for_case", ())), "").strip()
    reference = references.read(typed) if typed else ""
    return _page(request, desk, visitor, Search(asked=answer, for_case=reference), sheet(request))


def _answer(
    request: Request, desk: Desk, visitor: Caller, action: Action, given: Fields
) -> Any:  # fmt: skip
    """What the action answers, or the page again with what was typed."""
    fields = {name: list(values) for name, values in given.items() if name not in {"csrf", "once"}}
    try:
        answer = desk.do(visitor, action, read(desk, action, fields))
    except (Conflict, Denied, NotFound, TooManyLookUps, Unprocessable) as refusal:
        typed = sheet(request).typed(fields, _mistakes(refusal))
        return _page(request, desk, visitor, Search(), typed, refusal.status)
    return answer


def _mistakes(refusal: Refusal) -> dict[str, str]:
    if isinstance(refusal, NotFound):
        return {"for_case": refusal.sentence}
    return dict(refusal.found) if isinstance(refusal, Mistakes) else {"": refusal.sentence}


def _page(
    request: Request, desk: Desk, visitor: Caller, view: Search, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    return show(request, desk, visitor, "intake/search.html", view, here=HERE, sheet=filled, status=status)
