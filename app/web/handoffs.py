"""Facts passed across the wall: what waits for my team, reading it, filing it, and passing something on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cases import actions, queries
from app.cases.views import HandoffLine, HandoffOpened
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.sheets import Mistakes, Sheet
from app.errors import Conflict, Denied, NotFound
from app.pseudonyms import references
from app.web.casefile import PASSING, case_file, case_page
from app.web.desk_words import PASSED
from app.web.frame import read, save, sheet, show
from app.web.session import Fields, Visitor
from app.work import Caller

router = APIRouter()

TEAMS: Final = ("intake", "legal", "protection")
# The reasons each role may read a hand-off for; the rules decide again.
REASONS: Final = {
    "intake_officer": ("INTAKE", "TRIAGE", "WITNESS_REQUEST"),
    "legal_reviewer": ("LEGAL_ASSESSMENT", "ASSURANCE", "DEMAND", "WITNESS_REQUEST"),
    "caseworker": ("SAFETY", "CARE", "LIFE_AT_RISK", "RELOCATION", "WITNESS_REQUEST"),
}


@dataclass(frozen=True)
class Queue:
    """What waits for my teams, or what they have filed."""

    lines: tuple[HandoffLine, ...]
    filed: bool
    number: int
    waiting: int


@dataclass(frozen=True)
class Passed:
    """One hand-off; ``opened`` only on the page that answers the opening itself."""

    line: HandoffLine
    reasons: tuple[str, ...]
    opened: HandoffOpened | None = None


@dataclass(frozen=True)
class PassOn:
    """Where something can be passed to."""

    teams: tuple[str, ...]
    kinds: tuple[str, ...] = tuple(PASSED)


@router.get("/hand-offs")
def handoffs(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What was passed on to my teams and waits; or, with ``filed``, what is filed."""
    _receives(visitor)
    filed, number = "filed" in request.query_params, page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, queries.handoffs, number, filed=filed)
    view = Queue(lines, filed, number, desk.ask(visitor, queries.count_handoffs))
    return show(request, desk, visitor, "handoffs/list.html", view, here="/hand-offs")


@router.get("/hand-offs/{row}")
def handoff(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One hand-off, shut."""
    return _handoff(request, desk, visitor, row, sheet(request))


@router.post("/hand-offs/{row}/open")
def open_handoff(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Read it: the answer itself shows it, so that showing it again asks and is recorded again.

    A visit would need a key of the case, and whoever is told here may hold none.
    """
    fields = {name: values for name, values in given.items() if name != "once"} | {"fields": ["words"]}
    try:
        opened = desk.do(visitor, actions.open_handoff, read(desk, actions.open_handoff, fields), subject=row_id(row))
    except (Conflict, Denied, Mistakes) as refusal:
        mistakes = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
        return _handoff(request, desk, visitor, row, sheet(request).typed(fields, mistakes), status=refusal.status)
    return _handoff(request, desk, visitor, row, sheet(request), opened=opened)


@router.post("/hand-offs/{row}/file")
def file_handoff(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    return save(
        request, desk, visitor, given, actions.file, subject=row_id(row), then="/hand-offs",
        again=lambda filled, status: _handoff(request, desk, visitor, row, filled, status=status),
    )  # fmt: skip


@router.get("/cases/{reference}/pass-on")
def pass_on_page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _pass_on(request, desk, visitor, reference, sheet(request))


@router.post("/cases/{reference}/pass-on")
def pass_on(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Send facts to another team. Nobody here can read them again."""
    about = references.read(reference)
    return save(
        request, desk, visitor, given, actions.send, subject=about, then=f"/cases/{about}",
        again=lambda filled, status: _pass_on(request, desk, visitor, reference, filled, status),
    )  # fmt: skip


def _receives(visitor: Caller) -> None:
    if not PASSING & visitor.actor.roles:
        raise NotFound


def _handoff(
    request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet, *, opened: Any = None, status: int = 200
) -> Response:  # fmt: skip
    _receives(visitor)
    line: HandoffLine = desk.ask(visitor, queries.show_handoff, row_id(row))
    reasons = tuple(dict.fromkeys(code for role in REASONS if role in visitor.actor.roles for code in REASONS[role]))
    view = Passed(line, reasons, opened)
    return show(
        request, desk, visitor, "handoffs/one.html", view, here="/hand-offs", sheet=filled, status=status
    )  # fmt: skip


def _pass_on(
    request: Request, desk: Desk, visitor: Caller, reference: str, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    _receives(visitor)
    file = case_file(desk, visitor, reference)
    body = PassOn(tuple(team for team in TEAMS if team not in visitor.actor.teams))
    return case_page(request, desk, visitor, file, "handoffs/pass_on.html", "", body, sheet=filled, status=status)
