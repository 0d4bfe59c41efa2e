"""Rows under TESTIMONY that say what others promised about the words: what is read out, and what holds for a passage.

Legal work writes them through a step; nothing here judges what a promise is worth.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Sealed
from app.errors import Conflict


class TermsOfUse(CaseRow):
    """One promise as it is read out to the witness. Dates and whether it admits are clear: clocks and rules ask them.

    assurance_id  the promise, a row of legal's under their own key
    admits        whether admissions may be kept under it: it bars their direct use
    """

    __tablename__ = "terms_of_use"
    __table_args__ = (UniqueConstraint("assurance_id"), CheckConstraint("until >= starts_on", name="until"))
    compartment = "TESTIMONY"
    author = "written_by"

    assurance_id: Mapped[UUID]
    starts_on: Mapped[date]
    until: Mapped[date | None]
    ended_at: Mapped[datetime | None]
    admits: Mapped[bool]
    kind: Mapped[Sealed]
    strength: Mapped[Sealed]
    issuer: Mapped[Sealed]
    # JSON: the rules by code, and the forums they hold in.
    rules: Mapped[Sealed]
    proceedings: Mapped[Sealed | None]
    conditions: Mapped[Sealed | None]
    exceptions: Mapped[Sealed | None]
    written_by: Mapped[str]
    written_at: Mapped[datetime]

    def started(self, today: date) -> bool:
        return self.starts_on <= today

    def over(self, today: date) -> bool:
        """Whether it ended, or its last day is past."""
        return self.ended_at is not None or (self.until is not None and self.until < today)

    def end(self, *, at: datetime) -> None:
        """The promise is no more. What was said under it keeps what was laid on it."""
        if self.ended_at is not None:
            raise Conflict("This promise has ended already.")
        self.ended_at = at


class UseRestriction(CaseRow):
    """What holds for the uses of one passage, from when: of a promise, or what a reviewer made stricter.

    segment_id    empty for the answers to questions, which are restricted together
    assurance_id  the promise it comes from; empty where a reviewer made it stricter alone
    """

    __tablename__ = "use_restrictions"
    __table_args__ = (
        CheckConstraint("state IN ('IN_EFFECT', 'ENDED')", name="state"),
        CheckConstraint("(state = 'ENDED') = (until IS NOT NULL)", name="until"),
        CheckConstraint("(assurance_id IS NULL) = (reason IS NOT NULL)", name="reason"),
    )
    compartment = "TESTIMONY"
    author = "set_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    segment_id: Mapped[UUID | None] = mapped_column(ForeignKey("segments.id"), index=True)
    assurance_id: Mapped[UUID | None] = mapped_column(index=True)
    state: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    # JSON, as in the terms.
    rules: Mapped[Sealed]
    reason: Mapped[Sealed | None]
    set_by: Mapped[str]

    def end(self, *, at: datetime) -> None:
        """The body whose promise it was is no more. It counts no longer; what it barred is unsettled, never open."""
        if self.state == "IN_EFFECT":
            self.state, self.until = "ENDED", at
