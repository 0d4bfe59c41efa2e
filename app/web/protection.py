"""Protection's desk: when we speak, whom we missed, and whose threat assessment has run out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts import rota
from app.cases import queries as case_queries
from app.cases.forms import Opening
from app.cases.views import HandoffLine
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.protection import actions, answering, queries
from app.protection.views import Alarm, CheckInLine, SafetyNumbers, ThreatLine
from app.web import alarms as alarm_pages
from app.web import endings
from app.web.duty import told
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.web.today import DESKS, Block, Task, Tile
from app.work import Caller, Justification, Plain

router = APIRouter()

ROLE: Final = "caseworker"
TASKS_MAX: Final = 15


@dataclass(frozen=True)
class Queue:
    """One list of this desk, and how long each is."""

    lines: tuple[Any, ...]
    standing: str
    number: int
    numbers: SafetyNumbers


@dataclass(frozen=True)
class Talk:
    """One check-in: when, with whom by reference; what was agreed only on the page that answers its opening."""

    line: CheckInLine
    word: Plain | None = None
    shown: bool = False
    there: str = field(default="", repr=False)
    alarms: tuple[Alarm, ...] = ()


@router.get("/check-ins")
def check_ins(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Missed, due today, the next seven days."""
    return _queue(request, desk, visitor, queries.check_ins, "protection/check_ins.html", "MISSED", "/check-ins")


@router.get("/threats")
def threats(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Cases whose assessment has run out, and those without any."""
    return _queue(request, desk, visitor, queries.threats, "protection/threats.html", "OVERDUE", "/today")


@router.get("/check-ins/{row}")
def check_in(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One time at which we speak: half a minute to settle it."""
    return _check_in(request, desk, visitor, row, sheet(request))


@router.post("/check-ins/{row}/word")
def word(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Show the word that was agreed. A check-in brings its own reason: it is care, and serves itself."""
    form = Opening(fields=("agreed_word", "zone"), justification=Justification.CARE, cites=row_id(row))
    opened = desk.do(visitor, actions.open_check_in, form, subject=row_id(row))
    return _check_in(request, desk, visitor, row, sheet(request), opened.values)


@router.post("/check-ins/{row}")
def settle(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Note how it went; the next one can be agreed on from the page that follows."""
    return save(
        request, desk, visitor, given, actions.settle_check_in, subject=row_id(row), then=f"/check-ins/{row_id(row)}",
        again=lambda filled, status: _check_in(request, desk, visitor, row, filled, status=status),
    )  # fmt: skip


def waiting(desk: Desk, visitor: Caller) -> Block:
    """Today at protection's desk: people first who were missed, then what has run out, then what is due."""
    numbers: SafetyNumbers = desk.ask(visitor, queries.count)
    tiles = (
        Tile(N_("Check-ins missed"), numbers.missed, "/check-ins?standing=MISSED", urgent=True),
        Tile(N_("Threat assessments overdue"), numbers.overdue, "/threats?standing=OVERDUE", urgent=True),
        Tile(N_("Check-ins due today"), numbers.today, "/check-ins?standing=TODAY"),
        Tile(N_("Cases without an assessment"), numbers.unassessed, "/threats?standing=NONE"),
        Tile(N_("Hand-offs to file"), numbers.handoffs, "/hand-offs"),
        Tile(N_("Check-ins in the next seven days"), numbers.week, "/check-ins?standing=WEEK"),
        endings.tile(desk, visitor),
    )
    # Before everything: somebody is missed, and perhaps nobody has answered.
    missing, looked_for = alarm_pages.told(desk, visitor)
    alarms, broken = told(desk, visitor)
    work = [*looked_for, *broken, *_tasks(desk, visitor), *endings.tasks(desk, visitor)]
    on_duty = desk.ask(visitor, rota.on_duty_now)
    return Block(ROLE, (*missing, *alarms, *tiles), tuple(work[:TASKS_MAX]), on_duty=on_duty)


DESKS[ROLE] = waiting


def _tasks(desk: Desk, visitor: Caller) -> list[Task]:
    def talk(line: CheckInLine) -> Task:
        words = N_("Missed: speak with them") if line.standing == "MISSED" else N_("Check in")
        return Task(words, f"/check-ins/{line.id}", line.reference, line.due_at, line.standing == "MISSED")

    def assess(line: ThreatLine) -> Task:
        words = (
            N_("Assess the threat anew") if line.standing == "OVERDUE" else N_("Assess the threat for the first time")
        )
        return Task(words, f"/cases/{line.reference}/threat", line.reference, line.since, line.standing == "OVERDUE")

    def read_now(line: HandoffLine) -> Task:
        return Task(
            N_("Somebody may be in danger: read what was passed on"), f"/hand-offs/{line.id}", "", line.due or "", True
        )

    passed: tuple[HandoffLine, ...] = desk.ask(visitor, case_queries.handoffs)
    alarms = [read_now(line) for line in passed if line.due is not None]
    missed = [talk(line) for line in desk.ask(visitor, queries.check_ins, standing="MISSED")]
    lapsed = [assess(line) for line in desk.ask(visitor, queries.threats)]
    today = [talk(line) for line in desk.ask(visitor, queries.check_ins, standing="TODAY")]
    return (
        alarms
        + missed
        + [task for task in lapsed if task.urgent]
        + today
        + [task for task in lapsed if not task.urgent]
    )


def _queue(
    request: Request, desk: Desk, visitor: Caller, question: Any, template: str, first: str, here: str
) -> Response:  # fmt: skip
    if ROLE not in visitor.actor.roles:
        raise NotFound
    standing = request.query_params.get("standing", first)
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, question, number, standing=standing)
    view = Queue(lines, standing, number, desk.ask(visitor, queries.count))
    return show(request, desk, visitor, template, view, here=here)


def _check_in(
    request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet,
    agreed: Mapping[str, Plain | None] | None = None, *, status: int = 200,
) -> Response:  # fmt: skip
    line: CheckInLine = desk.ask(visitor, queries.check_in, row_id(row))
    history: tuple[Alarm, ...] = desk.ask(visitor, answering.of_case, line.reference)
    mine = tuple(alarm for alarm in history if alarm.check_in == line.id)
    view = Talk(line, alarms=mine)
    if agreed is not None:
        view = Talk(line, agreed["agreed_word"], True, _there(line, agreed["zone"]), mine)
    return show(
        request, desk, visitor, "protection/check_in.html", view, here="/check-ins", sheet=filled, status=status
    )


def _there(line: CheckInLine, zone: Plain | None) -> str:
    """The moment by the clock it was agreed by, with that clock's name; "" where it is the office's."""
    if zone is None:
        return ""
    name = zone.read()
    return f"{line.due_at.astimezone(ZoneInfo(name)):%Y-%m-%d %H:%M} {name}"
