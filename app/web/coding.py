"""The coders' desk: public reports that wait; and what those who judge texts are told meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk, page_number
from app.edge.languages import N_
from app.narratives import queries
from app.narratives.views import CodingNumbers, ReportLine
from app.web.frame import show
from app.web.session import Visitor
from app.web.today import DESKS, TASKS_MAX, Block, Task, Tile
from app.work import Caller

router = APIRouter()

ROLE: Final = "narrative_editor"


@dataclass(frozen=True)
class Queue:
    """One list of the coders, and how long each is."""

    lines: tuple[ReportLine, ...]
    standing: str
    number: int
    numbers: CodingNumbers


@router.get("/coding")
def coding(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Public reports that wait for a first reading, or for a second that is not by whoever gave the first."""
    standing = request.query_params.get("standing", "SECOND")
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, queries.waiting, number, standing=standing)
    view = Queue(lines, standing, number, desk.ask(visitor, queries.count))
    return show(request, desk, visitor, "narratives/coding.html", view, here="/coding")


def waits(desk: Desk, visitor: Caller) -> Block:
    """Today of a narrative editor: what a colleague has coded comes first, since half of it is done."""
    numbers: CodingNumbers = desk.ask(visitor, queries.count)
    tiles = (
        Tile(N_("Reports to code a second time"), numbers.second, "/coding?standing=SECOND"),
        Tile(N_("Reports nobody has coded"), numbers.first, "/coding?standing=FIRST"),
    )
    lines: tuple[ReportLine, ...] = desk.ask(visitor, queries.waiting)
    return Block(ROLE, tiles, tuple(map(_task, lines[:TASKS_MAX])))


def _task(line: ReportLine) -> Task:
    words = N_("Code a report") if line.standing == "FIRST" else N_("Code a report a second time")
    return Task(words, f"/cases/{line.reference}", line.reference, line.since)


DESKS[ROLE] = waits
# Nothing in the house makes a text for release yet: said, so that an empty page is not taken for an idle one.
DESKS["reid_reviewer"] = lambda _desk, _visitor: Block(
    "reid_reviewer", says=N_("No text is prepared for release here yet, so none waits for your review.")
)
DESKS["approver"] = lambda _desk, _visitor: Block(
    "approver", says=N_("No text is prepared for release here yet, so none waits for your approval.")
)
