"""What may come in about a session, whoever interprets it, and what stands beside an account."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.testimonies.forms import Code, Drafted, InterpreterCode, RecordAccount, StartSession
from app.testimonies.rules import SegmentClass
from app.work.forms import Account, Form, Language, Line, Passage, Reason, Reasoned, Words

# What may be noted by hand. A silence means something only where the topic was put.
Noted = Literal[
    "TRAUMA_SIGN", "CAME_IN", "WENT_OUT", "STOPPED_FOR", "TOPIC_ASKED", "TOPIC_DECLINED", "TOPIC_NOT_RAISED",
    "COPY_HELD", "NEXT_CONTACT", "ENDED",
]  # fmt: skip


class RegisterInterpreter(Form):
    """Somebody who may interpret. No name: the office knows whom it gave which code."""

    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=12)]
    dialects: Line | None = None
    gender: Literal["FEMALE", "MALE", "OTHER"]
    origin: Line
    ties: Line | None = None
    vetting: Words
    undertaking_until: date


class Undertake(Form):
    """Until when the promise of secrecy holds; a day that is over ends it."""

    undertaking_until: date


class PrepareSession(Reasoned):
    """What is looked at before a session begins: what was told before, and who could interpret."""

    language: Language | None = None
    home_district: Line | None = None
    group: Line | None = None


class NoteEvent(Drafted):
    """Something that happened during the session."""

    kind: Noted
    words: Reason
    who: Code | None = None


class ReportInterpreter(Drafted):
    """What was found about the interpreter of a session that has begun. Protection is told these words."""

    found: Literal["SAME_DISTRICT", "SAME_GROUP", "UNDERTAKING_LAPSED", "KNOWN_TO_WITNESS"]
    words: Passage
    interpreter_code: InterpreterCode


class RecordPrior(Form):
    """That the witness has told it elsewhere: to whom, when, and whether they were warned first."""

    forum: Literal[
        "POLICE", "CRIMINAL_COURT", "ASYLUM", "CIVIL", "INQUIRY", "INTERNATIONAL_COURT", "INTELLIGENCE", "PRESS", "NGO"
    ]
    jurisdiction: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    said_on: Line
    caution: Literal["GIVEN", "NOT_GIVEN", "UNKNOWN"]
    account: Account | None = None


class Amend(Drafted):
    """A correction of one passage, as the witness gives it. What was said first stays.

    classes  what the passage is about now: at least all that it was marked with before
    """

    segment: UUID
    text: Account
    language: Language
    reason: Words
    classes: frozenset[SegmentClass] = frozenset()


class Beside(Form):
    """One passage in a version."""

    segment: UUID
    text: Account


class AddVersion(Drafted):
    """A transcript or a translation of passages of an account."""

    kind: Literal["TRANSCRIPT", "TRANSLATION"]
    language: Language
    passages: Annotated[tuple[Beside, ...], Field(min_length=1, max_length=200)]


class PrintProtocol(Form):
    """A protocol to be written by hand, in the language it is read out in."""

    language: Literal["ar", "en", "fr"]
    carried_by: Line


class EnterPaper(Form):
    """What was written by hand elsewhere, with who was present and the scan of the sheets."""

    collected_on: date
    scan: UUID
    own_words: Words
    counsel: Literal["OFFERED", "PRESENT", "DECLINED"]
    counsel_reason: Words | None = None
    session: StartSession
    account: RecordAccount
