"""The tabs of a case that keep a person safe: threats to them, what they need, when we speak, where they are.

No tab here knows an account, and no tab of an account knows these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app import clock
from app.edge.desk import Desk, TheDesk
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.protection import actions, queries
from app.protection.views import CheckInLine
from app.pseudonyms import references
from app.web.casefile import CaseFile, Shown, case_file, case_page
from app.web.desk_words import LEVELS, NEEDS
from app.web.frame import save, sheet
from app.web.session import Fields, Visitor
from app.web.visits import opened
from app.work import Action, Caller

router = APIRouter()

# Which reason opening the case from each tab begins with, and the tables an item of which it serves.
SERVES: Final = {
    "threat": ("SAFETY", ("threat_assessments",)),
    "plan": ("CARE", ("needs", "check_ins")),
    "moves": ("", ()),
}
ROLE: Final = "caseworker"


@dataclass(frozen=True)
class Body:
    """What stands on a tab. ``reason`` and ``serves`` are what opening the case from here begins with."""

    shown: tuple[Shown, ...]
    reason: str
    serves: UUID | None
    writes: bool
    talks: tuple[CheckInLine, ...] = ()


@dataclass(frozen=True)
class Choices:
    """What a form of these tabs is chosen from."""

    levels: tuple[str, ...] = tuple(LEVELS)
    needs: tuple[str, ...] = tuple(NEEDS)


@router.get("/cases/{reference}/threat")
def threat(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Threats to the person; their own words of fear beside every finding."""
    return _tab(request, desk, visitor, reference, "threat", "threat_assessments")


@router.get("/cases/{reference}/plan")
def plan(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What they need, and when we speak."""
    return _tab(request, desk, visitor, reference, "plan", "needs")


@router.get("/cases/{reference}/moves")
def moves(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Where they are: shut, each shown by a reason of its own."""
    return _tab(request, desk, visitor, reference, "moves", "residences")


@router.get("/cases/{reference}/threat/new")
def threat_form(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _form(request, desk, visitor, reference, "threat", "protection/assess.html")(sheet(request), 200)


@router.post("/cases/{reference}/threat/new")
def assess(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    again = _form(request, desk, visitor, reference, "threat", "protection/assess.html")
    return _keep(request, desk, visitor, given, actions.assess, reference, "threat", again)


@router.get("/cases/{reference}/plan/need")
def need_form(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _form(request, desk, visitor, reference, "plan", "protection/need.html")(sheet(request), 200)


@router.post("/cases/{reference}/plan/need")
def record_need(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    again = _form(request, desk, visitor, reference, "plan", "protection/need.html")
    return _keep(request, desk, visitor, given, actions.record_need, reference, "plan", again)


@router.get("/cases/{reference}/plan/check-in")
def check_in_form(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Agree on a time; it begins with this time in a week."""
    form = _form(request, desk, visitor, reference, "plan", "protection/plan_check_in.html")
    due = clock.in_(days=7).astimezone(desk.zone)
    parts = {"due_at.day": due.day, "due_at.month": due.month, "due_at.year": due.year, "due_at.time": f"{due:%H}:00"}
    return form(sheet(request, **{name: str(value) for name, value in parts.items()}), 200)


@router.post("/cases/{reference}/plan/check-in")
def plan_check_in(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    again = _form(request, desk, visitor, reference, "plan", "protection/plan_check_in.html")
    return _keep(request, desk, visitor, given, actions.plan_check_in, reference, "plan", again)


@router.get("/cases/{reference}/moves/new")
def place_form(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _form(request, desk, visitor, reference, "moves", "protection/place.html")(sheet(request), 200)


@router.post("/cases/{reference}/moves/new")
def record_place(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    again = _form(request, desk, visitor, reference, "moves", "protection/place.html")
    return _keep(request, desk, visitor, given, actions.record_residence, reference, "moves", again)


def _file(desk: Desk, visitor: Caller, reference: str, tab: str) -> CaseFile:
    file = case_file(desk, visitor, reference)
    if not file.has(tab):
        raise NotFound
    return file


def _tab(request: Request, desk: Desk, visitor: Caller, reference: str, tab: str, table: str) -> Response:
    file = _file(desk, visitor, reference, tab)
    reason, kinds = SERVES[tab]
    items = [record.id for record in file.records(*kinds)]
    talks = desk.ask(visitor, queries.of_case, file.view.reference) if tab == "plan" else ()
    body = Body(
        shown=opened(request, desk, visitor, file, table), reason=reason, serves=items[-1] if items else None,
        writes=ROLE in visitor.actor.roles, talks=talks,
    )  # fmt: skip
    return case_page(request, desk, visitor, file, f"protection/{tab}.html", tab, body)


def _form(
    request: Request, desk: Desk, visitor: Caller, reference: str, tab: str, template: str
) -> Callable[[Sheet, int], Response]:
    """Shows a form of a tab; only for who may write there."""
    file = _file(desk, visitor, reference, tab)
    if ROLE not in visitor.actor.roles:
        raise NotFound

    def again(filled: Sheet, status: int) -> Response:
        return case_page(request, desk, visitor, file, template, tab, Choices(), sheet=filled, status=status)

    return again


def _keep(
    request: Request, desk: Desk, visitor: Caller, given: Any, action: Action, reference: str, tab: str,
    again: Callable[[Sheet, int], Response],
) -> Response:  # fmt: skip
    about = references.read(reference)
    return save(
        request, desk, visitor, given, action, subject=about, then=f"/cases/{about}/{tab}", again=again
    )  # fmt: skip
