"""Somebody's cases on their way to colleagues: a leaver's for good, or under cover until a day."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Row
from app.errors import Conflict

LEAVING = "LEAVING"
COVER = "COVER"


class Passing(StrEnum):
    WAITING = "WAITING"
    DONE = "DONE"
    REFUSED = "REFUSED"


class Takeover(Row):
    """What one colleague began to do with another's cases. Each case is an action of its own, so it may stop anywhere.

    sign_in  in which a second factor was given for it: elsewhere, or later, it is given again
    """

    __tablename__ = "takeovers"
    __table_args__ = (
        CheckConstraint("kind IN ('LEAVING', 'COVER')", name="kind"),
        CheckConstraint("(kind = 'COVER') = (until IS NOT NULL)", name="until"),
    )
    scopes = frozenset({"own"})
    author = "begun_by"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[str]
    # Whose cases they are, by code and by key.
    about: Mapped[str]
    holder_id: Mapped[UUID] = mapped_column(ForeignKey("keyholders.id"))
    until: Mapped[datetime | None]
    sign_in: Mapped[UUID]
    begun_by: Mapped[str]
    begun_at: Mapped[datetime]


class TakeoverCase(Row):
    """One case of it: to whom, and what came of it.

    why   the rule that refused, or a code of what stands in the way
    given what was passed on; ``stayed`` what whoever passes it on does not hold
    """

    __tablename__ = "takeover_cases"
    __table_args__ = (
        CheckConstraint("state IN ('WAITING', 'DONE', 'REFUSED')", name="state"),
        UniqueConstraint("takeover_id", "case_id"),
        Index("ix_takeover_cases_cover", "case_id", "holder_id"),
    )
    scopes = frozenset({"own", "case"})

    takeover_id: Mapped[UUID] = mapped_column(ForeignKey("takeovers.id"), index=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"))
    # Of whom, to whom, until when: a case's page names who holds a key for whom.
    about: Mapped[str]
    to: Mapped[str]
    holder_id: Mapped[UUID | None] = mapped_column(ForeignKey("keyholders.id"))
    until: Mapped[datetime | None]
    state: Mapped[str]
    state_at: Mapped[datetime]
    why: Mapped[str | None]
    given: Mapped[str | None]
    stayed: Mapped[str | None]

    def must_wait(self) -> None:
        if self.state == Passing.DONE:
            raise Conflict("This case was passed on already.")

    def done(self, holder: UUID, given: str, stayed: str | None, *, at: datetime) -> None:
        self.state, self.state_at, self.why = Passing.DONE, at, None
        self.holder_id, self.given, self.stayed = holder, given, stayed

    def refuse(self, why: str, *, at: datetime) -> None:
        """A rule or a state stands in the way. It may be tried again: the reason may go away."""
        self.state, self.state_at, self.why = Passing.REFUSED, at, why
