"""An interview protocol as data: its questions, which of them are asked now, and whether an answer fits. Pure.

A protocol is a file that an office can write itself, so all that could make its questions contradict each other
is refused when it is published. A version is named by the hash of its bytes; an answer names the version.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema, field_validator, model_validator
from pydantic_core import PydanticCustomError

from app.audit.canonical import canonical
from app.work.forms import Form, storable

# What every office can show: further languages may be added, none of these left out.
LANGUAGES: Final = frozenset({"ar", "en", "fr"})
QUESTIONS_MAX: Final = 60
YES_NO: Final = ("YES", "NO", "NOT_ASKED")
# Letters an answer may have.
SHORT_MAX: Final = 500
# Of these nobody can be asked without being told why.
_WITH_REASON: Final = frozenset({"SAFETY", "IDENTITY", "ADMISSION"})
_CHOSEN: Final = frozenset({"ONE", "MANY"})
_SENTENCES: Final[Mapping[str, str]] = {
    "languages": "every text stands in the same languages, Arabic, English and French among them",
    "reason": "a question about safety, identity or an admission says why it is asked",
    "choices": "a question of choice has two choices or more, each code once; no other question has any",
    "keys": "each question has a key of its own",
    "when": "a condition names an earlier question of choice, and one of its answers",
    "always": "what is asked without a promise hangs on nothing that is not asked without one",
    "many": "a protocol has at most 60 questions",
    "day": "a day belongs to the precision DAY, a month to MONTH, and a year to all but DAY and UNKNOWN",
    "one_value": "an answer holds words, choices, a number or a date: one of them",
}


class Kind(StrEnum):
    """What a question is about. Without a promise on file only the first two are asked."""

    SAFETY = "SAFETY"
    IDENTITY = "IDENTITY"
    ACCOUNT = "ACCOUNT"
    ADMISSION = "ADMISSION"


class Type(StrEnum):
    """How a question is answered."""

    SHORT = "SHORT"
    LONG = "LONG"
    ONE = "ONE"
    MANY = "MANY"
    DATE = "DATE"
    YES_NO = "YES_NO"
    NUMBER = "NUMBER"


class Unfit(StrEnum):
    """Why an answer does not fit its question."""

    WRONG_TYPE = "WRONG_TYPE"
    NO_SUCH_CHOICE = "NO_SUCH_CHOICE"
    TOO_LONG = "TOO_LONG"


def _unlike(name: str) -> PydanticCustomError:
    return PydanticCustomError(f"protocol_{name}", _SENTENCES[name])


Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,38}$")]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Said = Annotated[str, StringConstraints(min_length=1, max_length=1000), AfterValidator(storable)]
# Languages the pages have a name for (app/web/intake_words.py).
SPOKEN: Final = ("ar", "bs", "de", "en", "es", "fa", "fr", "ha", "ku", "nl", "ps", "ru", "so", "sq", "tr", "ur")
# Described by each language it may hold, so that a program knows every bound.
Texts = Annotated[
    dict[Annotated[str, StringConstraints(pattern=f"^({'|'.join(SPOKEN)})$")], Said],
    Field(min_length=3),
    WithJsonSchema(
        {
            "type": "object",
            "properties": {name: {"type": "string", "minLength": 1, "maxLength": 1000} for name in SPOKEN},
            "required": sorted(LANGUAGES),
            "additionalProperties": False,
        }
    ),
]


class Choice(Form):
    """One of the answers a question offers."""

    code: Code
    text: Texts


class Condition(Form):
    """Ask only if an earlier question was answered so; of several choices, if this one is among them."""

    question: Key
    answer: Code = Field(alias="is")


class Question(Form):
    """One question, in every language.

    reason  shown beside it: why it is asked, in words that can be read out
    when    the earlier answer it hangs on; without one it is always asked
    """

    key: Key
    kind: Kind
    type: Type
    text: Texts
    reason: Texts | None = None
    choices: Annotated[tuple[Choice, ...], Field(max_length=30)] = ()
    when: Condition | None = None

    @model_validator(mode="after")
    def _whole(self) -> Question:
        codes = self.codes
        if (self.type in _CHOSEN) != (len(codes) > 1) or len(set(codes)) < len(codes):
            raise _unlike("choices")
        if self.reason is None and self.kind in _WITH_REASON:
            raise _unlike("reason")
        return self

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the choices it offers."""
        return tuple(choice.code for choice in self.choices)

    @property
    def answers(self) -> tuple[str, ...]:
        """The codes a condition on it may name."""
        return YES_NO if self.type == Type.YES_NO else self.codes


class Section(Form):
    """Questions under one heading."""

    title: Texts
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=QUESTIONS_MAX)]


