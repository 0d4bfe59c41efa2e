"""One uploaded file of a case: a key, its bytes sealed as they come, and only then what is known of it.

In two halves, because a body has ended as it should only after its last part: what was cut
short is never kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from fastapi.concurrency import run_in_threadpool

from app.edge.desk import Desk
from app.edge.multipart import Part
from app.edge.sealing import seal_part
from app.testimonies import actions
from app.testimonies.forms import BeginAttachment, FinishAttachment
from app.work import Caller


@dataclass(frozen=True)
class Uploaded:
    """A file whose sealed bytes are on disk; no row says so yet."""

    row: UUID
    form: FinishAttachment


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
    return Uploaded(begun.id, form)


async def keep(desk: Desk, caller: Caller, uploaded: Uploaded) -> Any:
    """The body has ended as it should: the file is kept."""
    return await run_in_threadpool(
        desk.do, caller, actions.finish_attachment, uploaded.form, subject=uploaded.row
    )  # fmt: skip
