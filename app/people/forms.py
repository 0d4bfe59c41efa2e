"""What may come in about who somebody is."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from app.work.forms import Form, Language, Line, Words

Precision = Literal["DAY", "MONTH", "SEASON", "YEAR", "BEFORE", "AFTER", "UNKNOWN"]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Category = Literal["VICTIM", "WITNESS", "SUSPECT", "CONVICTED", "OTHER_PARTY"]


class LooseDate(Form):
    """A date as it was given: "spring 2016" is not 1 March.

    words      what the person said
    day        set only if the precision is DAY; year otherwise where known
    """

    precision: Precision
    words: Line | None = None
    day: date | None = None
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None

    @model_validator(mode="after")
    def _agrees(self) -> LooseDate:
        if (self.precision == "DAY") != (self.day is not None):
            raise ValueError("a day belongs to the precision DAY, and to no other")
        return self


class RecordPerson(Form):
    """Names in the scripts the person writes them in; each part as given."""

    legal_name: Line
    name_arabic: Line | None = None
    aliases: Annotated[tuple[Line, ...], Field(max_length=20)] = ()
    birth_date: LooseDate | None = None
    sex: Literal["FEMALE", "MALE", "OTHER", "NOT_SAID"] | None = None
    nationalities: Annotated[tuple[Country, ...], Field(max_length=5)] = ()
    languages: Annotated[tuple[Language, ...], Field(max_length=12)] = ()
    category: Annotated[tuple[Category, ...], Field(max_length=5)] = ()


class RecordDocument(Form):
    kind: Literal["PASSPORT", "ID_CARD", "BIRTH_CERTIFICATE", "FAMILY_BOOK", "RESIDENCE_PERMIT", "OTHER"]
    condition: Literal["HELD", "LOST", "DESTROYED_BY_GROUP", "SURRENDERED", "DOUBTFUL"]
    number: Line | None = None
    issuer: Line | None = None


class RecordContact(Form):
    channel: Literal["PHONE", "MESSENGER", "EMAIL", "THROUGH_SOMEBODY", "PORTAL_ONLY"]
    address: Line
    safe_hours: Line | None = None
    opening_words: Words | None = None
    who_must_not_know: Words | None = None


ApproachCode = Literal[
    "PORTAL_ONLY", "NOT_BY_PHONE", "NOT_BY_MESSAGE", "NOT_BY_LETTER", "NOT_AT_HOME", "THROUGH_SOMEBODY",
    "NEVER_NAME_THE_OFFICE", "WOMAN_INTERPRETER", "MAN_INTERPRETER", "NO_INTERPRETER_FROM_HOME", "WITH_COUNSEL",
]  # fmt: skip


class RecordApproach(Form):
    """All that holds from now on; the newest record counts."""

    codes: Annotated[frozenset[ApproachCode], Field(min_length=1, max_length=11)]
