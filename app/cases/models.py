"""What of a case stays in clear, and what several domains hang on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, EnvelopeRow, Row, Sealed
from app.errors import Conflict


class CaseState(StrEnum):
    OPEN = "OPEN"
    CLOSING = "CLOSING"
    KEPT = "KEPT"
    ARCHIVED = "ARCHIVED"
    DESTROYED = "DESTROYED"


class Pathway(StrEnum):
    ADULT = "ADULT"
    CHILD = "CHILD"
    NOT_ELIGIBLE = "NOT_ELIGIBLE"
    NOT_ASSOCIATED = "NOT_ASSOCIATED"
    UNDECIDED = "UNDECIDED"


class Retention(StrEnum):
    """What the witness wants to become of a case once it is closed."""

    DESTROY_AT_CLOSE = "DESTROY_AT_CLOSE"
    KEEP_2Y = "KEEP_2Y"
    ARCHIVE = "ARCHIVE"


CLOSED: Final = (CaseState.KEPT, CaseState.ARCHIVED)
YEARS_KEPT: Final = 2


def two_years_after(at: datetime) -> datetime:
    """The same day two years on; for the 29th of February the day after, never one too early."""
    try:
        return at.replace(year=at.year + YEARS_KEPT)
    except ValueError:
        return at.replace(year=at.year + YEARS_KEPT, month=3, day=1)


class Origin(StrEnum):
    """How the office came to know of somebody. In clear: a rule must know it before any key is used."""

    DIRECT = "DIRECT"
    PORTAL = "PORTAL"
    REFERRAL = "REFERRAL"
    # Known from what others published. Nobody came to us, so nobody here can ever consent.
    PUBLIC_REPORT = "PUBLIC_REPORT"


class Case(Row):
    """One person's case. Nothing here says who, where or what."""

    __tablename__ = "cases"
    __table_args__ = (
        CheckConstraint("origin IN ('DIRECT', 'PORTAL', 'REFERRAL', 'PUBLIC_REPORT')", name="origin"),
        CheckConstraint("state IN ('OPEN', 'CLOSING', 'KEPT', 'ARCHIVED', 'DESTROYED')", name="state"),
        CheckConstraint("retention IN ('DESTROY_AT_CLOSE', 'KEEP_2Y', 'ARCHIVE')", name="retention"),
        CheckConstraint("(retention IS NOT DISTINCT FROM 'ARCHIVE') = (custodian IS NOT NULL)", name="custodian"),
        CheckConstraint("(state = 'KEPT') = (kept_until IS NOT NULL)", name="kept_until"),
        Index("ix_cases_opened", "opened_at", "id"),
    )
    scopes = frozenset({"case"})
    author = "opened_by"
    addressed_by = "reference"

    reference: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    state_at: Mapped[datetime]
    pathway: Mapped[str]
    origin: Mapped[str]
    # Made by the demonstration: shown on every page that shows the case.
    synthetic: Mapped[bool]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    # What the witness wants to become of it, if they said; and the code of whoever takes it into an archive.
    retention: Mapped[str | None]
    custodian: Mapped[str | None]
    # In clear, for clocks and for whoever holds the case: before this day only the witness can have it destroyed.
    kept_until: Mapped[datetime | None]
    # When somebody last talked with the witness; and, once it is protection's, until when intake knows who they are.
    talked_at: Mapped[datetime | None]
    intake_until: Mapped[datetime | None]

    def must_be_open(self) -> None:
        if self.state != CaseState.OPEN:
            raise Conflict("This case is closed.")

    def begin_closing(self, *, at: datetime) -> None:
        """One colleague wants it closed. From here on it takes no new content."""
        self.must_be_open()
        self.state, self.state_at = CaseState.CLOSING, at

    def close(self, *, at: datetime) -> None:
        """A second agrees. What becomes of it is the witness's choice; who said nothing has two years to think."""
        if self.state != CaseState.CLOSING:
            raise Conflict("Nobody is closing this case.")
        self.settle(at=at)

    def choose(self, choice: str, custodian: str | None, *, at: datetime) -> None:
        """The witness said what is to become of it; of a closed case that counts from this moment."""
        self.retention, self.custodian = choice, custodian
        if self.state in CLOSED:
            self.settle(at=at)

    def settle(self, *, at: datetime) -> None:
        """Kept or archived, and until when."""
        choice = self.retention or Retention.KEEP_2Y
        self.state_at = at
        if choice == Retention.ARCHIVE:
            self.state, self.kept_until = CaseState.ARCHIVED, None
            return
        self.state = CaseState.KEPT
        self.kept_until = at if choice == Retention.DESTROY_AT_CLOSE else two_years_after(at)

    def reopen(self, *, at: datetime) -> None:
        """Somebody has come back, or a closing was dropped."""
        if self.state not in {*CLOSED, CaseState.CLOSING}:
            raise Conflict("This case is open.")
        self.state, self.state_at, self.kept_until = CaseState.OPEN, at, None

    def must_be_due(self, *, at: datetime) -> None:
        """Refuse to destroy what is in use, what an archive was promised, and what is kept for a while yet."""
        if self.state not in CLOSED:
            raise Conflict("Only a closed case can be destroyed.")
        if self.state == CaseState.ARCHIVED:
            raise Conflict("The witness chose an archive. Only they can ask for something else; record it first.")
        if self.kept_until is None or self.kept_until > at:
            raise Conflict("This case is kept until its day, unless the witness asks to have it destroyed.")

    def destroy(self, *, at: datetime) -> None:
        """What stays is a reference and two dates, and nobody holds a key to see them with."""
        self.must_be_due(at=at)
        self.state, self.state_at, self.kept_until = CaseState.DESTROYED, at, None
        self.retention = self.custodian = None

    def must_be_a_witness(self) -> None:
        """Refuse to hang anybody's own words or particulars on what a newspaper printed."""
        if self.origin == Origin.PUBLIC_REPORT:
            raise Conflict("A public report is nobody who came to us. Open a case of their own for whoever did.")

    def must_be_a_public_report(self) -> None:
        if self.origin != Origin.PUBLIC_REPORT:
            raise Conflict("Public reports have cases of their own: what was printed is no part of a witness's case.")

    def facts(self) -> dict[str, Any]:
        return super().facts() | {"origin": self.origin}


