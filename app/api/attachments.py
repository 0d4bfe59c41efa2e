"""Files in and out: sealed while they stream, opened only after their entry is committed."""

from __future__ import annotations

from itertools import chain

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from app.edge.desk import Body, Desk, SignedIn, TheDesk, form_of, row_id
from app.edge.headers import content_policy
from app.edge.multipart import Part, parts
from app.edge.render import answer_with
from app.edge.sealing import seal_part
from app.errors import Unprocessable
from app.pseudonyms import references
from app.testimonies import actions
from app.testimonies.forms import BeginAttachment, FinishAttachment, OpenFile
from app.testimonies.views import FileBegun, FileOpened
from app.work import Caller

router = APIRouter()


@router.post("/api/cases/{reference}/attachments", status_code=201)
async def upload(reference: str, request: Request, desk: TheDesk, caller: SignedIn) -> Response:
    """Send one file as multipart/form-data. It is sealed in pieces before anything is written."""
    subject = references.read(reference)
    done: tuple[FileBegun, FinishAttachment] | None = None
    async for part in parts(request, parts_max=1):
        if part.filename is None:
            raise Unprocessable("Send one file.")
        begun = await run_in_threadpool(desk.do, caller, actions.begin_attachment, BeginAttachment(), subject=subject)
        done = begun, await _sealed(desk, part, begun)
    # Only here has the body ended as it should: what was cut short is not kept (A14).
    if done is None:
        raise Unprocessable("Send one file.")
    begun, form = done
    return answer_with(await run_in_threadpool(_finish, desk, caller, form, begun.id), 201)


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


async def _sealed(desk: Desk, part: Part, begun: FileBegun) -> FinishAttachment:
    kept = await seal_part(desk.files, part, begun.key.raw())
    return FinishAttachment(
        blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256,
        file_name=part.filename, media_type=part.content_type,
    )  # fmt: skip


def _finish(desk: Desk, caller: Caller, form: FinishAttachment, row: object) -> object:
    return desk.do(caller, actions.finish_attachment, form, subject=row)
