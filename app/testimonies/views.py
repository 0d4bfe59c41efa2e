"""What goes out of an account when nothing is opened, and the handle of a file that is."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from app.work import Plain


@dataclass(frozen=True)
class Recorded:
    """How many segments were kept, by number; not a word of them."""

    id: UUID
    state: str
    segments: tuple[UUID, ...]


@dataclass(frozen=True)
class FileBegun:
    """Where to seal the coming bytes. The key stays in this process."""

    id: UUID
    key: Plain


@dataclass(frozen=True)
class FileOpened:
    """An original whose opening is recorded: the door streams it and forgets the key."""

    id: UUID
    blob: str
    key: Plain
    size_bytes: int
