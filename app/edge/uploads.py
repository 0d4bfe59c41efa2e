"""One uploaded file of a case: a key, its bytes sealed as they come, and only then what is known of it.

One go is in two halves, because a body has ended as it should only after its last part: what was cut
short is never kept. In several goes, what is kept is whole pieces (``app.work.files``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from app.edge.copies import look
from app.edge.desk import Desk, form_of
from app.edge.multipart import Part
from app.edge.sealing import seal_part
from app.errors import Conflict, TooLarge
from app.testimonies import actions, custody
from app.testimonies.forms import BeginAttachment, FinishAttachment, GoOn
from app.testimonies.views import FileArriving
from app.work import Caller, Plain
from app.work.files import PIECE_BYTES, Pieces


@dataclass(frozen=True)
class Uploaded:
    """A file whose sealed bytes are on disk; no row says so yet."""

    row: UUID
    form: FinishAttachment
    key: Plain


async def receive(desk: Desk, caller: Caller, reference: str, part: Part) -> Uploaded:
    """Make the file's key and seal the bytes of one part with it."""
    begun = await run_in_threadpool(
        desk.do, caller, actions.begin_attachment, BeginAttachment(), subject=reference
    )  # fmt: skip
    kept = await seal_part(desk.files, part, begun.key.raw())
    form = FinishAttachment(
        blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256,
        file_name=part.filename, media_type=part.content_type,
    )  # fmt: skip
    return Uploaded(begun.id, form, begun.key)


async def keep(desk: Desk, caller: Caller, uploaded: Uploaded) -> Any:
    """The body has ended as it should: the file is kept."""
    return await run_in_threadpool(_finish, desk, caller, uploaded)


@dataclass(frozen=True)
class Arrived:
    """How much of a file is kept already; ``state`` KEPT when it is whole."""

    id: UUID
    state: str
    arrived_bytes: int
    size_bytes: int


async def go_on(desk: Desk, caller: Caller, row: UUID, fingerprint: str, start: int, request: Request) -> Arrived:
    """Take the body as what follows of a file, from ``start`` on; with its last byte the file is kept.

    Sealed and made durable piece by piece. Of a body that is cut the whole pieces stay.
    """
    form = form_of(GoOn, {"fingerprint": fingerprint})
    file: FileArriving = await run_in_threadpool(desk.do, caller, custody.go_on, form, subject=row)
    pieces = await run_in_threadpool(desk.files.pieces, row, file.key.raw())
    at = await run_in_threadpool(pieces.arrived)
    if start != at:
        raise Conflict("The file goes on at another place. Ask how much has arrived.")
    held = bytearray()
    async for chunk in request.stream():
        held += chunk
        if at + len(held) > file.size_bytes:
            raise TooLarge("This file is longer than was announced. What had arrived is kept.")
        if len(held) >= PIECE_BYTES:
            await run_in_threadpool(pieces.add, at, bytes(held))
            at, held = at + len(held), bytearray()
    if held:
        await run_in_threadpool(pieces.add, at, bytes(held))
        at += len(held)
    if at < file.size_bytes:
        return Arrived(row, "INCOMING", at, file.size_bytes)
    await run_in_threadpool(_put_together, desk, caller, file, pieces)
    return Arrived(row, "KEPT", at, file.size_bytes)


def _put_together(desk: Desk, caller: Caller, file: FileArriving, pieces: Pieces) -> None:
    """One sealed file of all pieces, under one salt, hashed on the way: as if it had come in one go."""
    with desk.files.receive(file.key.raw()) as incoming:
        for plain in pieces.read():
            incoming.write(plain)
        kept = incoming.finish()
    form = FinishAttachment(
        blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256, file_name=None, media_type=None
    )
    _finish(desk, caller, Uploaded(file.id, form, file.key))
    pieces.remove()


def _finish(desk: Desk, caller: Caller, uploaded: Uploaded) -> Any:
    """Ask the scanner while the key is at hand, then keep the file: flagged or held back, it is evidence all the same.

    Read back as it is kept, so what was looked at is what will be given out.
    """
    found = look(desk, uploaded.form.blob, uploaded.key)
    form = uploaded.form.model_copy(update={"scanned": found.state, "flag": found.flag})
    return desk.do(caller, actions.finish_attachment, form, subject=uploaded.row)