class Protocol(Form):
    """A protocol: what is asked, in the order in which it is asked."""

    name: Key
    version: Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}(\.[0-9]{1,3})?$")]
    title: Texts
    sections: Annotated[tuple[Section, ...], Field(min_length=1, max_length=20)]

    @model_validator(mode="after")
    def _agrees(self) -> Protocol:
        if len(self.questions) > QUESTIONS_MAX:
            raise _unlike("many")
        if any(set(texts) != set(self.title) or not set(texts) >= LANGUAGES for texts in self._texts()):
            raise _unlike("languages")
        earlier: dict[str, Question] = {}
        for question in self.questions:
            if question.key in earlier:
                raise _unlike("keys")
            hangs = question.when
            if hangs is not None and (
                hangs.question not in earlier or hangs.answer not in earlier[hangs.question].answers
            ):
                raise _unlike("when")
            if hangs is not None and asks(question, admissions=False) > asks(earlier[hangs.question], admissions=False):
                raise _unlike("always")
            earlier[question.key] = question
        return self

    @property
    def questions(self) -> tuple[Question, ...]:
        """Every question, in its order."""
        return tuple(question for section in self.sections for question in section.questions)

    def question(self, key: str) -> Question | None:
        return next((each for each in self.questions if each.key == key), None)

    def bytes(self) -> bytes:
        """The one way to write this protocol down."""
        return canonical(self.model_dump(mode="json", by_alias=True, exclude_none=True))

    def _texts(self) -> list[dict[str, str]]:
        found = [self.title, *(section.title for section in self.sections)]
        for question in self.questions:
            found += [question.text, *(choice.text for choice in question.choices)]
            found += [question.reason] if question.reason is not None else []
        return found


class Day(Form):
    """A date as it was given: "spring 2016" is not 1 March.

    words  what the witness said, where it is more or less than a date
    """

    precision: Literal["DAY", "MONTH", "SEASON", "YEAR", "BEFORE", "AFTER", "UNKNOWN"]
    day: date | None = None
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    month: Annotated[int, Field(ge=1, le=12)] | None = None
    words: Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(storable)] | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Day:
        told = (self.day is not None, self.month is not None, self.year is not None)
        wanted = {"DAY": (True, False, False), "MONTH": (False, True, True), "UNKNOWN": (False, False, False)}
        if told != wanted.get(self.precision, (False, False, True)):
            raise _unlike("day")
        return self


class Answer(Form):
    """What was answered to one question: words, choices, a number or a date, as its type wants."""

    question: Key
    words: Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(storable)] | None = None
    chosen: Annotated[tuple[Code, ...], Field(max_length=30)] = ()
    number: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    day: Day | None = None

    @field_validator("chosen")
    @classmethod
    def _once(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(chosen))

    @model_validator(mode="after")
    def _one(self) -> Answer:
        if [self.words is None, not self.chosen, self.number is None, self.day is None].count(False) != 1:
            raise _unlike("one_value")
        return self

    def value(self) -> dict[str, Any]:
        """The answer without its question, as it is sealed."""
        return self.model_dump(mode="json", exclude={"question"}, exclude_defaults=True)


def named(packed: bytes) -> str:
    """The name of a version: SHA-256 of its bytes, in hex."""
    return hashlib.sha256(packed).hexdigest()


def asks(question: Question, *, admissions: bool) -> bool:
    """Whether a question of this kind may be asked: with no promise on file, of safety and identity alone."""
    return admissions or question.kind in {Kind.SAFETY, Kind.IDENTITY}


def offered(protocol: Protocol, given: Mapping[str, Answer], *, admissions: bool) -> tuple[Question, ...]:
    """The questions that are asked now, in their order.

    given  the newest answer to each question, by its key

    A question hangs on one that is asked itself: what was answered to a question that has
    fallen away counts for nothing.
    """
    asked: dict[str, Question] = {}
    for question in protocol.questions:
        hangs = question.when
        met = hangs is None or (
            hangs.question in asked and hangs.question in given and hangs.answer in given[hangs.question].chosen
        )
        if met and asks(question, admissions=admissions):
            asked[question.key] = question
    return tuple(asked.values())


def unfit(question: Question, answer: Answer) -> Unfit | None:
    """Why an answer does not fit its question; None if it does."""
    match question.type:
        case Type.SHORT | Type.LONG:
            if answer.words is None:
                return Unfit.WRONG_TYPE
            return Unfit.TOO_LONG if question.type == Type.SHORT and len(answer.words) > SHORT_MAX else None
        case Type.DATE:
            return Unfit.WRONG_TYPE if answer.day is None else None
        case Type.NUMBER:
            return Unfit.WRONG_TYPE if answer.number is None else None
    if not answer.chosen or (question.type != Type.MANY and len(answer.chosen) > 1):
        return Unfit.WRONG_TYPE
    return None if set(answer.chosen) <= set(question.answers) else Unfit.NO_SUCH_CHOICE
