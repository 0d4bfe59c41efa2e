"""Files of a case: a page of its own with one file input. The bytes are sealed as they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from app.edge.desk import Desk, TheDesk
from app.edge.languages import N_
from app.edge.multipart import parts
from app.edge.origin import check_csrf
from app.edge.sheets import Sheet
from app.edge.uploads import Uploaded, keep, receive
from app.errors import NotFound, Unprocessable
from app.testimonies import queries
from app.testimonies.views import CaseAccounts
from app.web.casefile import CaseFile, case_file, case_page
from app.web.frame import sheet
from app.web.session import Visitor, from_our_page, token_of
from app.web.taking import officers_only
from app.work import Caller

# The token of the page, the key of its form, the file: in this order.
PARTS_MAX: Final = 3

router = APIRouter()


@dataclass(frozen=True)
class Files:
    """What is kept already, and how large a file may be."""

    held: CaseAccounts
    mib_max: int


@router.get("/files/{reference}")
def page(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """One file at a time; several rounds."""
    return _page(request, desk, visitor, _file(desk, visitor, reference), sheet(request), 200)


@router.post("/files/{reference}")
async def upload(reference: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """Keep one file. The page's token comes before the bytes: nothing is sealed for somebody else's page."""
    from_our_page(request, desk)
    file = await run_in_threadpool(_file, desk, visitor, reference)
    proven, uploaded = False, None
    async for part in parts(request, parts_max=PARTS_MAX):
        if not proven:
            check_csrf(token_of(request).encode(), await part.text() if part.name == "csrf" else None)
            proven = True
        elif part.name == "file" and part.filename:
            _once(uploaded)
            uploaded = await receive(desk, visitor, file.view.reference, part)
    if uploaded is None:
        missing = sheet(request).typed({}, {"file": N_("Please choose a file.")})
        return await run_in_threadpool(_page, request, desk, visitor, file, missing, 422)
    await keep(desk, visitor, uploaded)
    return RedirectResponse(f"/files/{file.view.reference}", 303)


def _once(uploaded: Uploaded | None) -> None:
    if uploaded is not None:
        raise Unprocessable("Send one file.")


def _file(desk: Desk, visitor: Caller, reference: str) -> CaseFile:
    officers_only(visitor)
    file = case_file(desk, visitor, reference)
    if not file.has("testimony"):
        raise NotFound
    return file


def _page(request: Request, desk: Desk, visitor: Caller, file: CaseFile, form: Sheet, status: int) -> Response:
    held = desk.ask(visitor, queries.of_case, file.view.reference)
    view = Files(held, desk.files.bytes_max // (1024 * 1024))
    return case_page(request, desk, visitor, file, "intake/files.html", "testimony", view, sheet=form, status=status)
