"""What may come in about who somebody is."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.work.forms import Form, Language, Line, Reasoned, Words

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


PartKind = Literal["GIVEN", "FATHER", "GRANDFATHER", "FAMILY", "OTHER"]
Script = Literal["ARABIC", "LATIN", "OTHER"]
NameUse = Literal["LEGAL", "EARLIER", "ALIAS", "KUNYA", "IN_THE_GROUP", "SPELLING"]
About = Literal["WITNESS", "FATHER", "MOTHER", "SPOUSE", "SIBLING", "CHILD", "OTHER_KIN"]
Basis = Literal["FACT", "STATEMENT", "ASSESSMENT"]


class NameParts(Form):
    """A name in one script, part by part; any of them may be missing."""

    given: Line | None = None
    father: Line | None = None
    grandfather: Line | None = None
    family: Line | None = None
    other: Line | None = None

    @property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """Kind and text of the parts that were given, in the order a name is said in."""
        return tuple((kind.upper(), text) for kind, text in self if text is not None)

    @property
    def whole(self) -> str:
        """The name in one line."""
        return " ".join(text for _, text in self.parts)


class RecordClaim(Form):
    """What one source says: of whom, which name in which scripts, born when, how well founded."""

    about: About
    name_use: NameUse
    arabic: NameParts | None = None
    latin: NameParts | None = None
    other_script: NameParts | None = None
    birth_date: LooseDate | None = None
    basis: Basis
    source: Line

    @model_validator(mode="after")
    def _names_somebody(self) -> RecordClaim:
        if not any(names.parts for _, names in self.names):
            raise ValueError("a name in at least one script")
        return self

    @property
    def names(self) -> tuple[tuple[str, NameParts], ...]:
        """Script and parts, of each script that was filled in."""
        given = (("ARABIC", self.arabic), ("LATIN", self.latin), ("OTHER", self.other_script))
        return tuple((script, names) for script, names in given if names is not None)


class AskKnown(Reasoned):
    """Whether somebody is known: particulars of theirs, and for which case of mine it is asked."""

    name: Line | None = None
    birth_date: LooseDate | None = None
    document_number: Line | None = None
    contact: Line | None = None
    for_case: Line | None = None

    @property
    def year(self) -> int | None:
        """The year of birth that is asked for."""
        return year_of(self.birth_date)


def year_of(born: LooseDate | None) -> int | None:
    """The year of a birth date, if it has one."""
    if born is None:
        return None
    return born.day.year if born.day is not None else born.year


class FindCase(Form):
    """A case of mine, by exactly one particular."""

    reference: Line | None = None
    alias: Line | None = None
    document_number: Line | None = None
    contact: Line | None = None


StrongAttribute = Literal["DOCUMENT_NUMBER", "CONTACT", "NAME_AND_BIRTH", "KIN_BY_NAME", "SHARED_EVENT"]
# A finding without these is none: a name alone has put people into prison for somebody else.
STRONG_LEAST: Final = 2


class SettleSamePerson(Form):
    """Whether another record is of the same person, after speaking with whom the look-up named."""

    finding: Literal["SAME", "NOT_SAME", "UNRESOLVED"]
    attributes: Annotated[frozenset[StrongAttribute], Field(max_length=5)] = frozenset()
    asked: Annotated[str, Field(pattern=r"^S-[A-Z0-9]{6}$")]
    reasons: Words | None = None
    look_up: UUID | None = None
