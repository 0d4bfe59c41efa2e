"""What the log says, as it was committed to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID


@dataclass(frozen=True)
class LogLine:
    """One entry. ``place`` is None until the sequencer has put it into the tree."""

    id: UUID
    place: int | None
    body: dict[str, Any]


@dataclass(frozen=True)
class LogPage:
    entries: tuple[LogLine, ...]
    page: int


@dataclass(frozen=True)
class LogVerified:
    """The result of recomputing the whole log from its bodies."""

    intact: bool
    size: int
    root: str
    bad_index: int | None
    problem: str
    waiting: int


@dataclass(frozen=True)
class LogLeaves:
    """How far an export may go, and the signed checkpoint that says so."""

    size: int
    note: str
