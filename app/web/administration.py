"""The administrator's desk: who has an account, how the installation is. No case, and no number of any."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Final, get_args

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts import actions as accounts
from app.accounts import mine, queries
from app.accounts.forms import Role, WhyShut
from app.accounts.views import Account, KeyAge
from app.edge.desk import Desk, TheDesk, page_number
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.oversight import clocks
from app.oversight import queries as oversight
from app.oversight.views import Health
from app.web.frame import do, save, sheet, show
from app.web.session import Fields, Visitor
from app.web.today import DESKS, Block, Tile
from app.work import Caller

PAGE: Final = 50
ROLES: Final = get_args(Role)
WHY: Final = get_args(WhyShut)
WHICH: Final = get_args(queries.Which)
router = APIRouter()


@dataclass(frozen=True)
class PeopleView:
    """Accounts, narrowed to those that ask for attention if one came by such a number."""

    people: tuple[Account, ...]
    which: str
    page: int
    more: bool


@dataclass(frozen=True)
class PersonView:
    """One account and what can be done about it."""

    account: Account
    myself: bool
    why: tuple[str, ...] = WHY


@dataclass(frozen=True)
class HealthView:
    health: Health
    keys: tuple[KeyAge, ...]


@router.get("/admin/people")
def people(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Accounts with their state, roles, teams, and the day of their last sign-in."""
    number = page_number(request.query_params.get("page"))
    which = request.query_params.get("which", "all")
    if which not in WHICH:
        raise NotFound
    found = desk.ask(visitor, queries.people, which, number)
    view = PeopleView(found, which, number, more=len(found) == PAGE)
    return show(request, desk, visitor, "administration/people.html", view, here="/admin/people")


@router.get("/admin/people/invite")
def invitation(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    desk.ask(visitor, queries.attention)
    return _inviting(request, desk, visitor, sheet(request), 200)


@router.post("/admin/people/invite")
def invite(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Invite a colleague: the answer is the one page that ever shows the code."""
    desk.ask(visitor, queries.attention)
    return do(
        request, desk, visitor, given, accounts.invite, shown=partial(_invited, request, desk, visitor),
        again=lambda typed, status: _inviting(request, desk, visitor, typed, status),
        # Nobody is there yet whom it could be about.
        step=(accounts.invite, visitor.actor.code),
    )  # fmt: skip


@router.get("/admin/people/{code}")
def person(code: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    return _person(request, desk, visitor, code, "administration/person.html", sheet(request), 200)


@router.post("/admin/people/{code}/invite")
def invite_again(code: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Draw another code; shown once, like the first."""
    desk.ask(visitor, queries.one, code)
    return do(
        request, desk, visitor, given, accounts.invite_again, subject=code,
        shown=partial(_invited, request, desk, visitor), step=(accounts.invite_again, code),
        again=lambda typed, status: _person(
            request, desk, visitor, code, "administration/person.html", typed, status
        ),
    )  # fmt: skip


@router.post("/admin/people/{code}/sign-out")
def end_sessions(code: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """End every session of a colleague."""
    desk.ask(visitor, queries.one, code)
    return save(
        request, desk, visitor, given, mine.end_all, subject=code, then=f"/admin/people/{code}",
        again=lambda typed, status: _person(
            request, desk, visitor, code, "administration/person.html", typed, status
        ),
    )  # fmt: skip


@router.get("/admin/people/{code}/shut")
def shutting(code: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What shutting an account does, and why it is done."""
    return _person(request, desk, visitor, code, "administration/shut.html", sheet(request), 200)


@router.post("/admin/people/{code}/shut")
def shut(code: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Shut an account, for a reason."""
    desk.ask(visitor, queries.one, code)

    def again(typed: Sheet, status: int) -> Response:
        return _person(request, desk, visitor, code, "administration/shut.html", typed, status)

    if not any(given.get("why", ())):
        return again(sheet(request).typed({}, {"why": N_("Please choose one of the answers.")}), 422)
    return save(
        request, desk, visitor, given, accounts.disable, subject=code, then=f"/admin/people/{code}", again=again,
        step=(accounts.disable, code),
    )  # fmt: skip


@router.get("/admin/health")
def health(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Versions, ages and room, as far as the staff's process knows them; and a clock that waits for somebody."""
    return _health(request, desk, visitor, sheet(request), 200)


@router.post("/admin/health")
def clock_is_right(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Say that the clock is right after a jump, so that what waited goes on."""
    desk.ask(visitor, queries.attention)
    return save(
        request, desk, visitor, given, clocks.confirm, then="/admin/health",
        again=lambda typed, status: _health(request, desk, visitor, typed, status),
    )  # fmt: skip


def today(desk: Desk, visitor: Caller) -> Block:
    """What asks for an administrator's attention, as a table. No number that counts cases or people served."""
    waits, house = desk.ask(visitor, queries.attention), desk.ask(visitor, oversight.health)
    badge = desk.ask(visitor, oversight.badge, "accounts")
    minutes = 0 if badge.signed_at is None else int((badge.now - badge.signed_at).total_seconds() // 60)
    return Block(
        "administrator",
        table=(
            Tile(
                N_("Accounts without the second factor their role needs"),
                waits.without_factor,
                "/admin/people?which=without-factor",
            ),
            Tile(
                N_("Accounts that hold no team’s key yet"),
                waits.without_team,
                "/admin/people?which=without-team",
            ),
            Tile(N_("Invitations that lapsed"), waits.lapsed, "/admin/people?which=lapsed"),
            Tile(N_("Accounts whose undertaking is not in force"), waits.unsigned, "/admin/people?which=unsigned"),
            Tile(N_("Undertakings that end within 30 days"), waits.ending, "/admin/people?which=ending"),
            Tile(N_("Accounts idle for more than 60 days"), waits.idle, "/admin/people?which=idle"),
            Tile(N_("Minutes since the last checkpoint of the log"), minutes, "/admin/health"),
            Tile(N_("Free disk, in percent"), house.free_percent, "/admin/health", urgent=house.disk_low),
        ),
        primary=(N_("Invite a colleague"), "/admin/people/invite"),
    )


DESKS["administrator"] = today


def _health(request: Request, desk: Desk, visitor: Caller, typed: Sheet, status: int) -> Response:
    view = HealthView(desk.ask(visitor, oversight.health), desk.ask(visitor, queries.key_ages))
    return show(
        request, desk, visitor, "administration/health.html", view, here="/admin/health", sheet=typed, status=status
    )


def _invited(request: Request, desk: Desk, visitor: Caller, invited: Any) -> Response:
    return show(request, desk, visitor, "administration/invited.html", invited, here="/admin/people")


def _inviting(request: Request, desk: Desk, visitor: Caller, typed: Sheet, status: int) -> Response:
    return show(
        request, desk, visitor, "administration/invite.html", ROLES, here="/admin/people", sheet=typed, status=status
    )


def _person(
    request: Request, desk: Desk, visitor: Caller, code: str, template: str, typed: Sheet, status: int
) -> Response:
    view: Any = PersonView(desk.ask(visitor, queries.one, code), code == visitor.actor.code)
    return show(request, desk, visitor, template, view, here="/admin/people", sheet=typed, status=status)
