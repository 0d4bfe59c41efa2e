"""The tabs of a case that keep a person safe: threats to them, what they need, when we speak, where they are.

No tab here knows an account, and no tab of an account knows these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from app import clock
from app.edge.desk import Desk, TheDesk
from app.edge.sheets import SENTENCES, Sheet
from app.errors import NotFound
from app.protection import actions, answering, queries
from app.protection.forms import zones
from app.protection.views import Alarm, CheckInLine
from app.pseudonyms import references
from app.web.casefile import Shown, case_page, tab_file
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
# What can be recorded here: the action, the tab it belongs to and its page.
NEW: Final[Mapping[str, tuple[Action, str, str]]] = {
    "threat": (actions.assess, "threat", "protection/assess.html"),
    "need": (actions.record_need, "plan", "protection/need.html"),
    "check-in": (actions.plan_check_in, "plan", "protection/plan_check_in.html"),
    "place": (actions.record_residence, "moves", "protection/place.html"),
}


@dataclass(frozen=True)
class Body:
    """What stands on a tab. ``reason`` and ``serves`` are what opening the case from here begins with."""

    shown: tuple[Shown, ...]
    reason: str
    serves: UUID | None
    writes: bool
    talks: tuple[CheckInLine, ...] = ()
    alarms: tuple[Alarm, ...] = ()


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


@router.get("/cases/{reference}/protection/{kind}")
def new_page(reference: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The page on which a threat, a need, a check-in or a place is recorded."""
    begun = _in_a_week(desk) if kind == "check-in" else {}
    return _form(request, desk, visitor, reference, kind)(sheet(request, **begun), 200)


@router.post("/cases/{reference}/protection/{kind}")
def new(reference: str, kind: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    again = _form(request, desk, visitor, reference, kind)
    action, tab, _ = NEW[kind]
    # Programs may leave it out; on the page the person is asked, and silence is no answer.
    if kind == "check-in" and not any(given.get("duty", ())):
        return again(sheet(request).typed(given, {"duty": SENTENCES["missing"]}), 422)
    about = references.read(reference)
    there = _by_their_clock(desk, given) if kind == "check-in" else desk
    return save(request, there, visitor, given, action, subject=about, then=f"/cases/{about}/{tab}", again=again)


def _tab(request: Request, desk: Desk, visitor: Caller, reference: str, tab: str, table: str) -> Response:
    file = tab_file(desk, visitor, reference, tab)
    reason, kinds = SERVES[tab]
    items = [record.id for record in file.records(*kinds)]
    talks = desk.ask(visitor, queries.of_case, file.view.reference) if tab == "plan" else ()
    alarms = desk.ask(visitor, answering.of_case, file.view.reference) if tab == "plan" else ()
    body = Body(
        shown=opened(request, desk, visitor, file, table), reason=reason, serves=items[-1] if items else None,
        writes=ROLE in visitor.actor.roles, talks=talks, alarms=alarms,
    )  # fmt: skip
    return case_page(request, desk, visitor, file, f"protection/{tab}.html", tab, body)


def _form(request: Request, desk: Desk, visitor: Caller, reference: str, kind: str) -> Callable[[Sheet, int], Response]:
    """Shows the page of a kind; only to who may record one."""
    if kind not in NEW or ROLE not in visitor.actor.roles:
        raise NotFound
    _, tab, template = NEW[kind]
    file = tab_file(desk, visitor, reference, tab)

    def again(filled: Sheet, status: int) -> Response:
        return case_page(request, desk, visitor, file, template, tab, Choices(), sheet=filled, status=status)

    return again


def _by_their_clock(desk: Desk, given: Mapping[str, Sequence[str]]) -> Desk:
    """The desk, with what is typed read in the time zone that is typed; one that is unknown is told as a mistake."""
    name = next(iter(given.get("zone", ())), "")
    return replace(desk, zone=ZoneInfo(name)) if name in zones() else desk


def _in_a_week(desk: Desk) -> dict[str, str]:
    """What the page of a check-in begins with: this hour, a week from today."""
    due = clock.in_(days=7).astimezone(desk.zone)
    parts = {"due_at.day": due.day, "due_at.month": due.month, "due_at.year": due.year, "due_at.time": f"{due:%H}:00"}
    return {name: str(value) for name, value in parts.items()}
