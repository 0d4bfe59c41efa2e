"""Alarms: somebody was not met, people are called, and one of them answers by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.protection import answering
from app.protection.views import Alarm, AlarmLine
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.web.today import Task, Tile
from app.work import Caller

router = APIRouter()

ROLE: Final = "caseworker"
WORDS: Final = {
    "CALLING": N_("Nobody has answered: somebody is missed"),
    "ACKNOWLEDGED": N_("Answered, and not found yet: somebody is missed"),
    "UNACCOUNTED": N_("Nobody knows where they are"),
}


@dataclass(frozen=True)
class Alarms:
    """Whom we look for at this moment."""

    lines: tuple[AlarmLine, ...]
    number: int


@router.get("/alarms")
def alarms(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Every alarm that is open, for whoever can do something about it."""
    if ROLE not in visitor.actor.roles:
        raise NotFound
    number = page_number(request.query_params.get("page"))
    view = Alarms(desk.ask(visitor, answering.alarms, number), number)
    return show(request, desk, visitor, "protection/alarms.html", view, here="/check-ins")


@router.get("/alarms/{row}")
def alarm(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One alarm: which case, which rung, since when, and who sees to it."""
    return _one(request, desk, visitor, row, sheet(request))


@router.post("/alarms/{row}/acknowledge")
def acknowledged(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """I see to it: one press."""
    return _save(request, desk, visitor, row, given, answering.acknowledge)


@router.post("/alarms/{row}/report")
def reported(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """We know where they are, or nobody does."""
    return _save(request, desk, visitor, row, given, answering.report)


def told(desk: Desk, visitor: Caller) -> tuple[tuple[Tile, ...], list[Task]]:
    """What Today says of alarms, before anything else; nothing where there is none."""
    lines: tuple[AlarmLine, ...] = desk.ask(visitor, answering.alarms)
    tasks = [Task(WORDS[line.state], f"/alarms/{line.id}", line.reference, line.at, urgent=True) for line in lines]
    return (Tile(N_("Alarms: somebody is missed"), len(lines), "/alarms", urgent=True),) if lines else (), tasks


def _save(request: Request, desk: Desk, visitor: Caller, row: str, given: Fields, action: Any) -> Response:
    return save(
        request, desk, visitor, given, action, subject=row_id(row), then=f"/alarms/{row_id(row)}",
        again=lambda filled, status: _one(request, desk, visitor, row, filled, status),
    )  # fmt: skip


def _one(
    request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    found: Alarm = desk.ask(visitor, answering.alarm, row_id(row))
    return show(request, desk, visitor, "protection/alarm.html", found, here="/check-ins", sheet=filled, status=status)
