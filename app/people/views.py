"""What goes out when somebody asks whether a person is known: a yes or a no, whom to ask, never a case of others."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Asked:
    """The answer to a look-up.

    ask     codes of colleagues to speak with; empty if nothing agrees
    mine    references of cases that agree and that the asker holds anyway
    left    how many look-ups the asker has left in this hour
    unfiled  how many records were not asked, because nobody who holds the index has filed them yet
    """

    id: UUID
    possible: bool
    ask: tuple[str, ...]
    mine: tuple[str, ...]
    left: int
    unfiled: int


@dataclass(frozen=True)
class Found:
    """Cases of mine that carry what was searched for."""

    references: tuple[str, ...]


@dataclass(frozen=True)
class Filed:
    """How many records were filed into the index."""

    records: int
    marks: int
