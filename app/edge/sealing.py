"""Sealing one uploaded file while it streams."""

from __future__ import annotations

from fastapi.concurrency import run_in_threadpool

from app.edge.multipart import Part
from app.work.files import FileStore, Kept


async def seal_part(store: FileStore, part: Part, key: bytes) -> Kept:
    """Seal the bytes of one part as they come; whatever goes wrong leaves nothing behind."""
    with await run_in_threadpool(store.receive, key) as incoming:
        async for chunk in part.chunks():
            await run_in_threadpool(incoming.write, chunk)
        return await run_in_threadpool(incoming.finish)
