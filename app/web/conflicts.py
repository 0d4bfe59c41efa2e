"""A conflict of interest on its pages: declared on the case, lifted by a lead, listed for auditors. Never why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.accounts import queries as accounts
from app.accounts.views import Colleague
from app.cases import conflicts
from app.cases.conflicts import ConflictLine
from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.pseudonyms import references
from app.web.casefile import case_file, case_page
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.work import Caller

router = APIRouter()
MYSELF: Final = "-"


@dataclass(frozen=True)
class Body:
    """What stands, and whom a lead may declare it of."""

    lines: tuple[ConflictLine, ...]
    colleagues: tuple[Colleague, ...]


@dataclass(frozen=True)
class Listed:
    lines: tuple[ConflictLine, ...]
    number: int


@router.get("/cases/{reference}/conflict")
def page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What declaring one does; for a lead, what was declared."""
    return _page(request, desk, visitor, reference, sheet(request), 200)


@router.post("/cases/{reference}/conflict")
def declare(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Close the case to oneself or, as a lead, to a colleague."""
    address = references.read(reference)
    # Whoever declared their own has no such case any more.
    mine = next(iter(given.get("about", ())), "") in {"", MYSELF}
    return save(
        request, desk, visitor, given, conflicts.declare, subject=address,
        then="/cases" if mine else f"/cases/{address}/conflict",
        shape=lambda fields: {name: values for name, values in fields.items() if name != "about" or not mine},
        again=lambda typed, status: _page(request, desk, visitor, reference, typed, status),
    )  # fmt: skip


@router.post("/cases/{reference}/conflict/{row}/lift")
def lift(
    reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields
) -> Response:  # fmt: skip
    """Let somebody work with the case again."""
    address, key = references.read(reference), row_id(row)
    return save(
        request, desk, visitor, given, conflicts.lift, subject=key, then=f"/cases/{address}/conflict",
        again=lambda typed, status: _page(request, desk, visitor, reference, typed, status),
        step=(conflicts.lift, key),
    )  # fmt: skip


@router.get("/audit/conflicts")
def listed(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """All that were declared, in codes, for auditors."""
    if "auditor" not in visitor.actor.roles:
        raise NotFound
    number = page_number(request.query_params.get("page"))
    view = Listed(desk.ask(visitor, conflicts.conflicts, number), number)
    return show(request, desk, visitor, "oversight/conflicts.html", view, here="/audit")


def _page(request: Request, desk: Desk, visitor: Caller, reference: str, typed: Sheet, status: int) -> Response:
    file = case_file(desk, visitor, reference)
    # Only a lead says it of somebody else.
    others = desk.ask(visitor, accounts.at_work) if visitor.actor.leads else ()
    body = Body(desk.ask(visitor, conflicts.of_case, file.view.reference), others)
    return case_page(request, desk, visitor, file, "case/conflict.html", "keys", body, sheet=typed, status=status)
