"""What goes out of legal: references, states, dates and codes; and an assessment that was opened, value by value."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from app.work import Plain


@dataclass(frozen=True)
class ReviewLine:
    """One case handed to legal.

    standing  UNASSIGNED, MINE (a draft of mine), TAKEN (a colleague's), WRITTEN (with a second reader, or signed)
    since     when it came to this standing
    by        whoever took it
    written   how many of its assessments were sent to second signature
    """

    reference: str
    standing: str
    since: datetime
    by: str | None
    written: int
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
class Kept:
    """That a factor was kept, in which version, by whom and when; not a word of it."""

    factor: str
    version: int
    by: str
    at: datetime


@dataclass(frozen=True)
class AssessmentLine:
    """How far an assessment is, who wrote it, who signed it, and what was kept of it; not a word of it.

    kept   everything that was kept, the newest first
    """

    id: UUID
    reference: str
    state: str
    at: datetime
    authors: tuple[str, ...]
    signed_by: str | None
    version: int
    follows: UUID | None
    kept: tuple[Kept, ...] = ()

    def seen(self, factor: str) -> int:
        """The version in which a factor was kept last; 0 if never."""
        return next((each.version for each in self.kept if each.factor == factor), 0)


@dataclass(frozen=True)
class FactorRead:
    """One factor as it stood: finding and words, the passages it rests on, claims for and against it by their rows."""

    factor: str
    version: int
    by: str
    at: datetime
    values: dict[str, Plain | None]
    passages: tuple[Plain, ...]
    evidence: tuple[Plain, ...]
    against: tuple[Plain, ...]


@dataclass(frozen=True)
class SecondRead:
    """What a second reader said of one version."""

    answer: str
    version: int
    by: str
    at: datetime
    words: Plain | None


@dataclass(frozen=True)
class AssessmentRead:
    """An assessment at one version: the factors it answers, in their order, and what second readers said."""

    id: UUID
    reference: str
    state: str
    version: int
    factors: tuple[FactorRead, ...]
    readings: tuple[SecondRead, ...]


@dataclass(frozen=True)
class StepLine:
    """That a step was recorded, and where the course stood after it; not a word of it."""

    id: UUID
    number: int
    state: str
    at: datetime
    by: str
    due_on: date | None
    assessment: UUID | None


@dataclass(frozen=True)
class Course:
    """Where the course of a mitigation stands.

    steps      the newest first
    following  the states that a step may lead to now
    part       whether whoever asks had a part in the case, so that somebody else writes its report
    """

    reference: str
    state: str
    steps: tuple[StepLine, ...]
    following: tuple[str, ...]
    part: bool
    today: date

    @property
    def seen(self) -> int:
        """The number of the newest step; 0 where there is none."""
        return self.steps[0].number if self.steps else 0

    @property
    def since(self) -> datetime | None:
        """When it came to where it stands: a step that only set a day moved nothing."""
        here = None
        for step in self.steps:
            if step.state != self.state:
                break
            here = step.at
        return here

    @property
    def due_on(self) -> date | None:
        """The last day of what runs now."""
        return self.steps[0].due_on if self.steps else None


@dataclass(frozen=True)
class Running:
    """That something in the course of a case runs out on a day. ``late``: that day is past."""

    reference: str
    on: date
    late: bool


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
