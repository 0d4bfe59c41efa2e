"""The rota, and breaking glass: big and calm for whoever is on duty at night, and for those who are told of it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts import queries as accounts
from app.accounts import rota
from app.accounts.rota import ShiftLine
from app.accounts.views import Member, TeamView
from app.cases import glass
from app.cases.forms import Opening
from app.cases.glass import GlassLine
from app.cases.views import RecordLine
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.oversight import actions as oversight
from app.oversight.forms import AskLog
from app.web import oversight as oversight_desk
from app.web.casefile import Shown
from app.web.frame import save, sheet, show
from app.web.oversight import Line, line_of
from app.web.session import Fields, Visitor
from app.web.today import DESKS, Block, Task, Tile
from app.work import Caller, Justification
from app.work.actions import opening_of

router = APIRouter()

NONE_SUCH: Final = N_("Nothing can be opened by this reference. Check each sign, then call whoever leads the team.")


@dataclass(frozen=True)
class Duty:
    """The page of who breaks glass, and of who is told: whether I am on duty, and every glass I am told of."""

    shift: ShiftLine | None
    lines: tuple[GlassLine, ...]
    number: int
    member: bool


@dataclass(frozen=True)
class Glass:
    """One glass: its records for who broke it, its entries for an auditor."""

    line: GlassLine
    records: tuple[RecordLine, ...] = ()
    shown: Shown | None = None
    entries: tuple[Line, ...] = ()
    auditor: bool = False


@dataclass(frozen=True)
class Rota:
    """From now on; ``members`` are whom its lead can put on it, ``others`` to whom I can pass a time of mine."""

    lines: tuple[ShiftLine, ...]
    number: int
    leads: bool
    members: tuple[Member, ...] = field(default=())


@router.get("/break-glass")
def glasses(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Break one, being on duty; and those that I am told of."""
    return _duty(request, desk, visitor, sheet(request))


