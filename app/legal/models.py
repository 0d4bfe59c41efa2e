"""Rows under LEGAL."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Sealed
from app.errors import Conflict
from app.legal.course import State
from app.legal.forms import FACTORS

# Of a promise: put before a second reviewer; signed by two; refused a signature; no more.
OFFERED, IN_FORCE, DECLINED, LAPSED, REVOKED = "OFFERED", "IN_FORCE", "DECLINED", "LAPSED", "REVOKED"
# Never stored: follows from its last day.
EXPIRED = "EXPIRED"
# Of an assessment: being written; before a second reader; sent back with questions; signed by two; signed by one
# and contradicted by another; replaced by a later one.
DRAFT, PROPOSED, RETURNED = "DRAFT", "PROPOSED", "RETURNED"
SIGNED, DISSENTED, SUPERSEDED = "SIGNED", "DISSENTED", "SUPERSEDED"
# In these it can be written; with the third, it is the one open assessment of its case.
WRITABLE: Final = frozenset({DRAFT, RETURNED})
OPEN: Final = (DRAFT, RETURNED, PROPOSED)


def _elsewhere() -> Conflict:
    return Conflict("This assessment stands at another step, so this one cannot be taken now.")


class MitigationAssessment(CaseRow):
    """How cooperation mitigates, factor by factor, by two people. Nothing of it is a number, and nothing adds up.

    What it says stands in its factors; here stands only how far it is, and who had a part in it.
    """

    __tablename__ = "mitigation_assessments"
    __table_args__ = (
        CheckConstraint(
            "state IN ('DRAFT', 'PROPOSED', 'RETURNED', 'SIGNED', 'DISSENTED', 'SUPERSEDED')", name="state"
        ),
        CheckConstraint("cardinality(authors) > 0 AND NOT (signed_by = ANY (authors))", name="two"),
        CheckConstraint("(state IN ('SIGNED', 'DISSENTED', 'SUPERSEDED')) = (signed_by IS NOT NULL)", name="signed"),
        Index(
            "uq_mitigation_assessments_open", "case_id", unique=True,
            postgresql_where=text("state IN ('DRAFT', 'RETURNED', 'PROPOSED')"),
        ),
    )  # fmt: skip
    compartment = "LEGAL"

    state: Mapped[str]
    state_at: Mapped[datetime]
    # Everybody who wrote a word of it, whoever took it first. None of them is its second reader.
    authors: Mapped[list[str]] = mapped_column(ARRAY(String))
    signed_by: Mapped[str | None]
    # Counts what was kept, one by one; goes on from the assessment that this one follows.
    version: Mapped[int]
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("mitigation_assessments.id"))

    def facts(self) -> dict[str, Any]:
        """To the rules all who wrote it are its authors."""
        return {"authors": frozenset(self.authors), "state": self.state}

    def write(self, *, by: str, at: datetime) -> int:
        """Somebody keeps a factor: the version it gets. Whoever does so is an author from then on."""
        if self.state not in WRITABLE:
            raise Conflict("It waits for its second signature, so nothing of it changes. Its author can take it back.")
        if by not in self.authors:
            self.authors = [*self.authors, by]
        self.state_at, self.version = at, self.version + 1
        return self.version

    def propose(self, *, version: int, at: datetime) -> None:
        """Put it before a second reader as it was read just now."""
        self._is_still(version)
        if self.state not in WRITABLE:
            raise _elsewhere()
        self.state, self.state_at = PROPOSED, at

    def leave(self, state: str, *, version: int, at: datetime) -> None:
        """Back to who wrote it: taken back by themself, or sent back with questions."""
        self._is_still(version)
        if self.state != PROPOSED:
            raise _elsewhere()
        self.state, self.state_at = state, at

    def sign(self, state: str, *, by: str, version: int, at: datetime) -> None:
        """The second signature, or a dissent beside it. From here on it can only be followed by another one."""
        self.leave(state, version=version, at=at)
        if by in self.authors:
            raise Conflict("Whoever wrote a part of it is not its second reader.")
        self.signed_by = by

    def supersede(self, *, at: datetime) -> None:
        """Another assessment was signed that follows this one."""
        self.state, self.state_at = SUPERSEDED, at

    def _is_still(self, version: int) -> None:
        if self.version != version:
            raise Conflict("It was changed since you read it. Read it again first.")


class MitigationFactor(CaseRow):
    """One factor as it was kept once. It is never changed: what is kept later is a further row."""

    __tablename__ = "mitigation_factors"
    __table_args__ = (
        UniqueConstraint("assessment_id", "version"),
        CheckConstraint(f"factor IN ({', '.join(map(repr, FACTORS))})", name="factor"),
    )
    compartment = "LEGAL"
    author = "written_by"

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("mitigation_assessments.id"))
    # In clear: an assessment has all of them, so which one a row is about tells nothing.
    factor: Mapped[str]
    # The version of the assessment that began with it.
    version: Mapped[int]
    written_by: Mapped[str]
    written_at: Mapped[datetime]
    finding: Mapped[Sealed]
    reasons: Mapped[Sealed]
    contrary_evidence: Mapped[Sealed]
    # JSON, each a list of rows: passages relied on; claims that bear it out; claims that speak against it.
    passages: Mapped[Sealed | None]
    evidence: Mapped[Sealed | None]
    against: Mapped[Sealed | None]


class SecondReading(CaseRow):
    """What a second reader made of one version: signed it, dissented, or sent it back, and their words."""

    __tablename__ = "second_readings"
    __table_args__ = (
        CheckConstraint("answer IN ('SIGNED', 'DISSENTED', 'RETURNED')", name="answer"),
        CheckConstraint("answer = 'SIGNED' OR words IS NOT NULL", name="words"),
    )
    compartment = "LEGAL"
    author = "read_by"

    assessment_id: Mapped[UUID] = mapped_column(ForeignKey("mitigation_assessments.id"))
    version: Mapped[int]
    answer: Mapped[str]
    read_by: Mapped[str]
    read_at: Mapped[datetime]
    words: Mapped[Sealed | None]


class MitigationStep(CaseRow):
    """One step of the course of a mitigation, as it was recorded. Steps are only ever added; the newest says where
    it stands.

    In clear: where it stands, since when, who recorded it, what runs out when. Whose step it was, on which day, on
    which ground and under which law is sealed.
    """

    __tablename__ = "mitigation_steps"
    __table_args__ = (
        CheckConstraint(f"state IN {tuple(str(state) for state in State)}", name="state"),
        # The office's own two views are of two people.
        CheckConstraint("(state IN ('INITIAL_VIEW', 'PERFORMED')) = (assessment_id IS NOT NULL)", name="two"),
        CheckConstraint("instrument IS NULL OR attachment_id IS NULL", name="instrument"),
        CheckConstraint("(instrument IS NULL) = (instrument_sha256 IS NULL)", name="hash"),
        UniqueConstraint("case_id", "number"),
    )  # fmt: skip
    compartment = "LEGAL"
    author = "recorded_by"
    due = "due_on"

    number: Mapped[int]
    state: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    # The last day of what runs; which clock it is, would tell whose law.
    due_on: Mapped[date | None]
    # What two people signed, where the step rests on it.
    assessment_id: Mapped[UUID | None] = mapped_column(ForeignKey("mitigation_assessments.id"))
    # The file the paper lies in; its hash was taken when it came in.
    attachment_id: Mapped[UUID | None] = mapped_column(ForeignKey("attachments.id"))
    whose: Mapped[Sealed]
    authority: Mapped[Sealed]
    happened_on: Mapped[Sealed]
    reason: Mapped[Sealed]
    ground: Mapped[Sealed | None]
    clock: Mapped[Sealed | None]
    runs_from: Mapped[Sealed | None]
    instrument: Mapped[Sealed | None]
    instrument_sha256: Mapped[Sealed | None]


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
