"""The end of a case: what two people agree on, what the witness chose, and what of it was erased.

Everything but the witness's own words is in clear here: clocks, and whoever holds any key of the case,
have to know how it stands, and none of it says who, where or what.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Row, Sealed
from app.errors import Conflict

CLOSE = "CLOSE"
LIFT = "LIFT"
DESTROY = "DESTROY"


class Proposal(Row):
    """What one colleague wants done with a case and another has to agree to: two people, never one twice."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("kind IN ('CLOSE', 'LIFT', 'DESTROY')", name="kind"),
        CheckConstraint("state IN ('WAITING', 'DONE', 'DROPPED')", name="state"),
        CheckConstraint("(state = 'WAITING') = (settled_by IS NULL)", name="settled"),
        CheckConstraint("state <> 'DONE' OR settled_by <> proposed_by", name="two"),
        CheckConstraint("(kind = 'LIFT') = (hold_id IS NOT NULL)", name="hold"),
        # Of one kind one at a time, whatever two people do at one moment.
        Index(
            "ix_proposals_waiting", "case_id", "kind", "hold_id", unique=True,
            postgresql_where="state = 'WAITING'", postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip
    scopes = frozenset({"case"})
    author = "proposed_by"

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str]
    hold_id: Mapped[UUID | None] = mapped_column(ForeignKey("holds.id"))
    state: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]

    def agree(self, kind: str, *, by: str, at: datetime) -> None:
        """The second signature. Who may give it is in the rules."""
        if self.kind != kind:
            raise Conflict("This waits for something else.")
        self._settle("DONE", by=by, at=at)

    def drop(self, *, by: str, at: datetime) -> None:
        """Not now: whoever proposed it, or whoever was asked to agree."""
        self._settle("DROPPED", by=by, at=at)

    def _settle(self, state: str, *, by: str, at: datetime) -> None:
        if self.state != "WAITING":
            raise Conflict("This has been settled already.")
        self.state, self.settled_by, self.settled_at = state, by, at


class RetentionChoice(CaseRow):
    """What the witness said should become of their case, in which language and how they said it.

    Sealed under a compartment that whoever records it holds: an officer's under the account, a
    caseworker's under who it is. ``custodian`` names the archive; its code stands on the case.
    """

    __tablename__ = "retention_choices"
    __table_args__ = (
        CheckConstraint("choice IN ('DESTROY_AT_CLOSE', 'KEEP_2Y', 'ARCHIVE')", name="choice"),
        CheckConstraint("(choice = 'ARCHIVE') = (custodian IS NOT NULL)", name="custodian"),
        CheckConstraint("compartment IN ('TESTIMONY', 'IDENTITY')", name="compartment"),
    )
    author = "recorded_by"
    after_closing = True

    compartment: Mapped[str]
    choice: Mapped[str]
    language: Mapped[Sealed]
    how_given: Mapped[Sealed]
    custodian: Mapped[Sealed | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Erasure(Row):
    """That a case was destroyed, and how far its bytes have gone since: no clock and no operator sees more.

    files_at      since when its sealed files are gone from the disk
    rewritten_at  since when the database's own files hold none of its keys any more
    """

    __tablename__ = "erasures"
    scopes = frozenset({"clock", "log"})

    case_id: Mapped[UUID] = mapped_column(ForeignKey("cases.id"), unique=True)
    at: Mapped[datetime]
    files_at: Mapped[datetime | None]
    rewritten_at: Mapped[datetime | None]

    def lose_files(self, *, at: datetime) -> None:
        """Its sealed files were removed."""
        if self.files_at is not None:
            raise Conflict("The files of this case are gone already.")
        self.files_at = at
