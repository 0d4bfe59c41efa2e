"""Files in and out: sealed while they stream, opened only after their entry is committed."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from app.edge import downloads
from app.edge.copies import make_copy
from app.edge.desk import Body, SignedIn, TheDesk, described, form_of, row_id
from app.edge.multipart import parts
from app.edge.refusals import WrongType
from app.edge.render import answer_with
from app.edge.uploads import Arrived, Uploaded, go_on, keep, receive
from app.errors import Unprocessable
from app.pseudonyms import references
from app.testimonies import actions, custody, queries
from app.testimonies.forms import BeginAttachment, OpenFile, TakeOut

router = APIRouter()


@router.post("/api/cases/{reference}/attachments", status_code=201)
async def upload(reference: str, request: Request, desk: TheDesk, caller: SignedIn) -> Response:
    """Send one file as multipart/form-data. It is sealed in pieces before anything is written."""
    subject = references.read(reference)
    uploaded: Uploaded | None = None
    async for part in parts(request, parts_max=1):
        if part.filename is None:
            raise Unprocessable("Send one file.")
        uploaded = await receive(desk, caller, subject, part)
    # Only here has the body ended as it should: what was cut short is not kept (A14).
    if uploaded is None:
        raise Unprocessable("Send one file.")
    return answer_with(await keep(desk, caller, uploaded), 201)


@router.post("/api/cases/{reference}/uploads", status_code=201, openapi_extra=described(BeginAttachment))
def begin(reference: str, desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Begin a file that may arrive in several goes: its size, and a fingerprint by which its sender knows it again."""
    form = form_of(BeginAttachment, body)
    if form.fingerprint is None:
        raise Unprocessable("A file that arrives in several goes needs a fingerprint.")
    begun = desk.do(caller, actions.begin_attachment, form, subject=references.read(reference))
    return answer_with(Arrived(begun.id, "INCOMING", 0, form.size_bytes or 0), 201)


@router.get("/api/uploads/{row}")
def arrived(row: str, desk: TheDesk, caller: SignedIn) -> Response:
    """How much of a file has arrived."""
    file = desk.ask(caller, queries.file, row_id(row))
    here = desk.files.arrived(file.id) if file.state == "INCOMING" else file.size_bytes or 0
    return answer_with(Arrived(file.id, file.state, here, file.size_bytes or 0))


@router.put("/api/uploads/{row}")
async def more(row: str, request: Request, desk: TheDesk, caller: SignedIn) -> Response:
    """The bytes that follow, as application/octet-stream, from Upload-Offset on. The last one ends the upload."""
    kinds = request.headers.getlist("content-type")
    start, fingerprint = request.headers.get("upload-offset", ""), request.headers.get("upload-fingerprint", "")
    if kinds != [downloads.OPAQUE]:
        raise WrongType
    if not (start.isascii() and start.isdigit() and len(start) <= 13):
        raise Unprocessable("Say in Upload-Offset where the bytes belong.")
    file = await go_on(desk, caller, row_id(row), fingerprint, int(start), request)
    return answer_with(file, 201 if file.state == "KEPT" else 200)


@router.post("/api/attachments/{row}/working-copy", status_code=201, openapi_extra=described(OpenFile))
async def copy(row: str, desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Make a working copy without what the file says beside its content."""
    made = await run_in_threadpool(make_copy, desk, caller, row_id(row), form_of(OpenFile, body))
    return answer_with(made, 201)


@router.post("/api/attachments/{row}/download", openapi_extra=described(TakeOut))
def download(row: str, request: Request, desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Open an original or a copy. Always an opaque download under a made-up name, never shown by a browser.

    A Range of one part is answered with that part alone (206); each answer has an entry of its own.
    """
    opened = desk.do(caller, actions.download, form_of(TakeOut, body), subject=row_id(row))
    return downloads.download(desk, request, opened)


@router.post("/api/attachments/{row}/preview", openapi_extra=described(OpenFile))
def preview(row: str, request: Request, desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Look at a working copy, or listen to it."""
    opened = desk.do(caller, custody.preview, form_of(OpenFile, body), subject=row_id(row))
    return downloads.shown(desk, request, opened)
