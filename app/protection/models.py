"""Rows under THREAT, LOCATION and CARE."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy.orm import Mapped

from app.db import CaseRow, Sealed
from app.errors import Conflict


class ThreatAssessment(CaseRow):
    """A threat to the person, in words with evidence; the person's own fear beside it, never replaced."""

    __tablename__ = "threat_assessments"
    compartment = "THREAT"
    author = "written_by"
    due = "valid_until"

    state: Mapped[str]
    state_at: Mapped[datetime]
    valid_until: Mapped[datetime]
    level: Mapped[Sealed]
    fear_in_own_words: Mapped[Sealed]
    findings: Mapped[Sealed]
    measures: Mapped[Sealed | None]
    written_by: Mapped[str]


class Residence(CaseRow):
    """Where the person is, since when, and who knows it."""

    __tablename__ = "residences"
    compartment = "LOCATION"
    author = "recorded_by"

    place: Mapped[Sealed]
    since: Mapped[Sealed]
    who_knows: Mapped[Sealed]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Need(CaseRow):
    """What the person needs to live: health, school, language, faith, work, papers."""

    __tablename__ = "needs"
    compartment = "CARE"
    author = "recorded_by"

    kind: Mapped[Sealed]
    words: Mapped[Sealed]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


# How long after its time a check-in may still come about before it reads as missed.
GRACE: Final = timedelta(hours=2)


class CheckInState(StrEnum):
    SCHEDULED = "SCHEDULED"
    MET_OK = "MET_OK"
    MET_CONCERN = "MET_CONCERN"
    MISSED = "MISSED"


class CheckIn(CaseRow):
    """A time at which we speak. When it is due is clear, for clocks; what was agreed is sealed."""

    __tablename__ = "check_ins"
    compartment = "THREAT"
    author = "planned_by"
    scopes = frozenset({"compartment", "clock"})
    due = "due_at"
    due_in = frozenset({CheckInState.SCHEDULED})

    state: Mapped[str]
    due_at: Mapped[datetime]
    agreed_word: Mapped[Sealed]
    # By whose clock it was agreed: the moment alone is clear, since a zone betrays the country (amendment 20).
    zone: Mapped[Sealed | None]
    outcome: Mapped[Sealed | None]
    # The witness said that nobody on duty may look. In clear: the next assessment respects it.
    duty_refused: Mapped[bool]
    planned_by: Mapped[str]

    def meet(self, state: CheckInState, at: datetime) -> None:
        """Raises Conflict if it is settled, or called missed while its time is still to come."""
        if self.state != CheckInState.SCHEDULED:
            raise Conflict("This check-in is settled already.")
        if state == CheckInState.MISSED and at < self.due_at:
            # Whoever is called missed too early is looked for by nobody when the time comes.
            raise Conflict("The time of this check-in is still to come: it cannot have been missed.")
        self.state = state
