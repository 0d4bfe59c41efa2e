"""Files of a case: what is kept, its way, working copies; and one file input. Bytes are sealed as they arrive.

Without script a file goes whole, as a form. With it a large one goes in slices, and goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.edge import downloads
from app.edge.copies import make_copy
from app.edge.desk import Desk, TheDesk, form_of, row_id
from app.edge.headers import content_policy
from app.edge.languages import N_
from app.edge.multipart import parts
from app.edge.origin import check_csrf
from app.edge.refusals import WrongType
from app.edge.render import answer_with
from app.edge.sheets import Sheet
from app.edge.uploads import Arrived, Uploaded, go_on, keep, receive
from app.errors import NotFound, Unavailable, Unprocessable
from app.testimonies import actions, custody, queries
from app.testimonies.forms import BeginAttachment, OpenFile, TakeOut
from app.testimonies.views import CaseAccounts, Custody, FileLine
from app.web.casefile import CaseFile, Shown, case_file, case_page, open_row, prefetched
from app.web.frame import save, sheet
from app.web.session import Fields, Visitor, from_our_page, secret_of
from app.web.taking import officers_only
from app.web.visits import OPENED_MAX, opened
from app.work import Caller, Justification

MIB: Final = 1024 * 1024
# The token of the page, the key of its form, the file: in this order.
PARTS_MAX: Final = 3

router = APIRouter()


@dataclass(frozen=True)
class Files:
    """What is kept already, how large a file may be, and how much room is left.

    scans   whether this office has a virus scanner
    copies  working copies by their original
    shown   what was opened of working copies, by their row
    way     steps of files that were opened, by their row
    """

    held: CaseAccounts
    custody: Custody
    mib_max: int
    mib_left: int
    scans: bool
    copies: Mapping[UUID, FileLine]
    arrived: Mapping[UUID, int]
    shown: Mapping[UUID, Shown]
    way: Mapping[UUID, Shown]


@dataclass(frozen=True)
class OneFile:
    """A file whose way gets one more step."""

    file: FileLine
    number: int


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
            check_csrf(secret_of(request), await part.text() if part.name == "csrf" else None)
            proven = True
        elif part.name == "file" and part.filename:
            _once(uploaded)
            uploaded = await receive(desk, visitor, file.view.reference, part)
    if uploaded is None:
        missing = sheet(request).typed({}, {"file": N_("Please choose a file.")})
        return await run_in_threadpool(_page, request, desk, visitor, file, missing, 422)
    await keep(desk, visitor, uploaded)
    return RedirectResponse(f"/files/{file.view.reference}", 303)


@router.post("/files/{reference}/begin")
def begin(reference: str, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """For the page's script: begin a file that goes in slices."""
    file = _file(desk, visitor, reference)
    one = {name: values[0] for name, values in given.items() if values[0]}
    size = one.pop("size_bytes", "")
    announced: dict[str, Any] = {**one, "size_bytes": int(size) if size.isascii() and size.isdigit() else None}
    form = form_of(BeginAttachment, announced)
    if form.fingerprint is None:
        raise Unprocessable("A file that arrives in several goes needs a fingerprint.")
    begun = desk.do(visitor, actions.begin_attachment, form, subject=file.view.reference)
    return answer_with(Arrived(begun.id, "INCOMING", 0, form.size_bytes or 0), 201)


@router.get("/files/{reference}/slices/{row}")
def arrived(reference: str, row: str, desk: TheDesk, visitor: Visitor) -> Response:
    """For the page's script: how much of a file has arrived."""
    line = _line(desk, visitor, _file(desk, visitor, reference), row)
    return answer_with(Arrived(line.id, line.state, desk.files.arrived(line.id), line.size_bytes or 0))


