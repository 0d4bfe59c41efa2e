"""Rows under THREAT, LOCATION and CARE."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Row, Sealed
from app.errors import Conflict
from app.protection.rungs import OPEN, TO_FIND, Call, EscalationState


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


class CheckInState(StrEnum):
    SCHEDULED = "SCHEDULED"
    MET_OK = "MET_OK"
    MET_CONCERN = "MET_CONCERN"
    MISSED = "MISSED"


SPOKEN: Final = (CheckInState.MET_OK, CheckInState.MET_CONCERN)


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


class Escalation(Row):
    """That a check-in was not met and people are called, rung by rung. Nothing in it is content.

    One for a check-in, whatever workers there are: the database keeps it so.
    """

    __tablename__ = "escalations"
    __table_args__ = (
        CheckConstraint("rung IN (1, 2, 3)", name="rung"),
        CheckConstraint("(next_at IS NOT NULL) = (state IN ('CALLING', 'ACKNOWLEDGED'))", name="next_at"),
    )
    # Whoever can be given the check-in can be given this; a clock both.
    compartment = "THREAT"
    scopes = frozenset({"compartment", "clock"})

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    check_in_id: Mapped[UUID] = mapped_column(ForeignKey("check_ins.id"), unique=True)
    state: Mapped[str]
    # When the check-in was to be, and when somebody was first called for it.
    missed_at: Mapped[datetime]
    at: Mapped[datetime]
    rung: Mapped[int]
    next_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]

    def call(self, call: Call) -> None:
        """Call a rung. Whoever had answered and noted nothing since has answered no more."""
        self.state, self.rung, self.next_at = EscalationState.CALLING, call.rung, call.next_at
        self.acknowledged_by = self.acknowledged_at = None

    def acknowledge(self, by: str, at: datetime) -> datetime:
        """Stop the climbing, for as long as it may take to find them. Returns until when.

        Raises Conflict where somebody has answered, or where it is over.
        """
        if self.state != EscalationState.CALLING:
            raise Conflict("Somebody has answered this alarm already, or it is over.")
        self.state, self.next_at = EscalationState.ACKNOWLEDGED, at + TO_FIND
        self.acknowledged_by, self.acknowledged_at = by, at
        return at + TO_FIND

    def end(self, state: EscalationState) -> None:
        """Nobody is called any more. Raises Conflict if it is over, or stands so already."""
        if self.state not in OPEN or self.state == state:
            raise Conflict("This alarm is over already, or this was noted.")
        self.state, self.next_at = state, None


class EscalationStep(Row):
    """One thing that happened in an escalation: somebody called, somebody's answer, its end. Never changed."""

    __tablename__ = "escalation_steps"
    __table_args__ = (Index("ix_escalation_steps_of", "escalation_id", "at"),)
    compartment = "THREAT"
    scopes = frozenset({"compartment", "clock"})

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    escalation_id: Mapped[UUID] = mapped_column(ForeignKey("escalations.id"))
    # CALLED, or the state that somebody brought about.
    what: Mapped[str]
    rung: Mapped[int]
    # A colleague's code; none where a rung was called on which nobody stands.
    person: Mapped[str | None]
    at: Mapped[datetime]