class Justification(CaseRow):
    """Free words given for an opening, sealed under the compartment they explain."""

    __tablename__ = "justifications"
    __table_args__ = (CheckConstraint("compartment <> ''", name="compartment"),)

    after_closing = True

    compartment: Mapped[str]
    words: Mapped[Sealed]
    at: Mapped[datetime]


class Visit(Row):
    """Time with a case under one reason, so that nobody states it afresh for each field.

    Without ``row_id`` it covers everything but identity and place; with it, one row and the
    fields that were named: a reveal. Openings during it have their entries all the same.
    """

    __tablename__ = "visits"
    scopes = frozenset({"own"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    # It ends with the session it was begun in.
    sign_in: Mapped[UUID]
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    row_id: Mapped[UUID | None]
    fields: Mapped[str | None]
    justification: Mapped[str]
    cites: Mapped[UUID | None]
    # Of the words given at its beginning: each entry of an opening carries it.
    commitment: Mapped[bytes | None]
    until: Mapped[datetime]

    def leave(self, *, at: datetime) -> None:
        """End it now."""
        self.until = min(self.until, at)


class Hold(Row):
    """LEGAL stops destruction; INCIDENT and CONSENT (per tier) stop outflow. In clear, for clocks."""

    __tablename__ = "holds"
    __table_args__ = (CheckConstraint("kind IN ('LEGAL', 'INCIDENT', 'CONSENT')", name="kind"),)
    scopes = frozenset({"case", "clock"})

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str]
    tier: Mapped[str | None]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    set_by: Mapped[str | None]

    def lift(self, *, at: datetime) -> None:
        """It stops nothing any more."""
        if self.kind != "LEGAL" or self.until is not None:
            raise Conflict("There is no such hold any more.")
        self.until = at


class Clearance(Row):
    """Whether publicity may touch one subject of a case: a word and a date, no reason."""

    __tablename__ = "clearances"
    __table_args__ = (UniqueConstraint("case_id", "subject_token"),)
    scopes = frozenset({"case", "clock"})

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    # The witness is one token, each associated person another; the token says nothing.
    subject_token: Mapped[UUID]
    state: Mapped[str]
    valid_until: Mapped[datetime | None]
    page_on_overdue: Mapped[bool]


class HandoffState(StrEnum):
    SENT = "SENT"
    OPENED = "OPENED"
    FILED = "FILED"


# Within which somebody of the receiving team reads that a person may be in danger now.
ACKNOWLEDGED_WITHIN: Final = timedelta(minutes=15)


class Handoff(EnvelopeRow):
    """Facts passed across the wall: sealed to the receiving team; the sender cannot open it again."""

    __tablename__ = "handoffs"
    scopes = frozenset({"team"})
    author = "sent_by"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str]
    from_team: Mapped[str]
    to_team: Mapped[str]
    words: Mapped[Sealed]
    sent_by: Mapped[str]
    at: Mapped[datetime]
    state: Mapped[str]
    state_at: Mapped[datetime]

    @property
    def due_at(self) -> datetime | None:
        """Until when it is to be read, where that is a matter of minutes."""
        waits = self.kind == "SAFETY" and self.state == HandoffState.SENT
        return self.at + ACKNOWLEDGED_WITHIN if waits else None

    def read(self, *, at: datetime) -> None:
        """Somebody of the receiving team has opened it. It may be opened again later."""
        if self.state == HandoffState.SENT:
            self.state, self.state_at = HandoffState.OPENED, at

    def file(self, *, at: datetime) -> None:
        """Its facts stand in the team's own records. What nobody has read waits on."""
        if self.state == HandoffState.SENT:
            raise Conflict("Nobody has read this yet.")
        if self.state == HandoffState.FILED:
            raise Conflict("This has been filed already.")
        self.state, self.state_at = HandoffState.FILED, at
