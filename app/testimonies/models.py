"""Rows under TESTIMONY: the account in segments, what was explained, consents, attachments."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, Sealed
from app.errors import Conflict
from app.testimonies.rules import ConsentState, State, may_move


class Testimony(CaseRow):
    """One account, from the first explanation to its seal. Its words are in segments."""

    __tablename__ = "testimonies"
    compartment = "TESTIMONY"
    author = "taken_by"

    state: Mapped[str]
    state_at: Mapped[datetime]
    # Whether admissions may be recorded: only with a promise on file.
    admissions: Mapped[bool]
    statement_version: Mapped[str | None]
    statement_language: Mapped[Sealed | None]
    own_words: Mapped[Sealed | None]
    counsel: Mapped[Sealed | None]
    frame: Mapped[Sealed | None]
    taken_by: Mapped[str]
    begun_at: Mapped[datetime]

    def move(self, to: State, *, at: datetime) -> None:
        """Take one of the defined moves; Conflict for every other."""
        if not may_move(self.state, to):
            raise Conflict("This account stands at another step, so this one cannot be taken now.")
        self.state, self.state_at = to, at

    def go_on(self, to: State, *, at: datetime) -> None:
        """Take a later step. A paused session is taken up again so; a new one begins with its frame."""
        if to == State.IN_SESSION and self.state != State.PAUSED:
            raise Conflict("A session begins with its frame: the place, custody, who is in the room.")
        self.move(to, at=at)


class Segment(CaseRow):
    """A numbered passage. Its number is clear, so that people can speak of "segment 4"."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("testimony_id", "number"),)
    compartment = "TESTIMONY"
    author = "recorded_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    number: Mapped[int]
    text: Mapped[Sealed]
    language: Mapped[Sealed]
    speaker: Mapped[Sealed]
    classes: Mapped[Sealed | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Consent(CaseRow):
    """One tier of consent: tier, state and date are clear; how it was given is sealed."""

    __tablename__ = "consents"
    compartment = "TESTIMONY"
    author = "recorded_by"

    tier: Mapped[str]
    state: Mapped[str]
    state_at: Mapped[datetime]
    text_version: Mapped[str]
    language: Mapped[Sealed]
    how_given: Mapped[Sealed]
    conditions: Mapped[Sealed | None]
    recorded_by: Mapped[str]

    def withdraw(self, *, at: datetime) -> None:
        if self.state != ConsentState.GRANTED:
            raise Conflict("There is no current consent for this use.")
        self.state, self.state_at = ConsentState.WITHDRAWN, at


class Attachment(CaseRow):
    """An evidentiary original: sealed as it came, hash kept, never altered.

    The file name is sealed too: "statement of the teacher from M." identifies by itself.
    """

    __tablename__ = "attachments"
    __table_args__ = (CheckConstraint("state IN ('INCOMING', 'KEPT')", name="state"),)
    compartment = "TESTIMONY"
    author = "received_by"
    never_shown: ClassVar[frozenset[str]] = frozenset({"file_key"})

    state: Mapped[str]
    size_bytes: Mapped[int | None]
    # Where the sealed bytes lie: the SHA-256 of the ciphertext, no name of ours or theirs.
    blob: Mapped[str | None]
    file_key: Mapped[Sealed]
    file_name: Mapped[Sealed | None]
    media_type: Mapped[Sealed | None]
    original_sha256: Mapped[Sealed | None]
    received_by: Mapped[str]
    received_at: Mapped[datetime]

    def keep(self, *, blob: str, size_bytes: int) -> None:
        """The sealed bytes are on disk, named by their hash."""
        if self.state != "INCOMING":
            raise Conflict("This attachment is complete already.")
        self.state, self.blob, self.size_bytes = "KEPT", blob, size_bytes


class PriorAccount(CaseRow):
    """What somebody said before, elsewhere: forum, whether a caution was given, the words if held."""

    __tablename__ = "prior_accounts"
    compartment = "TESTIMONY"
    author = "recorded_by"

    forum: Mapped[Sealed]
    caution: Mapped[Sealed]
    account: Mapped[Sealed | None]
    # A submission is linked once, whoever else tries at the same moment.
    submission_id: Mapped[UUID | None] = mapped_column(unique=True)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
