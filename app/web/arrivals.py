"""Arrivals: what came through the portal, read for triage and taken into a case. For the intake team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.cases import actions as cases
from app.cases import queries as case_queries
from app.cases.forms import Opening
from app.cases.views import CaseLine, Opened
from app.edge.desk import Desk, TheDesk, page_number
from app.edge.languages import N_
from app.edge.sheets import Mistakes, Sheet
from app.errors import Conflict, Denied, NotFound, Unprocessable
from app.intake import actions, queries
from app.intake.forms import Link
from app.intake.views import Arrivals, SubmissionView
from app.pseudonyms import references
from app.web import tickets
from app.web.frame import read, save, sheet, show
from app.web.session import Fields, Visitor
from app.web.taking import may_know, officers_only
from app.work import Caller, Justification

HERE = "/arrivals"
# What a new case begins with.
NEW = ("pathway", "exit_stage", "beside")
READ = ("account", "contact", "language")

router = APIRouter()


@dataclass(frozen=True)
class Queue:
    """One page of what waits."""

    arrivals: Arrivals
    danger: bool
    page: int


@dataclass(frozen=True)
class Arrival:
    """One arrival; ``opened`` while a reason to read it holds."""

    line: SubmissionView
    opened: Opened | None
    minutes: int = tickets.MINUTES

    @property
    def to_judge(self) -> bool:
        return self.line.state in {"RECEIVED", "OPENED"}

    @property
    def to_take(self) -> bool:
        return self.line.state in {"RECEIVED", "OPENED", "TRIAGED"}


@dataclass(frozen=True)
class Taking:
    """Where an arrival may go: a new case, or one whose account I hold."""

    line: SubmissionView
    mine: tuple[CaseLine, ...]
    beside: tuple[tuple[str, str], ...]


@router.get("/arrivals")
def waiting(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What waits, danger first, then the oldest."""
    officers_only(visitor)
    number = page_number(request.query_params.get("page"))
    danger = request.query_params.get("danger") == "yes"
    found = desk.ask(visitor, queries.arrivals, number, danger=danger)
    return show(request, desk, visitor, "intake/arrivals.html", Queue(found, danger, number), here=HERE)


@router.get("/arrivals/{reference}")
def arrival(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One arrival: mute, or with its words while a reason holds. Each display is an opening of its own."""
    officers_only(visitor)
    return _page(request, desk, visitor, references.read(reference), sheet(request))


@router.post("/arrivals/{reference}/open")
def open_to_read(reference: str, request: Request, desk: TheDesk, visitor: Visitor, _given: Fields) -> Response:
    """Say that it is read in order to be judged; the page that follows shows it for some minutes."""
    officers_only(visitor)
    line = desk.ask(visitor, queries.show, references.read(reference))
    answer = RedirectResponse(_at(line.reference), 303)
    tickets.give(answer, request, desk, _at(line.reference))
    return answer


@router.post("/arrivals/{reference}/triage")
def triage(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Judge it: what becomes of it is sealed to the team."""
    officers_only(visitor)
    address = references.read(reference)

    def again(typed: Sheet, status: int) -> Response:
        return _page(request, desk, visitor, address, typed, status)

    return save(request, desk, visitor, given, actions.triage, subject=address, then=_at(address), again=again)


@router.get("/arrivals/{reference}/take")
def take_page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Into which case it goes."""
    officers_only(visitor)
    return _taking(request, desk, visitor, references.read(reference), sheet(request))


@router.post("/arrivals/{reference}/take")
def take(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Take it into a new case, or into one whose account I hold."""
    officers_only(visitor)
    address, once = references.read(reference), next(iter(given.get("once", ())), "")
    fields = {name: values for name, values in given.items() if name in {"into", "case", *NEW}}
    into = next(iter(fields.get("into", ())), "")
    try:
        if into == "new":
            form = read(desk, cases.open_case, {name: fields.get(name, ()) for name in NEW})
            case = desk.do(visitor, cases.open_case, form, idempotency=f"{once}-case" if once else None)
            reference = case["reference"] if isinstance(case, dict) else case.reference
        else:
            reference = references.read(next(iter(fields.get("case", ())), ""))
        desk.do(visitor, actions.link, Link(case=reference), subject=address)
    except (NotFound, Conflict, Denied, Unprocessable) as refusal:
        if isinstance(refusal, NotFound):
            mistakes: Mapping[str, str] = {"case": N_("Among your cases there is none with this reference.")}
        else:
            mistakes = refusal.found if isinstance(refusal, Mistakes) else {"": refusal.sentence}
        return _taking(request, desk, visitor, address, sheet(request).typed(fields, mistakes), refusal.status)
    return RedirectResponse(f"/cases/{reference}/testimony", 303)


def _page(
    request: Request, desk: Desk, visitor: Caller, reference: str, form: Sheet, status: int = 200
) -> Response:  # fmt: skip
    line = desk.ask(visitor, queries.show, reference)
    opened = None
    if tickets.holds(request, _at(reference)):
        why = Opening(fields=READ, justification=Justification.TRIAGE, cites=line.id)
        opened = desk.do(visitor, actions.open_submission, why, subject=reference)
        # The first reading has moved it on.
        line = desk.ask(visitor, queries.show, reference)
    return show(
        request, desk, visitor, "intake/arrival.html", Arrival(line, opened), here=HERE, sheet=form, status=status
    )


def _taking(
    request: Request, desk: Desk, visitor: Caller, reference: str, form: Sheet, status: int = 200
) -> Response:  # fmt: skip
    line = desk.ask(visitor, queries.show, reference)
    mine: Any = desk.ask(visitor, case_queries.cases)
    held = tuple(case for case in mine if "TESTIMONY" in case.held and case.state == "OPEN")
    return show(
        request, desk, visitor, "intake/take.html", Taking(line, held, may_know(desk, visitor)), here=HERE, sheet=form,
        status=422 if status == 404 else status,
    )  # fmt: skip


def _at(reference: str) -> str:
    return f"/arrivals/{reference}"
