"""Making a working copy: the original goes through the closed room; what comes out is sealed as a row of its own.

Where the office has a virus scanner it is asked first about the original and then about the copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import UUID

from app.cleaning import room
from app.cleaning.room import NotCleaned
from app.cleaning.scanner import UNSCANNED, Finding
from app.edge.desk import Desk
from app.errors import SealBroken, TooLarge, Unavailable
from app.testimonies import custody
from app.testimonies.forms import FinishCopy, OpenFile
from app.testimonies.views import CopyBegun
from app.work import Caller, Plain


def make_copy(desk: Desk, caller: Caller, row: UUID, form: OpenFile) -> Any:
    """Make the working copy of an original; its row says what was removed, or why there is none.

    Raises Unavailable while others take the one place, and when the scanner does not answer: both may be
    tried again. SealBroken if the original is no longer what
    came in: then nothing is kept of the copy.
    """
    # Before anything is begun: a copy that found no place would stand as one that is on its way.
    if not room.PLACES.acquire(timeout=room.WAIT_SECONDS):
        raise Unavailable("Other working copies are being made. Please try again in a minute.")
    try:
        begun: CopyBegun = desk.do(caller, custody.begin_copy, form, subject=row)
        made = _scanned(desk, begun)
        stored = desk.do(caller, custody.keep_copy, made, subject=begun.id)
    finally:
        room.PLACES.release()
    if made.scanned == "HELD":
        raise Unavailable("The virus scanner does not answer. The file is held back; please try again later.")
    return stored


def _scanned(desk: Desk, begun: CopyBegun) -> FinishCopy:
    """The copy, if neither the original nor itself is flagged."""
    found = look(desk, begun.original.blob, begun.original.key)
    if found.state != "FLAGGED" and begun.original.size_bytes > room.BYTES_MAX:
        return FinishCopy(why="TOO_LARGE", scanned=found.state)
    if found.state in {"FLAGGED", "HELD"}:
        return FinishCopy(why=found.state, scanned=found.state, flag=found.flag)
    made = _cleaned(desk, begun)
    if made.blob is not None:
        # Read back as it is kept. What is refused here has lost its key and is swept like any bytes that no row names.
        of_copy = look(desk, made.blob, begun.key)
        if of_copy.state in {"FLAGGED", "HELD"}:
            return FinishCopy(why=of_copy.state, scanned=of_copy.state, flag=of_copy.flag)
    return made.model_copy(update={"scanned": found.state})


def look(desk: Desk, blob: str, key: Plain) -> Finding:
    """What the office's scanner says of sealed bytes, opened for it piece by piece; UNSCANNED where there is none."""
    return UNSCANNED if desk.scanner is None else desk.scanner.look(desk.files.read(blob, key.raw()))


def _cleaned(desk: Desk, begun: CopyBegun) -> FinishCopy:
    original = _Proved(desk.files.read(begun.original.blob, begun.original.key.raw()))
    pieces = iter(original)
    first = next(pieces, b"")
    kind = room.kind_of(first[: room.HEAD_BYTES])
    if kind is None:
        return FinishCopy(why="UNKNOWN_TYPE")
    try:
        with desk.files.receive_copy(begun.key.raw(), room.COPY_BYTES_MAX) as incoming:
            cleaned = room.clean(chain([first], pieces), kind, incoming.write)
            if original.sha256.hexdigest().encode() != begun.sha256.raw():
                raise SealBroken
            kept = incoming.finish()
    except NotCleaned as no:
        return FinishCopy(why=no.why)
    except TooLarge:
        return FinishCopy(why="TOO_LARGE")
    return FinishCopy(
        blob=kept.blob, size_bytes=kept.size_bytes, sha256=kept.sha256, media_type=cleaned.media_type,
        removed=cleaned.removed,
    )  # fmt: skip


class _Proved:
    """An original on its way to the room, hashed as it goes."""

    def __init__(self, source: Iterator[bytes]) -> None:
        self._source = source
        self.sha256 = hashlib.sha256()

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._source:
            self.sha256.update(piece)
            yield piece
