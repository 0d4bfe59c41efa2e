"""The register of interpreters, by code; and what a witness has told elsewhere before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.testimonies import queries, sessions
from app.testimonies.views import InterpreterLine
from app.web.casefile import case_file, case_page
from app.web.frame import save, sheet, show
from app.web.session import Fields, Visitor
from app.web.taking import HERE, officers_only
from app.work import Caller

router = APIRouter()


@dataclass(frozen=True)
class Register:
    """One page of the register, mute: who is bound until when."""

    lines: tuple[InterpreterLine, ...]
    page: int
    more: bool


@router.get("/interpreters")
def register(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Who may interpret, by code; what else is known is shown where one is chosen for an account."""
    return _register(request, desk, visitor, sheet(request))


@router.get("/interpreters/new")
def new_page(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    officers_only(visitor)
    return show(request, desk, visitor, "intake/interpreter_new.html", here=HERE, sheet=sheet(request))


@router.post("/interpreters/new")
def new(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Enter somebody in the register; a code is drawn."""
    officers_only(visitor)

    def again(typed: Sheet, status: int) -> Response:
        return show(request, desk, visitor, "intake/interpreter_new.html", here=HERE, sheet=typed, status=status)

    return save(request, desk, visitor, given, sessions.register, then="/interpreters", again=again)


@router.post("/interpreters/{row}/undertaking")
def undertaking(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Note until when somebody is bound."""
    officers_only(visitor)
    return save(
        request, desk, visitor, given, sessions.undertake, subject=row_id(row), then="/interpreters",
        again=lambda typed, status: _register(request, desk, visitor, typed, status),
    )  # fmt: skip


@router.get("/cases/{reference}/told-before")
def prior_page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """To whom the witness has told it, when, and whether they were warned first."""
    return _prior(request, desk, visitor, reference, sheet(request))


@router.post("/cases/{reference}/told-before")
def prior(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    officers_only(visitor)
    file = case_file(desk, visitor, reference)
    return save(
        request, desk, visitor, given, sessions.record_prior, subject=file.view.reference, shape=_country,
        then=f"/cases/{file.view.reference}/testimony",
        again=lambda typed, status: _prior(request, desk, visitor, reference, typed, status),
    )  # fmt: skip


def _country(fields: dict[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    return fields | {"jurisdiction": [value.strip().upper() for value in fields.get("jurisdiction", ())]}


def _prior(
    request: Request, desk: Desk, visitor: Caller, reference: str, form: Sheet, status: int = 200
) -> Response:  # fmt: skip
    officers_only(visitor)
    file = case_file(desk, visitor, reference)
    if not file.has("testimony"):
        raise NotFound
    return case_page(request, desk, visitor, file, "intake/told_before.html", "testimony", sheet=form, status=status)


def _register(request: Request, desk: Desk, visitor: Caller, form: Sheet, status: int = 200) -> Response:
    officers_only(visitor)
    number = page_number(request.query_params.get("page"))
    lines = desk.ask(visitor, queries.interpreters, number)
    view = Register(lines, number, len(lines) == queries.PAGE)
    return show(request, desk, visitor, "intake/interpreters.html", view, here=HERE, sheet=form, status=status)
