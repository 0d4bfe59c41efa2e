"""Rows under TESTIMONY: the account in segments, its session, what was explained, consents, attachments."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import CaseRow, EnvelopeRow, Sealed
from app.errors import Conflict, NotFound
from app.testimonies.rules import ConsentState, DraftState, State, may_move

# How long a file may be on its way, with all its interruptions.
ARRIVING_MAX = timedelta(hours=72)


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
    # Interpreters of its sessions who turned out to be no strangers, by code: what is recorded, they have heard.
    found: Mapped[Sealed | None]
    # The hash of the account as it was sealed, and the size of the log's checkpoint at that moment.
    seal: Mapped[Sealed | None]
    # Written on paper elsewhere and entered here afterwards: the day it was given. Shown for ever.
    collected_on: Mapped[date | None]
    taken_by: Mapped[str] = mapped_column(index=True)
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


class SegmentVersion(CaseRow):
    """A passage once more, beside the original: written down, in another language, or as the witness corrects it.

    The passage keeps its id and its words; whoever speaks of "segment 4" means the same in each version.
    """

    __tablename__ = "segment_versions"
    __table_args__ = (
        UniqueConstraint("segment_id", "kind", "number"),
        CheckConstraint("kind IN ('TRANSCRIPT', 'TRANSLATION', 'AMENDMENT')", name="kind"),
    )
    compartment = "TESTIMONY"
    author = "made_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    segment_id: Mapped[UUID] = mapped_column(ForeignKey("segments.id"))
    kind: Mapped[str]
    number: Mapped[int]
    text: Mapped[Sealed]
    language: Mapped[Sealed]
    # Why the witness corrects it, in their words, and what the correction is about; no other version has these.
    reason: Mapped[Sealed | None]
    classes: Mapped[Sealed | None]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class SessionEvent(CaseRow):
    """What happened during a session, in its order. Nothing of it is written over."""

    __tablename__ = "session_events"
    compartment = "TESTIMONY"
    author = "noted_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    kind: Mapped[Sealed]
    words: Mapped[Sealed | None]
    noted_by: Mapped[str]
    at: Mapped[datetime]


class ExposureEvent(CaseRow):
    """That somebody came to know words of an account. The register ends with the case, not with the log."""

    __tablename__ = "exposure_events"
    compartment = "TESTIMONY"
    author = "noted_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    # Empty where the words are not kept yet, or were never kept.
    segment_id: Mapped[UUID | None] = mapped_column(ForeignKey("segments.id"))
    person: Mapped[Sealed]
    manner: Mapped[Sealed]
    noted_by: Mapped[str]
    at: Mapped[datetime]


class Interpreter(EnvelopeRow):
    """Somebody who may interpret, by code. Sealed to the intake team, under no case; it holds no name.

    Which session somebody interpreted is told by that session alone: a stolen register names no case.
    """

    __tablename__ = "interpreters"
    scopes = frozenset({"team"})
    author = "registered_by"

    reference: Mapped[str] = mapped_column(unique=True)
    # The written promise of secrecy holds to the end of this day.
    undertaking_until: Mapped[date]
    languages: Mapped[Sealed]
    dialects: Mapped[Sealed | None]
    gender: Mapped[Sealed]
    # Coarse: a district, never a street.
    origin: Mapped[Sealed]
    # Groups, tribes or units the interpreter or their family belong to or belonged to.
    ties: Mapped[Sealed | None]
    vetting: Mapped[Sealed]
    registered_by: Mapped[str]
    registered_at: Mapped[datetime]

    def must_be_bound(self, *, today: date) -> None:
        """Refuse an interpreter whose promise of secrecy has run out."""
        if self.undertaking_until < today:
            raise Conflict("The undertaking of this interpreter has run out. Choose another, or have it renewed first.")


class PaperSession(CaseRow):
    """A protocol that was printed to be written by hand; the envelope it travels in bears this number, no name."""

    __tablename__ = "paper_sessions"
    __table_args__ = (CheckConstraint("state IN ('PRINTED', 'ENTERED')", name="state"),)
    compartment = "TESTIMONY"
    author = "printed_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    reference: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str]
    state_at: Mapped[datetime]
    statement_version: Mapped[str]
    language: Mapped[Sealed]
    # The interview protocol on its sheets; none where the office had published none.
    protocol_id: Mapped[UUID | None] = mapped_column(ForeignKey("protocols.id"))
    # Who takes the sheets along, and brings them back.
    carried_by: Mapped[Sealed]
    # The scan of what was written: the evidentiary original.
    scan_id: Mapped[UUID | None] = mapped_column(ForeignKey("attachments.id"))
    printed_by: Mapped[str]

    def enter(self, scan: UUID, *, at: datetime) -> None:
        """What was written by hand stands in the account now; once."""
        if self.state != "PRINTED":
            raise Conflict("This protocol has been entered already.")
        self.state, self.state_at, self.scan_id = "ENTERED", at, scan


class Consent(CaseRow):
    """One tier of consent: tier, state and date are clear; how it was given is sealed."""

    __tablename__ = "consents"
    compartment = "TESTIMONY"
    author = "recorded_by"
    due = "reconfirm_on"
    due_in = frozenset({ConsentState.GRANTED})

    tier: Mapped[str]
    state: Mapped[str]
    state_at: Mapped[datetime]
    text_version: Mapped[str]
    language: Mapped[Sealed]
    how_given: Mapped[Sealed]
    conditions: Mapped[Sealed | None]
    # Of a child: the guardian's answer, the child's own, and why it is best for them.
    capacity: Mapped[Sealed | None]
    # When a child is asked again as an adult; the day itself would tell the birthday, so it is the month's first.
    reconfirm_on: Mapped[date | None]
    recorded_by: Mapped[str]

    def standing(self, *, today: date) -> str:
        """Its state today: what was given for a child waits to be asked again at eighteen."""
        due = self.state == ConsentState.GRANTED and self.reconfirm_on is not None and self.reconfirm_on <= today
        return ConsentState.RECONFIRM_DUE if due else self.state

    def withdraw(self, *, at: datetime) -> None:
        if self.state != ConsentState.GRANTED:
            raise Conflict("There is no current consent for this use.")
        self.state, self.state_at = ConsentState.WITHDRAWN, at


class Attachment(CaseRow):
    """An evidentiary original: sealed as it came, hash kept, never altered. Or a working copy of one.

    The file name is sealed too: "statement of the teacher from M." identifies by itself. A copy has
    no name, and says in ``removed`` what the original says beside its content; a copy that could
    not be made (NONE) says there why. An upload that never ended (LAPSED) has lost its key.
    """

    __tablename__ = "attachments"
    __table_args__ = (
        CheckConstraint("state IN ('INCOMING', 'KEPT', 'LAPSED', 'NONE')", name="state"),
        CheckConstraint("scanned IN ('UNSCANNED', 'CLEAN', 'FLAGGED', 'HELD')", name="scanned"),
    )
    compartment = "TESTIMONY"
    # A clock sees since when a file is on its way; it holds no key to what is sealed here.
    scopes = frozenset({"compartment", "clock"})
    author = "received_by"
    never_shown: ClassVar[frozenset[str]] = frozenset({"file_key", "fingerprint"})

    state: Mapped[str]
    # What the office's virus scanner says of these bytes; what it calls them stands in ``flag`` of the copy refused.
    scanned: Mapped[str] = mapped_column(default="UNSCANNED")
    copy_of: Mapped[UUID | None] = mapped_column(ForeignKey("attachments.id"), index=True)
    # While it arrives in several goes, what was announced.
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    # Where the sealed bytes lie: the SHA-256 of the ciphertext, no name of ours or theirs.
    blob: Mapped[str | None]
    file_key: Mapped[Sealed | None]
    file_name: Mapped[Sealed | None]
    media_type: Mapped[Sealed | None]
    # Of this file's own bytes: the original's, or the copy's.
    original_sha256: Mapped[Sealed | None]
    # By which the sender's program knows the file again when it goes on with it.
    fingerprint: Mapped[Sealed | None]
    removed: Mapped[Sealed | None]
    flag: Mapped[Sealed | None]
    received_by: Mapped[str]
    received_at: Mapped[datetime]

    def keep(self, *, blob: str, size_bytes: int) -> None:
        """The sealed bytes are on disk, named by their hash."""
        self.must_be_arriving()
        if self.size_bytes not in {None, size_bytes}:
            raise Conflict("This file is not as long as was announced.")
        self.state, self.blob, self.size_bytes = "KEPT", blob, size_bytes

    def must_be_arriving(self) -> None:
        """Conflict for what is whole already, or was given up."""
        if self.state != "INCOMING":
            raise Conflict("This attachment is complete already.")

    def whole(self) -> tuple[str, int]:
        """Where its bytes lie and how many they are; NotFound while there are none."""
        if self.state != "KEPT" or self.blob is None or self.size_bytes is None:
            raise NotFound
        return self.blob, self.size_bytes

    def no_copy(self, *, for_now: bool = False) -> None:
        """A working copy that cannot be made; or not for now, and then it stands in the way of no other."""
        self.must_be_arriving()
        self.state, self.file_key = ("LAPSED" if for_now else "NONE"), None

    def lapse(self, *, at: datetime) -> None:
        """An upload that has not ended in its time: its key goes, and with it whatever has arrived."""
        self.must_be_arriving()
        if at < self.received_at + ARRIVING_MAX:
            raise Conflict("This file may still be arriving.")
        self.state, self.file_key, self.file_name, self.media_type, self.fingerprint = "LAPSED", None, None, None, None


class CustodyEvent(CaseRow):
    """One step of a file's way: who had it from whom, why, and whether the seal was whole. Never altered."""

    __tablename__ = "custody_events"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('RECEIVED', 'COPIED', 'DOWNLOADED', 'HANDED_OVER', 'CHECKED', 'SCANNED', 'FLAGGED')", name="kind"
        ),
    )
    compartment = "TESTIMONY"
    author = "recorded_by"

    attachment_id: Mapped[UUID] = mapped_column(ForeignKey("attachments.id"), index=True)
    kind: Mapped[str]
    from_whom: Mapped[Sealed | None]
    to_whom: Mapped[Sealed | None]
    why: Mapped[Sealed | None]
    seal: Mapped[Sealed | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class PriorAccount(CaseRow):
    """What somebody said before, elsewhere: forum, whether a caution was given, the words if held."""

    __tablename__ = "prior_accounts"
    compartment = "TESTIMONY"
    author = "recorded_by"

    forum: Mapped[Sealed]
    jurisdiction: Mapped[Sealed | None]
    said_on: Mapped[Sealed | None]
    caution: Mapped[Sealed]
    account: Mapped[Sealed | None]
    # A submission is linked once, whoever else tries at the same moment.
    submission_id: Mapped[UUID | None] = mapped_column(unique=True)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Draft(CaseRow):
    """What is typed at a step and not kept yet. Its words lie under the account's key from the first save.

    One for each step, whoever saves it. A text that would go over what its writer has not
    seen stands beside it. One that was kept or thrown away is emptied: the program may
    delete nothing, and the numbers of versions go on.
    """

    __tablename__ = "drafts"
    __table_args__ = (
        CheckConstraint("state IN ('SAVED', 'ASIDE', 'GONE')", name="state"),
        CheckConstraint("(state = 'GONE') = (words IS NULL)", name="words"),
        Index("ix_drafts_one_a_step", "about", "step", unique=True, postgresql_where="state = 'SAVED'"),
    )
    compartment = "TESTIMONY"
    author = "saved_by"
    emptied = DraftState.GONE

    # The account it belongs to; the case itself where a consent is asked, which belongs to no single account.
    about: Mapped[UUID] = mapped_column(index=True)
    step: Mapped[str]
    state: Mapped[str]
    version: Mapped[int]
    # Saved by the page while somebody typed: when they come in again they are led back to it.
    typing: Mapped[bool]
    words: Mapped[Sealed | None]
    saved_by: Mapped[str]
    saved_at: Mapped[datetime]

    def empty(self, *, at: datetime) -> None:
        """Its step was kept, or somebody threw it away."""
        if self.state == DraftState.GONE:
            raise Conflict("This draft is gone already.")
        self.state, self.words, self.saved_at = DraftState.GONE, None, at


class SafetyAnswer(CaseRow):
    """What was answered when somebody was asked whether they are safe now; what they fear goes to protection alone."""

    __tablename__ = "safety_answers"
    compartment = "TESTIMONY"
    author = "asked_by"

    testimony_id: Mapped[UUID] = mapped_column(ForeignKey("testimonies.id"), index=True)
    answers: Mapped[Sealed]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]


class Rescue(EnvelopeRow):
    """What somebody sent when their session had just ended: sealed to their own key, theirs alone to take up."""

    __tablename__ = "rescues"
    __table_args__ = (CheckConstraint("(words IS NULL) = (taken_at IS NOT NULL)", name="words"),)
    scopes = frozenset({"own"})

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"), index=True)
    words: Mapped[Sealed | None]
    at: Mapped[datetime]
    taken_at: Mapped[datetime | None]

    def take(self, *, at: datetime) -> None:
        """Taken up, or no longer theirs to take up: nothing of it stays here."""
        if self.taken_at is not None:
            raise Conflict("This was taken up already.")
        self.words, self.taken_at = None, at
