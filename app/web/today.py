"""Today: what waits, as numbers that are links, and the work, most urgent first. Nothing else.

Each desk says here what waits at it; somebody with two hats gets two blocks. A number comes
from the question that also makes the list it links to.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app import clock
from app.accounts import ceremonies, queries
from app.accounts.rota import ShiftLine
from app.accounts.undertakings import WARN_DAYS
from app.accounts.views import KeyShares
from app.cases import recovery
from app.cases.views import FromCustodians
from app.edge.desk import Desk, TheDesk, page_number
from app.edge.languages import N_
from app.oversight import inquiries
from app.web.frame import show
from app.web.session import Visitor
from app.work import Caller

router = APIRouter()


@dataclass(frozen=True)
class Tile:
    """A number and the list it counts. Red only for people in danger and for what is overdue."""

    words: str
    number: int
    href: str
    urgent: bool = False
    note: str = ""
    # For how long the oldest of them has waited, where that is told.
    hours: int | None = None


@dataclass(frozen=True)
class Task:
    """One line of work: what, about which reference, due or since when, and where to do it."""

    words: str
    href: str
    reference: str = ""
    # A day or a moment, put into words on the page: in the language of whoever reads it.
    when: datetime | str = ""
    urgent: bool = False


@dataclass(frozen=True)
class Block:
    """What waits for one role. ``primary`` is the one thing this role begins most often.

    on_duty  whom to call, where people in danger are worked with
    says   why there is no work, where that is not because all of it is done
    table  the same as tiles, for a role whose numbers are states of the house more than work
    """

    role: str
    tiles: tuple[Tile, ...] = ()
    tasks: tuple[Task, ...] = ()
    table: tuple[Tile, ...] = ()
    primary: tuple[str, str] | None = None
    on_duty: tuple[ShiftLine, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class TodayView:
    """What waits for each of one's roles. ``sign`` asks for the undertaking of secrecy, before it runs out or after.

    given   a page of what the custodians gave: whoever holds a key they did not ask for is told
    asked   questions of an auditor about entries of one's own
    """

    blocks: tuple[Block, ...]
    undertaken_until: datetime | None
    undertaken: bool
    sign: bool
    given: tuple[FromCustodians, ...]
    number: int
    asked: tuple[Task, ...]


# Role -> what waits at its desk.
DESKS: Final[dict[str, Callable[[Desk, Caller], Block]]] = {}
# Whose hats come first where somebody has several.
ORDER: Final[Mapping[str, int]] = {
    role: place
    for place, role in enumerate((
        "intake_officer", "legal_reviewer", "caseworker", "narrative_editor", "reid_reviewer", "approver", "auditor",
        "key_custodian", "administrator",
    ))
}  # fmt: skip
TASKS_MAX: Final = 15


@router.get("/")
def front() -> Response:
    return RedirectResponse("/today", 303)


@router.get("/today")
def today(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What waits for whoever asks."""
    mine = sorted(visitor.actor.roles, key=lambda role: ORDER.get(role, len(ORDER)))
    blocks = tuple(DESKS[role](desk, visitor) if role in DESKS else Block(role) for role in mine)
    if blocks and visitor.actor.leads:
        team = min(visitor.actor.leads)
        alarms = Tile(N_("Alarms of my team today"), desk.ask(visitor, queries.alarms), f"/teams/{team}", urgent=True)
        blocks = (replace(blocks[0], tiles=(*blocks[0].tiles, alarms)), *blocks[1:])
    until, warned = visitor.undertaken_until, clock.now() + timedelta(days=WARN_DAYS)
    number = page_number(request.query_params.get("page"))
    given = desk.ask(visitor, recovery.given_to_me, number)
    view = TodayView(
        blocks, until, visitor.actor.undertaken, until is None or until < warned, given, number, _asked(desk, visitor)
    )
    return show(request, desk, visitor, "today/today.html", view, here="/today")


def _custody(desk: Desk, visitor: Caller) -> Block:
    """A custodian's: when the shares are to be tried again. Who calls a meeting says so in person, not here."""
    shares: KeyShares = desk.ask(visitor, ceremonies.shares)
    words = N_("Meet and try whether your shares still give the recovery key back")
    return Block("key_custodian", tasks=(Task(words, "/help/keys", when=shares.due.isoformat(), urgent=shares.late),))


DESKS["key_custodian"] = _custody


def _asked(desk: Desk, visitor: Caller) -> tuple[Task, ...]:
    """That an auditor asks somebody about entries of theirs, whatever their role."""
    if not desk.ask(visitor, inquiries.count).asked_me:
        return ()
    mine = [each for each in desk.ask(visitor, inquiries.inquiries) if each.mine]
    return tuple(
        Task(
            N_("An auditor asks you about entries of yours"), f"/inquiries/{each.id}", when=each.due_at or "",
            urgent=each.standing == "LATE",
        )
        for each in mine
        if each.standing in {"ASKED", "LATE"}
    )  # fmt: skip
