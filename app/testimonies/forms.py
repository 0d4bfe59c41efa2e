"""What may come in about an account."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.testimonies.rules import SegmentClass, Tier
from app.work.forms import Account, Form, Language, Line, Reasoned, Words

FileName = Annotated[str, Field(max_length=255)]
MediaType = Annotated[str, Field(max_length=100)]
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# What a witness is told before a conversation that they may do.
Right = Literal["SILENCE", "REASON", "INTERPRETER", "NOTIFY", "LAWYER", "DOCTOR", "COMPLAINT"]
Modality = Literal["IN_PERSON", "VIDEO", "TELEPHONE", "IN_WRITING"]
Fitness = Literal["FIT", "FIT_WITH_BREAKS", "DOUBTFUL", "NOT_JUDGED"]
Scanned = Literal["UNSCANNED", "CLEAN", "FLAGGED", "HELD"]
Flag = Annotated[str, Field(pattern=r"^[ -~]{1,200}$")]
Version = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}(\.[0-9]{1,3})?$")]


# Somebody in the room or a thing, by the office's own code; who stands behind it is kept with identity.
Code = Annotated[str, Field(pattern=r"^[A-Z]{1,2}-[0-9A-Z]{1,8}$")]
InterpreterCode = Annotated[str, Field(pattern=r"^I-[3-9A-Z]{4}$")]


class Drafted(Form):
    """A step that may have been written in several goes: what of its drafts whoever keeps it has seen.

    draft  the version its page was filled from, 0 if it began empty; a program says none
    aside  a text of one's own that stood aside
    """

    draft: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    aside: UUID | None = None


class BeginTestimony(Form):
    """Triage of an account to come. Admissions may be recorded only with a promise on file."""

    admissions: bool = False
    # At any event that will be told: sets the pathway of the case to CHILD.
    under_18: bool = False


class ExplainLimits(Drafted):
    """That the statement of limits was read, in which language, and how it was understood."""

    statement_version: Version
    language: Language
    own_words: Words


class MakeReady(Drafted):
    """What must be settled before the first substantive question."""

    counsel: Literal["OFFERED", "PRESENT", "DECLINED"]
    counsel_reason: Words | None = None

    @model_validator(mode="after")
    def _reason(self) -> MakeReady:
        if self.counsel == "DECLINED" and self.counsel_reason is None:
            raise ValueError("a declined lawyer needs the reason given")
        return self


class ChooseInterpreter(Form):
    """Who interprets, by the register's code, and what is asked of the witness to see whether they may.

    home_district, group  only for the check against the register; neither is kept
    conflict_reason       why this interpreter all the same, and that the witness agrees
    """

    interpreter_code: InterpreterCode | None = None
    home_district: Line | None = None
    group: Line | None = None
    conflict_reason: Words | None = None


class StartSession(ChooseInterpreter, Drafted):
    """The frame of a session: the kind of place, never an address; who is there, by role and code.

    why_again   where the witness has told it before, here or elsewhere: why they are asked once more
    competence  what makes whoever leads the conversation fit for this one
    rights      what the witness was told they may do
    fitness     how they were found to be before the first question
    """

    place: Literal["OFFICE", "DETENTION", "HOSPITAL", "REMOTE", "PRIVATE_HOME"]
    custody_status: Literal["FREE", "DETAINED", "HELD_BY_ARMED_GROUP", "CAMP", "UNKNOWN"]
    guard_present: bool
    second_interviewer: Code | None = None
    counsel_code: Code | None = None
    support_code: Code | None = None
    guardian_code: Code | None = None
    witness_language: Language | None = None
    interviewer_language: Language | None = None
    recording: Literal["WRITTEN", "AUDIO", "VIDEO"] = "WRITTEN"
    device: Code | None = None
    under_18: bool = False
    why_again: Words | None = None
    modality: Modality | None = None
    competence: Line | None = None
    rights: frozenset[Right] = frozenset()
    fitness: Fitness | None = None


class Passage(Form):
    """One segment as it was said."""

    text: Account
    speaker: Literal["WITNESS", "INTERVIEWER", "INTERPRETER", "COUNSEL", "SUPPORT"] = "WITNESS"
    classes: frozenset[SegmentClass] = frozenset()


class RecordAccount(Drafted):
    """The account in numbered segments, in the language it was given in."""

    language: Language
    segments: Annotated[tuple[Passage, ...], Field(min_length=1, max_length=200)]


class MoveOn(Drafted):
    """Take the next defined step; a step that is skipped needs its reason."""

    to: Literal["TRANSCRIBED", "TRANSLATED", "SEGMENTED", "SEALED", "PAUSED", "IN_SESSION"]
    # Of a break: its cause.
    words: Words | None = None


class RecordConsent(Drafted):
    """One tier, asked by itself."""

    tier: Tier
    granted: bool
    text_version: Version
    language: Language
    how_given: Literal["SPOKEN", "SIGNED", "RECORDED", "THROUGH_INTERPRETER"]
    conditions: Words | None = None
    custody_status: Literal["FREE", "DETAINED", "HELD_BY_ARMED_GROUP", "CAMP", "UNKNOWN"]
    guard_present: bool
    # Of a child: what the guardian answers, what the child does, why it is best for them, and when they come of age.
    guardian: Literal["AGREED", "REFUSED", "NONE_TO_ASK"] | None = None
    own_assent: bool | None = None
    best_interest: Words | None = None
    adult_on: date | None = None


class BeginAttachment(Form):
    """What is known of a file before its first byte: under 2 GiB. With a fingerprint it may arrive in several goes.

    The fingerprint is its sender's own: any 32 bytes by which they know the same file again.
    """

    size_bytes: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None
    fingerprint: Fingerprint | None = None
    file_name: FileName | None = None
    media_type: MediaType | None = None

    @model_validator(mode="after")
    def _announced(self) -> BeginAttachment:
        if self.fingerprint is not None and self.size_bytes is None:
            raise ValueError("a file that arrives in several goes has its size announced")
        return self


class GoOn(Form):
    """Go on with a file that is on its way; the fingerprint shows that it is the same file."""

    fingerprint: Fingerprint


class FinishAttachment(Form):
    """Filled by the door after the bytes were sealed, never by a caller."""

    blob: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: bytes
    file_name: FileName | None
    media_type: MediaType | None
    # What the office's scanner said of it as it came, and what it calls what it found.
    scanned: Scanned = "UNSCANNED"
    flag: Flag | None = None


class FinishCopy(Form):
    """Filled by the door after the room has answered, never by a caller. Without ``blob`` there is no copy."""

    blob: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    size_bytes: Annotated[int, Field(ge=0)] = 0
    sha256: bytes = b""
    media_type: MediaType | None = None
    removed: Annotated[tuple[Annotated[str, Field(pattern=r"^[A-Z_]{1,20}$")], ...], Field(max_length=20)] = ()
    why: Annotated[str, Field(pattern=r"^[A-Z_]{1,20}$")] | None = None
    # What the office's scanner says of the original and of the copy, and what it calls what it found.
    scanned: Scanned = "UNSCANNED"
    flag: Flag | None = None


class RecordCustody(Form):
    """A step of a file's way that the office itself did not see happen: who, to whom, why, and the seal."""

    kind: Literal["RECEIVED", "HANDED_OVER", "CHECKED"]
    from_whom: Line
    to_whom: Line
    why: Words
    seal: Literal["INTACT", "BROKEN", "NOT_CHECKED"]


class ReadAccount(Reasoned):
    """Open an account as a whole, for a reason."""


class OpenFile(Reasoned):
    """Open an attachment's original, for a reason."""


class TakeOut(OpenFile):
    """Take a file out.

    although_flagged    of one that the virus scanner flagged: that it is wanted all the same
    although_unscanned  the same of one that the office's scanner has not looked at, or gave no answer about
    """

    although_flagged: bool = False
    although_unscanned: bool = False