@router.put("/files/{reference}/slices/{row}")
async def more(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """For the page's script: the bytes that follow. Its token comes in a header, since the body is the file."""
    from_our_page(request, desk)
    check_csrf(secret_of(request), request.headers.get("x-csrf"))
    if request.headers.getlist("content-type") != [downloads.OPAQUE]:
        raise WrongType
    file = await run_in_threadpool(_file, desk, visitor, reference)
    line = await run_in_threadpool(_line, desk, visitor, file, row)
    start, fingerprint = request.headers.get("upload-offset", ""), request.headers.get("upload-fingerprint", "")
    if not (start.isascii() and start.isdigit() and len(start) <= 13):
        raise Unprocessable("Say in Upload-Offset where the bytes belong.")
    return answer_with(await go_on(desk, visitor, line.id, fingerprint, int(start), request))


@router.post("/files/{reference}/{row}/copy")
def copy(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Have a working copy made, for the reason of the visit that is under way."""
    file = _file(desk, visitor, reference)
    line, form = _line(desk, visitor, file, row), _reason(file)
    if form is None:
        return _way_in(file)
    try:
        make_copy(desk, visitor, line.id, form)
    except Unavailable as later:
        again = sheet(request).typed({}, {"": later.sentence})
        return _page(request, desk, visitor, file, again, later.status)
    return RedirectResponse(f"/files/{file.view.reference}#{line.id}", 303)


@router.post("/files/{reference}/{row}/download")
def download(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    """Take a file out: always a download, under a made-up name."""
    file = _file(desk, visitor, reference)
    line, form = _line(desk, visitor, file, row), _reason(file)
    if form is None:
        return _way_in(file)
    ticked = {name: "yes" in given.get(name, ()) for name in ("although_flagged", "although_unscanned")}
    unlooked = line.scanned == "HELD" or (line.scanned == "UNSCANNED" and desk.scanner is not None)
    missing = {}
    if line.scanned == "FLAGGED" and not ticked["although_flagged"]:
        missing["although_flagged"] = N_("Please confirm that you want the flagged file.")
    elif unlooked and not ticked["although_unscanned"]:
        missing["although_unscanned"] = N_("Please confirm that you want the file although nobody found it clean.")
    if missing:
        return _page(request, desk, visitor, file, sheet(request).typed({}, missing), 422)
    wanted = TakeOut(**form.model_dump(), **ticked)
    return downloads.download(desk, request, desk.do(visitor, actions.download, wanted, subject=line.id))


@router.get("/files/{reference}/{row}/look")
def look(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """A working copy in its page: a picture, or a recording that is played part by part."""
    file = _file(desk, visitor, reference)
    line, form = _line(desk, visitor, file, row), _reason(file)
    if form is None or prefetched(request):
        raise NotFound
    return downloads.shown(desk, request, desk.do(visitor, custody.preview, form, subject=line.id))


@router.get("/files/{reference}/{row}/custody")
def step_page(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor) -> Response:
    """The page on which a step outside the office is recorded."""
    return _step(request, desk, visitor, reference, row, sheet(request), 200)


@router.post("/files/{reference}/{row}/custody")
def step(reference: str, row: str, request: Request, desk: TheDesk, visitor: Visitor, given: Fields) -> Response:
    file = _file(desk, visitor, reference)
    line = _line(desk, visitor, file, row)
    return save(
        request, desk, visitor, given, custody.record_custody, subject=line.id,
        then=f"/files/{file.view.reference}#{line.id}",
        again=lambda filled, status: _step(request, desk, visitor, reference, row, filled, status),
    )  # fmt: skip


def _once(uploaded: Uploaded | None) -> None:
    if uploaded is not None:
        raise Unprocessable("Send one file.")


def _file(desk: Desk, visitor: Caller, reference: str) -> CaseFile:
    officers_only(visitor)
    file = case_file(desk, visitor, reference)
    if not file.has("testimony"):
        raise NotFound
    return file


def _line(desk: Desk, visitor: Caller, file: CaseFile, row: str) -> FileLine:
    """A file of this very case; NotFound for one of another."""
    wanted = row_id(row)
    held: CaseAccounts = desk.ask(visitor, queries.of_case, file.view.reference)
    found = next((line for line in held.files if line.id == wanted), None)
    if found is None:
        raise NotFound
    return found


def _reason(file: CaseFile) -> OpenFile | None:
    visit = file.visit
    if visit is None:
        return None
    return OpenFile(justification=Justification(visit.justification), cites=visit.cites, visit=visit.id)


def _way_in(file: CaseFile) -> Response:
    return RedirectResponse(f"/cases/{file.view.reference}/open?tab=testimony", 303)


def _page(request: Request, desk: Desk, visitor: Caller, file: CaseFile, form: Sheet, status: int) -> Response:
    held = desk.ask(visitor, queries.of_case, file.view.reference)
    way: Custody = desk.ask(visitor, queries.custody, file.view.reference)
    view = Files(
        held=held, custody=way, mib_max=desk.files.bytes_max // MIB,
        mib_left=max(0, way.room_bytes - way.taken_bytes) // MIB, scans=desk.scanner is not None,
        copies={line.copy_of: line for line in held.files if line.copy_of and line.state in {"KEPT", "NONE"}},
        arrived={line.id: desk.files.arrived(line.id) for line in held.files if line.resumes},
        shown=_copies_shown(request, desk, visitor, file, held),
        way={shown.record.id: shown for shown in opened(request, desk, visitor, file, "custody_events")},
    )  # fmt: skip
    answer = case_page(request, desk, visitor, file, "intake/files.html", "testimony", view, sheet=form, status=status)
    assert isinstance(answer, HTMLResponse)
    answer.headers["Content-Security-Policy"] = content_policy("staff", "media-src 'self'")
    return answer


def _copies_shown(
    request: Request, desk: Desk, visitor: Caller, file: CaseFile, held: CaseAccounts
) -> dict[UUID, Shown]:
    """What the newest working copies say of themselves, under the visit."""
    copies = {line.id for line in held.files if line.copy_of and line.state in {"KEPT", "NONE"}}
    newest = sorted((each for each in file.records("attachments") if each.id in copies), key=lambda each: each.id)
    if file.visit is None or prefetched(request):
        return {}
    return {each.id: open_row(desk, visitor, each, file.visit) for each in newest[-OPENED_MAX:]}


def _step(
    request: Request, desk: Desk, visitor: Caller, reference: str, row: str, filled: Sheet, status: int
) -> Response:
    file = _file(desk, visitor, reference)
    line = _line(desk, visitor, file, row)
    view, template = OneFile(line, line.number), "intake/custody.html"
    return case_page(request, desk, visitor, file, template, "testimony", view, sheet=filled, status=status)
