"""People, units and places that the accounts of a case speak of, as chips."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.edge.desk import Desk, TheDesk
from app.edge.sheets import Sheet
from app.errors import NotFound
from app.testimonies import mentions
from app.testimonies.forms import ReadAccount
from app.testimonies.views import Chips
from app.web.casefile import Read, case_file, case_page, prefetched, read_under
from app.web.frame import save, sheet
from app.web.session import Fields, Visitor
from app.web.taking import officers_only
from app.work import Action, Caller

router = APIRouter()


@dataclass(frozen=True)
class Spoken:
    """Chips, opened while a reason holds; mute otherwise, each chip with how often it is named.

    passages  number of each passage, by row
    """

    mute: tuple[tuple[str, int], ...]
    passages: dict[UUID, str]
    read: Chips | None = None
    refusal: str = ""
    takes: bool = False


@router.get("/cases/{reference}/mentions")
def page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Whom and what the accounts of a case speak of. One entry for all of it."""
    return _page(request, desk, visitor, reference, sheet(request))


@router.post("/cases/{reference}/mentions")
def record(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Name somebody or something in a passage."""
    return _save(request, desk, visitor, reference, given, mentions.record)


@router.post("/cases/{reference}/mentions/tie")
def tie(reference: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Say that a chip is one of another case of mine."""
    return _save(request, desk, visitor, reference, given, mentions.tie)


def _save(
    request: Request, desk: Desk, visitor: Caller, reference: str, given: Fields, action: Action
) -> Response:  # fmt: skip
    officers_only(visitor)
    address = case_file(desk, visitor, reference).view.reference
    return save(
        request, desk, visitor, given, action, subject=address, then=f"/cases/{address}/mentions",
        again=lambda typed, status: _page(request, desk, visitor, reference, typed, status),
    )  # fmt: skip


def _page(
    request: Request, desk: Desk, visitor: Caller, reference: str, form: Sheet, status: int = 200
) -> Response:  # fmt: skip
    file = case_file(desk, visitor, reference)
    if not file.has("testimony"):
        raise NotFound
    names = file.records("mentions")
    named = [record.clear["chip"] for record in names]
    read = Read()
    if names and file.visit is not None and not prefetched(request):
        read = read_under(desk, visitor, file.visit, mentions.read, ReadAccount, subject=names[0].id)
    body = Spoken(
        mute=tuple((chip, named.count(chip)) for chip in dict.fromkeys(named)),
        passages={record.id: record.clear["number"] for record in file.records("segments")},
        read=read.view, refusal=read.refusal,
        takes="intake_officer" in visitor.actor.roles and file.view.state == "OPEN",
    )  # fmt: skip
    return case_page(request, desk, visitor, file, "intake/mentions.html", "testimony", body, sheet=form, status=status)
