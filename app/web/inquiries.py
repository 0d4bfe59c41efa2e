"""An auditor asks a colleague about their entries; whoever is asked sees their own entries and answers in codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk, page_number, row_id
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.oversight import actions as oversight
from app.oversight import inquiries, queries
from app.oversight.forms import AskLog
from app.oversight.views import Badge, InquiryLine, Mine
from app.web.frame import save, sheet, show
from app.web.oversight import Line, entry_shown, line_of
from app.web.session import Fields, Visitor
from app.work import Action, Caller

router = APIRouter()

# What an auditor does with an inquiry, each a form on its page.
STEPS: Final[Mapping[str, Action]] = {
    "pick": inquiries.pick, "ask": inquiries.ask_them, "close": inquiries.close,
}  # fmt: skip


@dataclass(frozen=True)
class Listed:
    """Inquiries, a page of them."""

    lines: tuple[InquiryLine, ...]
    number: int


@dataclass(frozen=True)
class One:
    """An inquiry with the entries it is about, and the checkpoint that a report names."""

    line: InquiryLine
    entries: tuple[Line, ...]
    badge: Badge


@dataclass(frozen=True)
class AskedOfMe:
    """What I am asked: the question, and my own entries it is about."""

    line: InquiryLine
    entries: tuple[Mine, ...]


@router.get("/audit/inquiries")
def listed(request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """All that stand, those that wait longest first, and then those that are closed."""
    desk.ask(visitor, queries.badge, "log")
    number = page_number(request.query_params.get("page"))
    view = Listed(desk.ask(visitor, inquiries.inquiries, number), number)
    return show(request, desk, visitor, "oversight/inquiries.html", view, here="/audit/inquiries")


@router.post("/audit/inquiries")
def begun(request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Begin one about whoever made an entry."""
    number, code = (next(iter(given.get(name, ())), "") for name in ("number", "user"))
    return save(
        request, desk, visitor, {name: values for name, values in given.items() if name not in {"number", "user"}},
        inquiries.open_inquiry, subject=code, then=lambda made: f"/audit/inquiries/{made['id']}",
        again=lambda filled, status: entry_shown(number, request, desk, visitor, filled, status),
    )  # fmt: skip


@router.get("/audit/inquiries/{row}")
def one(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One of them: what it is about, how it stands, what can be done."""
    return _one(request, desk, visitor, row, sheet(request))


@router.get("/audit/inquiries/{row}/report")
def report(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The whole of it on a sheet: what was asked, answered and found, and up to which checkpoint it can be checked."""
    return _one(request, desk, visitor, row, sheet(request), template="oversight/inquiry_report.html")


@router.post("/audit/inquiries/{row}/{step}")
def stepped(row: str, step: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Add an entry, ask, or close."""
    if step not in STEPS:
        raise NotFound
    return save(
        request, desk, visitor, given, STEPS[step], subject=row_id(row), then=f"/audit/inquiries/{row_id(row)}",
        again=lambda filled, status: _one(request, desk, visitor, row, filled, status),
    )  # fmt: skip


@router.get("/inquiries/{row}")
def asked(row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What I am asked about my own entries."""
    return _asked(request, desk, visitor, row, sheet(request))


@router.post("/inquiries/{row}")
def answered(row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Answer it."""
    given = {**given, "vouched_by": [each.strip() for each in given.get("vouched_by", [])]}
    return save(
        request, desk, visitor, given, inquiries.answer, subject=row_id(row), then=f"/inquiries/{row_id(row)}",
        again=lambda filled, status: _asked(request, desk, visitor, row, filled, status),
    )  # fmt: skip


def _one(
    request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet, status: int = 200,
    template: str = "oversight/inquiry.html",
) -> Response:  # fmt: skip
    badge = desk.ask(visitor, queries.badge, "log")
    line: InquiryLine = desk.ask(visitor, inquiries.show, row_id(row))
    if line.mine:
        raise NotFound
    found = desk.do(visitor, oversight.ask, AskLog(inquiry=line.id)).entries
    view = One(line, tuple(line_of(entry) for entry in found), badge)
    return show(request, desk, visitor, template, view, here="/audit/inquiries", sheet=filled, status=status)


def _asked(
    request: Request, desk: Desk, visitor: Caller, row: str, filled: Sheet, status: int = 200
) -> Response:  # fmt: skip
    line: InquiryLine = desk.ask(visitor, inquiries.show, row_id(row))
    view = AskedOfMe(line, desk.ask(visitor, inquiries.entries, line.id))
    return show(request, desk, visitor, "oversight/asked.html", view, here="/today", sheet=filled, status=status)
