"""What goes out of legal's queue: references, states, dates and codes; never a finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class ReviewLine:
    """One case handed to legal.

    standing  UNASSIGNED, MINE (a draft of mine), TAKEN (a colleague's), WRITTEN
    since     when it came to this standing
    by        whoever has a draft of it
    """

    reference: str
    standing: str
    since: datetime
    by: str | None
    notes: int
    synthetic: bool


@dataclass(frozen=True)
class ReviewNumbers:
    """How long each list of legal's is."""

    unassigned: int
    mine: int
    taken: int
    written: int
    handoffs: int


@dataclass(frozen=True)
class NoteLine:
    """That a note is there, whose it is and since when; not a word of it."""

    id: UUID
    state: str
    at: datetime
    by: str


@dataclass(frozen=True)
class AssuranceLine:
    """That somebody promised something, how far it is, by whom it was drafted and signed, and its days."""

    id: UUID
    reference: str
    state: str
    since: datetime
    drafted_by: str
    signed_by: str | None
    starts_on: str
    until: str | None
