"""What may come in: a finding in words, never a number; a promise of others, and the question what may leave."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal, Self, get_args
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.legal.course import Clock, Ground, State, Whose
from app.legal.restrictions import Body, Kind, Strength, Subject, Use
from app.work.forms import Form, Line, Passage, Reason, Reasoned, Words

Factor = Literal[
    "SIGNIFICANCE", "TRUTHFULNESS", "NATURE_EXTENT", "RISK_INCURRED", "TIMELINESS",
    "BEYOND_OWN_PART", "SERIOUSNESS_RELATION", "RENUNCIATION",
]  # fmt: skip
# The closed list of what cooperation is looked at for. The order is that of the pages, and no weight.
FACTORS: Final[tuple[str, ...]] = get_args(Factor)
CITED_MAX: Final = 50
Version = Annotated[int, Field(ge=0, le=100_000)]
Cited = Annotated[tuple[UUID, ...], Field(max_length=CITED_MAX)]


class WriteFactor(Form):
    """One factor of the grid. What speaks against it is never empty: "none found after looking in ..." will do.

    seen      the version in which whoever writes saw this factor; 0 where nothing was kept of it yet
    passages  passages of the case it rests on
    evidence, against   claims of the case that bear it out, and that speak against it: each with its own grades
    """

    factor: Factor
    seen: Version = 0
    finding: Literal["MET", "PARTLY", "NOT_MET", "UNKNOWN"]
    reasons: Passage
    passages: Cited = ()
    evidence: Cited = ()
    against: Cited = ()
    contrary_evidence: Passage


class ReadAssessment(Reasoned):
    """Open an assessment as it stands, or as it stood at one version."""

    version: Version | None = None


class OfVersion(Form):
    """version   as the sender has read it; if it is another one by now, nothing happens"""

    version: Version


class ReturnAssessment(OfVersion):
    """words   what the second reader asks"""

    words: Passage


class SecondSignature(OfVersion):
    """Sign, or dissent in one's own words: both texts stay."""

    answer: Literal["SIGNED", "DISSENTED"]
    words: Passage | None = None

    @model_validator(mode="after")
    def _said(self) -> SecondSignature:
        if self.answer == "DISSENTED" and self.words is None:
            raise PydanticCustomError("dissent_words", "a dissent says why")
        return self


class _Recorded(Form):
    """A step of the course as it is recorded.

    seen         the number of the step that whoever records saw last; 0 where there was none
    authority    who it was in particular: a court, an office, or whoever speaks for the witness
    happened_on  the day it was done, which is not the day it is written down
    instrument, attachment   the paper: its text, or the file it lies in
    """

    seen: Annotated[int, Field(ge=0, le=10_000)] = 0
    authority: Line
    happened_on: date
    reason: Passage
    instrument: Passage | None = None
    attachment: UUID | None = None

    @model_validator(mode="after")
    def _one_paper(self) -> Self:
        if self.instrument is not None and self.attachment is not None:
            raise PydanticCustomError("step_paper", "the paper is its text or a file, not both")
        return self


class MoveMitigation(_Recorded):
    """A step of somebody, or a day that begins or ends to run where the course stands.

    ground            of a breach: what the word about it rests on
    clock, runs_from  what begins to run with it, and from which day
    """

    to: State
    whose: Whose
    ground: Ground | None = None
    clock: Clock | None = None
    runs_from: date | None = None

    @model_validator(mode="after")
    def _from_a_day(self) -> Self:
        starts = self.clock is not None and self.clock is not Clock.MET
        if starts != (self.runs_from is not None):
            raise PydanticCustomError("step_runs_from", "what begins to run says from which day")
        return self


class ReportCooperation(_Recorded):
    """The report for a court, in words, by somebody who had no part in any of it.

    uninvolved  that its author says so of themself: what is recorded here does not know everything
    """

    instrument: Passage
    uninvolved: Literal[True]


# A state, a part of one, or an international court by its letters.
Jurisdiction = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2,4}(-[A-Z0-9]{1,3})?$")]
_NEEDS_STATED = frozenset({Kind.IMMUNITY_NOTICE, Kind.USE_UNDERTAKING, Kind.INQUIRY_PROMISE})


class DraftAssurance(Form):
    """What somebody else promised about the words. Its kind says what it bars; a reviewer can only bar more.

    instrument, attachment   its text, or the file it lies in: one of them
    barred                   uses against the witness that are barred beyond its kind
    survives_organisation    whether it holds when the body that gave it is no more
    """

    kind: Kind
    strength: Strength
    issuer: Line
    basis: Line
    instrument: Passage | None = None
    attachment: UUID | None = None
    jurisdiction: Jurisdiction
    bodies: Annotated[frozenset[Body], Field(min_length=1)]
    proceedings: Words | None = None
    conditions: Words | None = None
    exceptions: Words | None = None
    barred: frozenset[Use] = frozenset()
    starts_on: date
    ends_on: date | None = None
    survives_organisation: bool = False

    @model_validator(mode="after")
    def _whole(self) -> DraftAssurance:
        if (self.instrument is None) == (self.attachment is None):
            raise PydanticCustomError("assurance_instrument", "the instrument is its text or a file, one of them")
        if self.kind in _NEEDS_STATED and self.proceedings is None:
            raise PydanticCustomError("assurance_stated", "a promise of this kind names the proceedings it holds in")
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise PydanticCustomError("assurance_ends_on", "its last day is not before its first")
        return self


class SignAssurance(Form):
    """verified   how the second reviewer made sure, with the issuer, that it is theirs"""

    verified: Reason


class RevokeAssurance(Form):
    """by   who took it back; heard: whether the witness was heard first"""

    by: Line
    heard: bool
    words: Reason


class LapseAssurance(Form):
    """cause   a condition that was not met, or that the body which gave it is no more"""

    cause: Literal["CONDITION", "BODY_ENDED"]
    words: Reason


class AskLeaving(Reasoned):
    """May the passages of an account leave for this use, against this subject, to this forum?"""

    use: Use
    subject: Subject
    jurisdiction: Jurisdiction
    body: Body


class Tighten(Form):
    """Bar one use of a passage, at once. Nothing can be made looser here."""

    use: Use
    subject: Subject
    jurisdiction: Jurisdiction
    bodies: Annotated[frozenset[Body], Field(min_length=1)]
    reason: Words
