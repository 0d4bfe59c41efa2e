"""Rows under LEGAL."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Sealed
from app.errors import Conflict

# Of a promise: put before a second reviewer; signed by two; refused a signature; no more.
OFFERED, IN_FORCE, DECLINED, LAPSED, REVOKED = "OFFERED", "IN_FORCE", "DECLINED", "LAPSED", "REVOKED"
# Never stored: follows from its last day.
EXPIRED = "EXPIRED"
# Taken, so that reading the account has something to cite; nothing is written in it yet.
DRAFT = "DRAFT"


class MitigationAssessment(CaseRow):
    """One note on how cooperation mitigates: reasons, passages, and what speaks against it."""

    __tablename__ = "mitigation_assessments"
    # A draft may be empty; a note without its reasons, or without what speaks against them, is none.
    __table_args__ = (
        CheckConstraint(
            "state = 'DRAFT' OR (factor IS NOT NULL AND finding IS NOT NULL AND reasons IS NOT NULL"
            " AND contrary_evidence IS NOT NULL)",
            name="written",
        ),
    )
    compartment = "LEGAL"
    author = "written_by"

    state: Mapped[str]
    state_at: Mapped[datetime]
    factor: Mapped[Sealed | None]
    finding: Mapped[Sealed | None]
    reasons: Mapped[Sealed | None]
    passages: Mapped[Sealed | None]
    contrary_evidence: Mapped[Sealed | None]
    written_by: Mapped[str]


class Assurance(CaseRow):
    """What somebody else promised about the words: a court, a prosecutor, a statute. The office promises nothing.

    The text of the instrument lies here, or the instrument itself among the files of the case; its hash in either
    case. Where it comes from is told and never reckoned with.
    """

    __tablename__ = "assurances"
    __table_args__ = (
        CheckConstraint("state IN ('OFFERED', 'IN_FORCE', 'DECLINED', 'LAPSED', 'REVOKED')", name="state"),
        CheckConstraint("until >= starts_on", name="until"),
        CheckConstraint("signed_by <> drafted_by", name="two"),
        CheckConstraint("state NOT IN ('IN_FORCE', 'LAPSED', 'REVOKED') OR signed_by IS NOT NULL", name="signed"),
        CheckConstraint("(instrument IS NULL) <> (attachment_id IS NULL)", name="instrument"),
    )
    compartment = "LEGAL"
    author = "drafted_by"
    due = "until"
    due_in = frozenset({IN_FORCE})

    state: Mapped[str]
    state_at: Mapped[datetime]
    drafted_by: Mapped[str]
    signed_by: Mapped[str | None]
    # The version of the templates it was drafted from.
    text_version: Mapped[str]
    starts_on: Mapped[date]
    until: Mapped[date | None]
    attachment_id: Mapped[UUID | None] = mapped_column(ForeignKey("attachments.id"))
    kind: Mapped[Sealed]
    strength: Mapped[Sealed]
    issuer: Mapped[Sealed]
    basis: Mapped[Sealed]
    instrument: Mapped[Sealed | None]
    instrument_sha256: Mapped[Sealed]
    # JSON: uses, subjects and effects, the forums they hold in, whether it outlives the body that gave it.
    rules: Mapped[Sealed]
    proceedings: Mapped[Sealed | None]
    conditions: Mapped[Sealed | None]
    exceptions: Mapped[Sealed | None]
    # How the second reviewer made sure with the issuer that it is theirs.
    verified: Mapped[Sealed | None]
    # JSON: why it is no more, by whom, whether the witness was heard.
    ended: Mapped[Sealed | None]

    def standing(self, *, today: date) -> str:
        """Its state today: one whose last day is past is over without anybody's doing."""
        past = self.state == IN_FORCE and self.until is not None and self.until < today
        return EXPIRED if past else self.state

    def sign(self, *, by: str, at: datetime) -> None:
        """The second signature. Who may give it is in the rules."""
        self._leave(OFFERED, IN_FORCE, at=at)
        self.signed_by = by

    def decline(self, *, at: datetime) -> None:
        """It is not signed as it is: it can be drafted anew."""
        self._leave(OFFERED, DECLINED, at=at)

    def end(self, state: str, *, at: datetime) -> None:
        """It lapsed or was revoked. No word that was said under it is free for that."""
        self._leave(IN_FORCE, state, at=at)

    def _leave(self, here: str, there: str, *, at: datetime) -> None:
        if self.state != here:
            raise Conflict("This promise stands at another step, so this one cannot be taken now.")
        self.state, self.state_at = there, at
