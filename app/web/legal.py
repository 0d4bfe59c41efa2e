"""Legal's desk: what waits there, and who takes which case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk, page_number
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.legal import actions, queries
from app.legal.views import ReviewLine, ReviewNumbers
from app.pseudonyms import references
from app.web import courses, endings, mitigation, promises
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.web.today import DESKS, Block, Task, Tile
from app.work import Caller

router = APIRouter()

ROLE: Final = "legal_reviewer"
# The lists of the queue and the words of their tiles.
LISTS: Final = {
    "UNASSIGNED": N_("Reviews nobody has taken"),
    "MINE": N_("Reviews of mine"),
}


@dataclass(frozen=True)
class Queue:
    """One list of the queue, and how long each is."""

    lines: tuple[ReviewLine, ...]
    standing: str
    number: int
    numbers: ReviewNumbers


@router.get("/reviews")
def reviews(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Cases handed to legal: not taken, mine, a colleague's, written."""
    return _reviews(request, desk, visitor, sheet(request))


@router.post("/reviews/{reference}/take")
def take(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Take a case; opening it comes next, with the draft as what it serves."""
    about = references.read(reference)
    return save(
        request, desk, visitor, given, actions.take, subject=about,
        then=lambda made: f"/cases/{about}/open?tab=legal&justification=LEGAL_ASSESSMENT&cites={made['id']}",
        again=lambda filled, status: _reviews(request, desk, visitor, filled, status),
    )  # fmt: skip


def waiting(desk: Desk, visitor: Caller) -> Block:
    """Today at legal's desk."""
    numbers: ReviewNumbers = desk.ask(visitor, queries.count)
    tiles = (
        Tile(LISTS["UNASSIGNED"], numbers.unassigned, "/reviews?standing=UNASSIGNED"),
        Tile(LISTS["MINE"], numbers.mine, "/reviews?standing=MINE"),
        Tile(N_("Hand-offs to file"), numbers.handoffs, "/hand-offs"),
        endings.tile(desk, visitor),
    )
    lines = [line for name in ("MINE", "UNASSIGNED") for line in desk.ask(visitor, queries.reviews, standing=name)]
    days = courses.tasks(desk, visitor)
    asked = [*endings.tasks(desk, visitor), *mitigation.tasks(desk, visitor), *promises.tasks(desk, visitor)]
    work = [*days, *asked, *(_task(line) for line in lines)]
    return Block(ROLE, tiles, tuple(work[:15]))


DESKS[ROLE] = waiting


def _task(line: ReviewLine) -> Task:
    if line.standing == "MINE":
        return Task(
            N_("Go on with the assessment you began"), f"/cases/{line.reference}/legal", line.reference, line.since
        )
    return Task(N_("Take a case for review"), "/reviews?standing=UNASSIGNED", line.reference, line.since)


def _reviews(request: Request, desk: Desk, visitor: Caller, filled: Sheet, status: int = 200) -> Response:
    if ROLE not in visitor.actor.roles:
        raise NotFound
    standing = request.query_params.get("standing", "UNASSIGNED")
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, queries.reviews, number, standing=standing)
    view = Queue(lines, standing, number, desk.ask(visitor, queries.count))
    return show(request, desk, visitor, "legal/reviews.html", view, here="/reviews", sheet=filled, status=status)
