"""A file as an answer: whole or one range of it, as bytes in a box under a made-up name, or a copy to look at."""

from __future__ import annotations

import re
from itertools import chain
from typing import Final

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from app.edge.desk import Desk
from app.edge.headers import content_policy
from app.edge.refusals import NoSuchRange, answer
from app.errors import NotFound
from app.testimonies.views import FileOpened

# One range; of several, or of what is none, the whole file is given, as the standard allows.
_RANGE: Final = re.compile(r"bytes=([0-9]{0,15})-([0-9]{0,15})")
# What a browser itself may show or play. The other kinds of working copy are only given out.
SHOWN: Final = frozenset({"image/jpeg", "image/png", "audio/wav", "audio/mpeg", "audio/flac", "audio/ogg", "audio/mp4"})
OPAQUE: Final = "application/octet-stream"


def download(desk: Desk, request: Request, opened: FileOpened) -> Response:
    """Never shown by a browser, whatever it is."""
    name = f'attachment; filename="attachment-{str(opened.id)[-12:]}.bin"'
    return _answer(desk, request, opened, OPAQUE, name)


def shown(desk: Desk, request: Request, opened: FileOpened) -> Response:
    """A working copy to look at or listen to; NotFound for a kind that is not shown."""
    kind = opened.media_type.read() if opened.media_type is not None else ""
    if kind not in SHOWN:
        raise NotFound
    return _answer(desk, request, opened, kind, "inline")


def _answer(desk: Desk, request: Request, opened: FileOpened, kind: str, disposition: str) -> Response:
    size, key = opened.size_bytes, opened.key.raw()
    wanted = wanted_range(request.headers.getlist("range"), size)
    headers = {
        "Content-Disposition": disposition, "Accept-Ranges": "bytes",
        "Content-Security-Policy": content_policy("staff", "sandbox"),
    }  # fmt: skip
    if wanted is None:
        content, status, length = desk.files.read(opened.blob, key), 200, size
    elif wanted[0] >= wanted[1]:
        none = answer(NoSuchRange())
        none.headers["Content-Range"] = f"bytes */{size}"
        return none
    else:
        start, end = wanted
        content, status, length = desk.files.read_range(opened.blob, key, size, start, end), 206, end - start
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    # Taken before the answer begins, so that a seal broken at its start is an alarm and not half a file.
    first = next(content, b"")
    headers["Content-Length"] = str(length)
    return StreamingResponse(chain([first], content), status, media_type=kind, headers=headers)


def wanted_range(asked: list[str], size: int) -> tuple[int, int] | None:
    """First byte and the one behind the last; an empty range if none of it is there; None for the whole file."""
    found = _RANGE.fullmatch(asked[0].strip()) if len(asked) == 1 else None
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(0, size - int(found[2])), size
    start, end = int(found[1]), int(found[2] or size) + bool(found[2])
    if found[2] and end <= start:
        return None
    return start, min(end, size)
