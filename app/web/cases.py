"""My cases, and of one case what needs no visit: overview, who looked, who holds keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.accounts import queries as accounts
from app.accounts.views import Colleague
from app.cases import actions, queries
from app.cases import timeline as timelines
from app.cases.timeline import Due, Event
from app.cases.views import CaseLine, Look
from app.edge.desk import Desk, TheDesk, page_number
from app.edge.languages import N_
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.pseudonyms import references
from app.web.casefile import case_file, case_page
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.work import Caller

router = APIRouter()

# Entries of one page of who looked, and the one that comes many times in a row.
PAGE: Final = 50
SAVES: Final = "draft.save"

NONE_SUCH: Final = N_("None of your cases has this reference. Check each sign.")


@dataclass(frozen=True)
class MyCases:
    """A page of my list."""

    lines: tuple[CaseLine, ...]
    count: int
    number: int


@dataclass(frozen=True)
class Looks:
    looks: tuple[Look, ...]
    number: int
    more: bool = False


@dataclass(frozen=True)
class Happened:
    """An event, and how many just like it came before it without anything else between."""

    event: Event
    first: int
    runs: int = 1


@dataclass(frozen=True)
class History:
    due: tuple[Due, ...]
    events: tuple[Happened, ...]
    number: int
    more: bool


@dataclass(frozen=True)
class Keys:
    """Who could be given a key, besides who holds one."""

    colleagues: tuple[Colleague, ...]


def folded(looks: tuple[Look, ...]) -> tuple[Look, ...]:
    """Entries as they are read: a page that saved while somebody typed is one line, however often it did.

    In the log each of them stands by itself; this is for the eye.
    """
    shown: list[Look] = []
    for look in looks:
        last = shown[-1] if shown else None
        alike = last is not None and (last.roles, last.outcome) == (look.roles, look.outcome)
        if last is not None and alike and last.action == look.action == SAVES:
            shown[-1] = replace(last, runs=last.runs + 1)
        else:
            shown.append(look)
    return tuple(shown)


def in_runs(events: tuple[Event, ...]) -> tuple[Happened, ...]:
    """Events as they are read: twelve passages that one role opened in a row are one line."""
    shown: list[Happened] = []
    for event in events:
        last = shown[-1] if shown else None
        alike = last is not None and _told(last.event) == _told(event)
        if last is not None and alike:
            shown[-1] = Happened(last.event, event.seq, last.runs + 1)
        else:
            shown.append(Happened(event, event.seq))
    return tuple(shown)


def _told(event: Event) -> tuple[object, ...]:
    return event.action, event.roles, event.state, event.at[:10]


@router.get("/cases")
def cases(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """My own cases, mute; or straight to the one whose reference was typed."""
    number = page_number(request.query_params.get("page"))
    view = MyCases(desk.ask(visitor, queries.cases, number), desk.ask(visitor, queries.count), number)
    return show(request, desk, visitor, "case/list.html", view, here="/cases", sheet=sheet(request))


@router.post("/cases")
def find(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Go to a case by its reference, however it is typed. Not mine and never drawn get one answer."""
    typed = next(iter(given.get("reference", ())), "")
    try:
        found = case_file(desk, visitor, typed.strip()).view.reference
    except NotFound as refusal:
        view = MyCases(desk.ask(visitor, queries.cases, 0), desk.ask(visitor, queries.count), 0)
        filled = sheet(request).typed(given, {"reference": NONE_SUCH})
        return show(request, desk, visitor, "case/list.html", view, here="/cases", sheet=filled, status=refusal.status)
    return RedirectResponse(f"/cases/{found}", 303)


@router.get("/cases/{reference}")
def overview(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """States, dates, what is recorded by name, who looked last."""
    file = case_file(desk, visitor, reference)
    latest = folded(desk.ask(visitor, queries.looked, file.view.reference, 0))[:5]
    return case_page(request, desk, visitor, file, "case/overview.html", "", Looks(latest, 0))


@router.get("/cases/{reference}/looked")
def looked(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Who looked, in codes: operation, role, reason, when. Never a name."""
    file = case_file(desk, visitor, reference)
    number = page_number(request.query_params.get("page"))
    looks = desk.ask(visitor, queries.looked, file.view.reference, number)
    view = Looks(folded(looks), number, len(looks) == PAGE)
    return case_page(request, desk, visitor, file, "case/looked.html", "looked", view)


@router.get("/cases/{reference}/timeline")
def timeline(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What falls due and what was done, in codes."""
    file = case_file(desk, visitor, reference)
    number = page_number(request.query_params.get("page"))
    told = desk.ask(visitor, timelines.timeline, file.view.reference, number)
    view = History(told.due, in_runs(told.events), number, told.more)
    return case_page(request, desk, visitor, file, "case/timeline.html", "timeline", view)


@router.get("/cases/{reference}/keys")
def keys(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Who holds which compartment, until when."""
    return _keys(request, desk, visitor, reference, sheet(request))


@router.post("/cases/{reference}/keys/hand-over")
def hand_over(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    return _save(request, desk, visitor, reference, given, actions.hand_over)


@router.post("/cases/{reference}/keys/give")
def give(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    return _save(request, desk, visitor, reference, given, actions.give)


@router.post("/cases/{reference}/keys/take")
def take(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    return _save(request, desk, visitor, reference, given, actions.revoke)


@router.post("/cases/{reference}/keys/came-out")
def came_out(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    return _save(request, desk, visitor, reference, given, actions.came_out)


def _save(
    request: Request, desk: Desk, visitor: Caller, reference: str, given: Fields, action: Any
) -> Response:  # fmt: skip
    address = references.read(reference)
    return save(
        request, desk, visitor, given, action, subject=address, then=f"/cases/{address}/keys",
        again=lambda sheet, status: _keys(request, desk, visitor, reference, sheet, status),
        step=(action, address),
    )  # fmt: skip


def _keys(
    request: Request, desk: Desk, visitor: Caller, reference: str, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    file = case_file(desk, visitor, reference)
    # Nobody gives a key to themself.
    body = Keys(desk.ask(visitor, accounts.at_work))
    return case_page(request, desk, visitor, file, "case/keys.html", "keys", body, sheet=filled, status=status)