@router.post("/break-glass")
def broken(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Wake what sleeps of one case. Not there, not asleep and never drawn get one answer."""
    given = {**given, "justification": [Justification.LIFE_AT_RISK.value]}
    given["reference"] = [each.strip() for each in given.get("reference", [])]
    typed = next(iter(given["reference"]), None)

    def again(filled: Sheet, status: int) -> Response:
        return _duty(request, desk, visitor, filled, status)

    try:
        return save(
            request, desk, visitor, given, glass.break_glass, subject=typed, again=again,
            then=lambda made: f"/break-glass/{made['id']}",
        )  # fmt: skip
    except NotFound as refusal:
        return again(sheet(request).typed(given, {"reference": NONE_SUCH}), refusal.status)


@router.get("/break-glass/{row}")
def one(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What can be opened and how long; or who broke it, when, and what came of it."""
    return _one(request, desk, visitor, row, sheet(request))


@router.post("/break-glass/{row}/open/{record}")
def opened(row: str, record: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Show one record. Its entry cites the glass."""
    about = next((r for r in desk.ask(visitor, glass.records, row_id(row)) if r.id == row_id(record)), None)
    action = opening_of(about.table) if about is not None else None
    if about is None or action is None:
        raise NotFound
    form = Opening(fields=about.fields[:12], justification=Justification.LIFE_AT_RISK, cites=row_id(row))
    told = desk.do(visitor, action, form, subject=about.id)
    shown = Shown(about, told.values, entry=told.entry)
    return _one(request, desk, visitor, row, sheet(request), shown=shown)


@router.post("/break-glass/{row}/end")
def ended(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Let the keys sleep again."""
    return _save(request, desk, visitor, row, given, glass.end)


@router.post("/break-glass/{row}/review")
def reviewed(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Judge it: the reason chosen says which verdict it is of."""
    why = next(iter(given.get("why", ())), "")
    verdict = next((name for name, reasons in glass.WHY.items() if why in reasons), "")
    return _save(request, desk, visitor, row, {**given, "verdict": [verdict]}, glass.review)


@router.get("/rota")
def rota_page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Who is on duty, from now on."""
    return _rota(request, desk, visitor, sheet(request))


@router.post("/rota")
def put(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Put a member of the duty team on the rota."""
    code = next(iter(given.get("user", ())), "")
    if not code:
        wrong = sheet(request).typed(given, {"user": N_("Please choose a colleague.")})
        return _rota(request, desk, visitor, wrong, 422)
    return save(
        request, desk, visitor, given, rota.set_shift, subject=code, then="/rota",
        again=lambda filled, status: _rota(request, desk, visitor, filled, status),
        shape=lambda fields: {name: value for name, value in fields.items() if name != "user"},
        step=(rota.set_shift, code),
    )  # fmt: skip


@router.post("/rota/{row}/cut")
def cut(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """End a time on duty, or strike one off."""
    return _changed(request, desk, visitor, row, given, rota.cut)


@router.post("/rota/{row}/pass")
def passed(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Have another member take over a time of mine."""
    return _changed(request, desk, visitor, row, given, rota.take_over)


def told(desk: Desk, visitor: Caller) -> tuple[tuple[Tile, ...], tuple[Task, ...]]:
    """What Today says of broken glasses to whoever is told of them; nothing where there is none."""
    numbers = desk.ask(visitor, glass.count)
    tiles = (
        Tile(N_("Broken glasses past their review"), numbers.overdue, "/break-glass", urgent=True),
        Tile(N_("Broken glasses open now"), numbers.open, "/break-glass", urgent=True),
        Tile(N_("Broken glasses that wait for a review"), numbers.to_review, "/break-glass"),
    )
    lines = [line for line in desk.ask(visitor, glass.glasses) if line.standing in {"OPEN", "TO_REVIEW", "OVERDUE"}]
    words = {"OPEN": N_("Glass is broken now"), "OVERDUE": N_("Glass was broken: past its review")}
    tasks = tuple(
        Task(
            words.get(line.standing, N_("Glass was broken")), f"/break-glass/{line.id}", line.reference, line.at,
            urgent=line.standing != "TO_REVIEW",
        )
        for line in lines
    )  # fmt: skip
    return tuple(tile for tile in tiles if tile.number), tasks


def audit(desk: Desk, visitor: Caller) -> Block:
    """An auditor's Today: a glass past its review before anything the log has to say."""
    tiles, tasks = told(desk, visitor)
    block = oversight_desk.today(desk, visitor)
    return replace(block, tiles=(*tiles, *block.tiles), tasks=(*tasks, *block.tasks))


DESKS["auditor"] = audit


def _duty(request: Request, desk: Desk, visitor: Caller, filled: Sheet, status: int = 200) -> Response:
    now = desk.ask(visitor, rota.on_duty_now)
    number = page_number(request.query_params.get("page"))
    view = Duty(
        next((line for line in now if line.mine), None), desk.ask(visitor, glass.glasses, number), number,
        rota.TEAM in visitor.actor.teams,
    )  # fmt: skip
    return show(request, desk, visitor, "duty/glasses.html", view, here="/today", sheet=filled, status=status)


def _one(
    request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet, status: int = 200, *,
    shown: Shown | None = None,
) -> Response:  # fmt: skip
    line: GlassLine = desk.ask(visitor, glass.show, row_id(row))
    records = _records(desk, visitor, line) if line.here and line.standing == "OPEN" else ()
    auditor = "auditor" in visitor.actor.roles
    found = desk.do(visitor, oversight.ask, AskLog(cites=line.id)).entries if auditor else ()
    view = Glass(line, records, shown, tuple(line_of(entry) for entry in found), auditor)
    return show(request, desk, visitor, "duty/glass.html", view, here="/today", sheet=filled, status=status)


def _records(desk: Desk, visitor: Caller, line: GlassLine) -> tuple[RecordLine, ...]:
    """What can be opened; nothing where the keys were taken back meanwhile."""
    try:
        found: tuple[RecordLine, ...] = desk.ask(visitor, glass.records, line.id)
    except NotFound:
        return ()
    return found


def _rota(request: Request, desk: Desk, visitor: Caller, filled: Sheet, status: int = 200) -> Response:
    number = page_number(request.query_params.get("page"))
    members: tuple[Member, ...] = ()
    if rota.TEAM in visitor.actor.teams:
        team: TeamView = desk.ask(visitor, accounts.team, rota.TEAM)
        members = tuple(each for each in team.members if each.state == "ACTIVE")
    view = Rota(desk.ask(visitor, rota.rota, number), number, "protection" in visitor.actor.leads, members)
    return show(request, desk, visitor, "duty/rota.html", view, here="/today", sheet=filled, status=status)


def _save(request: Request, desk: Desk, visitor: Caller, row: str, given: Fields, action: Any) -> Response:
    address: UUID = row_id(row)
    return save(
        request, desk, visitor, given, action, subject=address, then=f"/break-glass/{address}",
        again=lambda filled, status: _one(request, desk, visitor, row, filled, status),
    )  # fmt: skip


def _changed(request: Request, desk: Desk, visitor: Caller, row: str, given: Fields, action: Any) -> Response:
    return save(
        request, desk, visitor, given, action, subject=row_id(row), then="/rota",
        again=lambda filled, status: _rota(request, desk, visitor, filled, status),
    )  # fmt: skip
