"""A team: who is in it; its lead lets colleagues in and removes them."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts import actions as accounts
from app.accounts import queries
from app.accounts.views import Member, TeamView
from app.edge.desk import Desk, TheDesk
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.work import Caller

router = APIRouter()


@dataclass(frozen=True)
class RemovalView:
    """The member who is to leave a team."""

    team: str
    member: Member


@router.get("/teams/{name}")
def team(name: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Who is in the team; for its lead, whom a rule would let them add."""
    return _team(request, desk, visitor, name, sheet(request), 200)


@router.post("/teams/{name}/add")
def add(name: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Seal the team's key to a colleague."""
    _lead(desk, visitor, name)
    code = next(iter(given.get("user", ())), "")

    def again(typed: Sheet, status: int) -> Response:
        return _team(request, desk, visitor, name, typed, status)

    if not code:
        return again(sheet(request).typed(given, {"user": N_("Please choose a colleague.")}), 422)
    return save(
        request, desk, visitor, {**given, "team": [name]}, accounts.join_team, subject=code, then=f"/teams/{name}",
        again=again, step=(accounts.join_team, code),
        shape=lambda fields: {k: v for k, v in fields.items() if k in {"team", "deputy"}},
    )  # fmt: skip


@router.get("/teams/{name}/remove/{code}")
def removing(name: str, code: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What removing somebody does."""
    return _removal(request, desk, visitor, name, code, sheet(request), 200)


@router.post("/teams/{name}/remove/{code}")
def remove(name: str, code: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Remove a member: what is sealed next is sealed to a new key."""
    _lead(desk, visitor, name)
    return save(
        request, desk, visitor, {**given, "team": [name]}, accounts.leave_team, subject=code, then=f"/teams/{name}",
        again=lambda typed, status: _removal(request, desk, visitor, name, code, typed, status),
        step=(accounts.leave_team, code),
    )  # fmt: skip


def _lead(desk: Desk, visitor: Caller, name: str) -> TeamView:
    """The team, for its lead; to every other there is no such page."""
    found: TeamView = desk.ask(visitor, queries.team, name)
    if not found.leads:
        raise NotFound
    return found


def _team(request: Request, desk: Desk, visitor: Caller, name: str, typed: Sheet, status: int) -> Response:
    view = desk.ask(visitor, queries.team, name)
    return show(request, desk, visitor, "team/team.html", view, here=f"/teams/{name}", sheet=typed, status=status)


def _removal(
    request: Request, desk: Desk, visitor: Caller, name: str, code: str, typed: Sheet, status: int
) -> Response:  # fmt: skip
    found = [member for member in _lead(desk, visitor, name).members if member.user == code]
    if not found:
        raise NotFound
    view = RemovalView(name, found[0])
    return show(request, desk, visitor, "team/remove.html", view, here=f"/teams/{name}", sheet=typed, status=status)
