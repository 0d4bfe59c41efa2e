"""Having a colleague's cases taken over: who takes which, once confirmed; then case by case, without any script."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import queries as accounts
from app.accounts.views import Colleague
from app.cases import takeovers
from app.cases.takeovers import HeldLine, LeaverLine, TakeoverView
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.sheets import Sheet
from app.errors import Conflict, Denied, NotFound
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.web.words import WORDS
from app.work import Caller

router = APIRouter()
# So long one press works; the next goes on where it stopped.
SECONDS_MAX: Final = 5.0


@dataclass(frozen=True)
class HeldView:
    """Somebody's cases, and who could take them over."""

    colleague: Colleague
    lines: tuple[HeldLine, ...]
    others: tuple[Colleague, ...]
    mine: bool
    number: int


@dataclass(frozen=True)
class Progress:
    takeover: TakeoverView
    hindered: dict[str, str]
    number: int


@dataclass(frozen=True)
class Mine:
    takeovers: tuple[TakeoverView, ...]
    leavers: tuple[LeaverLine, ...]
    number: int


@router.get("/take-overs")
def mine(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What I began to pass on; for a lead, who left and still holds keys."""
    number = page_number(request.query_params.get("page"))
    view = Mine(
        desk.ask(visitor, takeovers.takeovers, number), desk.ask(visitor, takeovers.leavers), number
    )  # fmt: skip
    return show(request, desk, visitor, "team/takeovers.html", view)


@router.get("/take-over/{code}")
def held(code: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """A colleague's cases that I hold too, or my own; those first of which they alone hold a part."""
    return _held(request, desk, visitor, code, sheet(request), 200)


@router.post("/take-over/{code}")
def begin(code: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Write down who takes over what; then the cases follow one by one."""
    return save(
        request, desk, visitor, given, takeovers.begin, subject=code, step=(takeovers.begin, code),
        then=lambda begun: f"/take-overs/{begun['id']}",
        shape=lambda fields: {name: [v for v in values if v] for name, values in fields.items()},
        again=lambda typed, status: _held(request, desk, visitor, code, typed, status),
    )  # fmt: skip


@router.get("/take-overs/{row}")
def progress(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """How far it has come, and what stands in the way of which case."""
    return _progress(request, desk, visitor, row_id(row), sheet(request), 200)


@router.post("/take-overs/{row}")
def go_on(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Pass on as many cases as go in a few seconds; in another sign-in, after a second factor."""
    key = row_id(row)
    if not desk.ask(visitor, takeovers.show, key).here:
        return save(
            request, desk, visitor, given, takeovers.go_on, subject=key, then=f"/take-overs/{key}",
            again=lambda typed, status: _progress(request, desk, visitor, key, typed, status),
            step=(takeovers.go_on, key),
        )  # fmt: skip
    run(desk, visitor, key)
    return RedirectResponse(f"/take-overs/{key}", 303)


def run(desk: Desk, visitor: Caller, key: UUID) -> None:
    """Each case as an action of its own; what is refused is told on the page and passed over."""
    began, view = time.monotonic(), desk.ask(visitor, takeovers.show, key)
    # Where nothing waits any more, what stood in the way may have gone meanwhile.
    state = "WAITING" if view.cases > view.done + view.refused else "REFUSED"
    for number in range(-(-view.cases // takeovers.PAGE)):
        for line in desk.ask(visitor, takeovers.show, key, number).lines:
            if line.state != state:
                continue
            # Where it is refused it has its entry, and waits.
            with suppress(Conflict, Denied, NotFound):
                desk.do(visitor, takeovers.pass_case, subject=line.id)
            if time.monotonic() - began > SECONDS_MAX:
                return


def _held(request: Request, desk: Desk, visitor: Caller, code: str, typed: Sheet, status: int) -> Response:
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, takeovers.held, code, number)
    others = tuple(each for each in desk.ask(visitor, accounts.at_work) if each.user != code)
    colleague = desk.ask(visitor, accounts.colleague, code)
    view = HeldView(colleague, lines, others, code == visitor.actor.code, number)
    return show(request, desk, visitor, "team/take_over.html", view, sheet=typed, status=status)


def _progress(request: Request, desk: Desk, visitor: Caller, key: UUID, typed: Sheet, status: int) -> Response:
    number = page_number(request.query_params.get("page"))
    view = desk.ask(visitor, takeovers.show, key, number)
    rules = desk.office.policy.rules
    hindered = {
        line.why: rules[line.why].says if line.why in rules else WORDS["hindered"].get(line.why, line.why)
        for line in view.lines if line.why
    }  # fmt: skip
    return show(
        request, desk, visitor, "team/progress.html", Progress(view, hindered, number), sheet=typed, status=status
    )
