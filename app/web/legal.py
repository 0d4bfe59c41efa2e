"""Legal's desk: who takes which case, and the notes on how cooperation mitigates."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk, page_number
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.legal import actions, queries
from app.legal.views import NoteLine, ReviewLine, ReviewNumbers
from app.pseudonyms import references
from app.web import endings, promises
from app.web.casefile import CaseFile, Shown, case_file, case_page
from app.web.desk_words import FACTORS, FINDINGS
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.web.today import DESKS, Block, Task, Tile
from app.web.visits import opened
from app.work import Caller, Plain

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


@dataclass(frozen=True)
class Notes:
    """The notes of a case: opened under a visit, else shut. ``serves`` is what a visit from here cites."""

    shown: tuple[Shown, ...]
    # The passages a note relies on, as they are cited on paper.
    passages: dict[UUID, Plain]
    lines: dict[UUID, NoteLine]
    draft: NoteLine | None
    mine: bool
    serves: UUID | None


@dataclass(frozen=True)
class Grid:
    """What a note is chosen from."""

    factors: tuple[str, ...] = tuple(FACTORS)
    findings: tuple[str, ...] = tuple(FINDINGS)


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


@router.get("/cases/{reference}/legal")
def notes(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The notes of a case, opened if a visit is under way."""
    return _notes(request, desk, visitor, _file(desk, visitor, reference))


@router.get("/cases/{reference}/legal/note")
def note_page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _note(request, desk, visitor, reference, sheet(request))


@router.post("/cases/{reference}/legal/note")
def write(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Keep one factor of the grid in words; what was typed stays on the page if something is missing."""
    about = references.read(reference)
    return save(
        request, desk, visitor, given, actions.write, subject=about, shape=_by_number,
        then=f"/cases/{about}/legal",
        again=lambda filled, status: _note(request, desk, visitor, reference, filled, status),
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
    work = [*endings.tasks(desk, visitor), *promises.tasks(desk, visitor), *(_task(line) for line in lines)]
    return Block(ROLE, tiles, tuple(work[:15]))


DESKS[ROLE] = waiting


def _task(line: ReviewLine) -> Task:
    if line.standing == "MINE":
        return Task(N_("Write the note you began"), f"/cases/{line.reference}/legal", line.reference, line.since)
    return Task(N_("Take a case for review"), "/reviews?standing=UNASSIGNED", line.reference, line.since)


def _reviews(request: Request, desk: Desk, visitor: Caller, filled: Sheet, status: int = 200) -> Response:
    if ROLE not in visitor.actor.roles:
        raise NotFound
    standing = request.query_params.get("standing", "UNASSIGNED")
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, queries.reviews, number, standing=standing)
    view = Queue(lines, standing, number, desk.ask(visitor, queries.count))
    return show(request, desk, visitor, "legal/reviews.html", view, here="/reviews", sheet=filled, status=status)


def _file(desk: Desk, visitor: Caller, reference: str) -> CaseFile:
    file = case_file(desk, visitor, reference)
    if not file.has("legal"):
        raise NotFound
    return file


def _notes(request: Request, desk: Desk, visitor: Caller, file: CaseFile) -> Response:
    lines: tuple[NoteLine, ...] = desk.ask(visitor, queries.notes, file.view.reference)
    draft = next((line for line in lines if line.state == "DRAFT"), None)
    shown = opened(request, desk, visitor, file, "mitigation_assessments")
    body = Notes(
        shown=shown,
        passages={one.record.id: _cited(one.values.get("passages")) for one in shown if one.values.get("passages")},
        lines={line.id: line for line in lines},
        draft=draft,
        mine=draft is not None and draft.by == visitor.actor.code,
        serves=draft.id if draft else next((line.id for line in reversed(lines)), None),
    )
    return case_page(request, desk, visitor, file, "legal/notes.html", "legal", body)


def _note(
    request: Request, desk: Desk, visitor: Caller, reference: str, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    file = _file(desk, visitor, reference)
    return case_page(
        request, desk, visitor, file, "legal/note.html", "legal", Grid(), sheet=filled, status=status
    )  # fmt: skip


def _by_number(fields: dict[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Passages as they are cited on paper, "2, 7 and 12", become one entry each."""
    said: Any = " ".join(fields.get("passages", ()))
    return fields | {"passages": re.findall(r"\d+", said) or [said]}


def _cited(passages: Plain | None) -> Plain:
    """A list that was kept as one value, put together for reading."""
    numbers = json.loads(passages.raw()) if passages else []
    return Plain(", ".join(str(number) for number in numbers).encode())
