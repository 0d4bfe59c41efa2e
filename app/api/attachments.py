"""Files in and out: sealed while they stream, opened only after their entry is committed."""

from __future__ import annotations

from itertools import chain

from fastapi import APIRouter, Request
from starlette.responses import Response, StreamingResponse

from app.edge.desk import Body, SignedIn, TheDesk, form_of, row_id
from app.edge.headers import content_policy
from app.edge.multipart import parts
from app.edge.render import answer_with
from app.edge.uploads import Uploaded, keep, receive
from app.errors import Unprocessable
from app.pseudonyms import references
from app.testimonies import actions
from app.testimonies.forms import OpenFile
from app.testimonies.views import FileOpened

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


@router.post("/api/attachments/{row}/download")
def download(row: str, desk: TheDesk, caller: SignedIn, body: Body) -> Response:
    """Open an original. Always an opaque download under a made-up name, never shown by a browser."""
    opened: FileOpened = desk.do(caller, actions.download, form_of(OpenFile, body), subject=row_id(row))
    content = desk.files.read(opened.blob, opened.key.raw())
    # Taken before the answer begins, so that a seal broken at its start is an alarm and not half a file.
    first = next(content, b"")
    return StreamingResponse(
        chain([first], content),
        media_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="attachment-{str(opened.id)[-12:]}.bin"',
            "Content-Length": str(opened.size_bytes),
            "Content-Security-Policy": content_policy("staff", "sandbox"),
        },
    )
