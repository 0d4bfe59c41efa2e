"""What is claimed in a case: side by side with its sources, and the form on which a claim is added."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.cases.views import RecordLine
from app.edge.desk import Desk, TheDesk
from app.edge.sheets import Sheet
from app.testimonies import claims
from app.testimonies.claims import ClaimsRead, ReadClaims
from app.web.casefile import CaseFile, Shown, case_page, open_row, prefetched, read_under, tab_file
from app.web.frame import save, sheet
from app.web.session import Fields, Visitor
from app.work import Caller

TAB: Final = "claimed"

router = APIRouter()


@dataclass(frozen=True)
class Numbers:
    """What rows of the case are called on a page: a passage by account and number, the rest in their order."""

    passages: Mapping[str, tuple[int, str]]
    priors: Mapping[str, int]
    files: Mapping[str, int]


@dataclass(frozen=True)
class Claimed:
    """The claims of a case: mute, or read; or the sentence why they are not read.

    shown  claims that a reveal of their own opened, by their row
    """

    claims: tuple[RecordLine, ...]
    numbers: Numbers
    writes: bool
    read: ClaimsRead | None = None
    refusal: str = ""
    rule: str = ""
    shown: Mapping[UUID, Shown] = field(default_factory=dict)


@router.get("/cases/{reference}/claimed")
def tab(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """What is claimed, by which sources, how sure it is. Reading it is one entry that names every row."""
    file = tab_file(desk, visitor, reference, TAB)
    view = _read(desk, visitor, file) if not prefetched(request) else _mute(file)
    return case_page(request, desk, visitor, file, "intake/claimed.html", TAB, view)


@router.get("/cases/{reference}/claimed/add")
def add_page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """A claim, or one that stands beside another."""
    told = {name: request.query_params[name] for name in ("beside", "segment") if name in request.query_params}
    return _form(request, desk, visitor, reference)(sheet(request, **told), 200)


@router.post("/cases/{reference}/claimed/add")
def add(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Keep it. What it stands beside stays as it was."""
    file = tab_file(desk, visitor, reference, TAB)
    return save(
        request, desk, visitor, given, claims.add, subject=file.view.reference,
        then=f"/cases/{file.view.reference}/{TAB}", again=_form(request, desk, visitor, reference),
    )  # fmt: skip


def _form(request: Request, desk: Desk, visitor: Caller, reference: str) -> Callable[[Sheet, int], Response]:
    file = tab_file(desk, visitor, reference, TAB)

    def again(filled: Sheet, status: int) -> Response:
        return case_page(
            request, desk, visitor, file, "intake/claim_add.html", TAB, _numbers(file), sheet=filled, status=status
        )

    return again


def _mute(file: CaseFile) -> Claimed:
    return Claimed(file.records("claims"), _numbers(file), file.view.state == "OPEN")


def _read(desk: Desk, visitor: Caller, file: CaseFile) -> Claimed:
    """The claims under the visit that is under way, and those that a reveal of their own shows."""
    mute = _mute(file)
    shown = {
        each.id: open_row(desk, visitor, each, file.reveals[each.id]) for each in mute.claims if each.id in file.reveals
    }
    accounts = file.records("testimonies")
    if file.visit is None or not accounts or not mute.claims:
        return replace(mute, shown=shown)
    read = read_under(desk, visitor, file.visit, claims.read_claims, ReadClaims, subject=accounts[-1].id)
    return replace(mute, read=read.view, refusal=read.refusal, rule=read.rule, shown=shown)


def _numbers(file: CaseFile) -> Numbers:
    """By the row's id as a form sends it."""
    accounts = {str(each.id): number for number, each in enumerate(file.records("testimonies"), 1)}
    passages = {
        str(each.id): (accounts[each.clear["testimony_id"]], each.clear["number"]) for each in file.records("segments")
    }
    priors, files = file.records("prior_accounts"), file.records("attachments")
    return Numbers(
        passages,
        {str(each.id): number for number, each in enumerate(priors, 1)},
        {str(each.id): number for number, each in enumerate(files, 1)},
    )
