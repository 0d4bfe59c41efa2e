"""What may come in: the unknown is forbidden, every string is bounded, every text is text.

Forms are frozen. Strings are kept byte for byte as they came: testimony is not tidied.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Form(BaseModel):
    """Base of every form. ``hide_input_in_errors``: a refused value is never repeated."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def told(self) -> str:
        """What makes two forms the same request, for an idempotency key."""
        return self.model_dump_json()


def storable(text: str) -> str:
    """Refuse by a ValueError what PostgreSQL or UTF-8 cannot hold; everything else stays as it was typed."""
    if "\x00" in text or any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError("not text")
    return text


def _storable_moment(moment: datetime) -> datetime:
    """Refuse what is nobody's appointment: a time past year 9999 in UTC is stored, but never read again."""
    if not 1900 <= moment.year <= 2200:
        raise ValueError("not a time of ours")
    return moment.astimezone(UTC)


def _said(text: str) -> str:
    """Refuse what says nothing: a blank or an invisible sign is no sentence."""
    if not any(c.isalnum() for c in text):
        raise ValueError("no words")
    return text


Line = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(storable)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(storable)]
# A reason in words: what it must hold is at least one.
Reason = Annotated[Words, AfterValidator(_said)]
Passage = Annotated[str, StringConstraints(min_length=1, max_length=20_000), AfterValidator(storable)]
Account = Annotated[str, StringConstraints(min_length=1, max_length=200_000), AfterValidator(storable)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z]{2,4})?$")]
Moment = Annotated[AwareDatetime, AfterValidator(_storable_moment)]
Count = Annotated[int, Field(ge=0, le=100_000)]


class Justification(StrEnum):
    """Why something sealed is opened. A closed list: no code, no opening; there is no OTHER.

    The list and who may use which: Law Enforcement Directive Art. 25 asks for the
    justification of every consultation; the codes are the product's own.
    """

    INTAKE = "INTAKE"
    TRIAGE = "TRIAGE"
    SAFETY = "SAFETY"
    LIFE_AT_RISK = "LIFE_AT_RISK"
    RELOCATION = "RELOCATION"
    CARE = "CARE"
    ASSURANCE = "ASSURANCE"
    LEGAL_ASSESSMENT = "LEGAL_ASSESSMENT"
    DEMAND = "DEMAND"
    AGREED_DISCLOSURE = "AGREED_DISCLOSURE"
    RELEASE_WORK = "RELEASE_WORK"
    SECOND_SIGNATURE = "SECOND_SIGNATURE"
    WITNESS_REQUEST = "WITNESS_REQUEST"
    HANDOVER = "HANDOVER"
    INCIDENT = "INCIDENT"
    SAME_PERSON = "SAME_PERSON"
    INQUIRY = "INQUIRY"


# Which rows a code must cite. A code that is missing here cites nothing we keep yet.
CITES: Final[dict[Justification, tuple[str, ...]]] = {
    Justification.INTAKE: ("testimonies",),
    Justification.TRIAGE: ("submissions",),
    Justification.SAFETY: ("threat_assessments",),
    Justification.CARE: ("check_ins", "needs"),
    Justification.RELOCATION: ("threat_assessments",),
    Justification.ASSURANCE: ("assurances",),
    Justification.LEGAL_ASSESSMENT: ("mitigation_assessments",),
    Justification.AGREED_DISCLOSURE: ("consents",),
    Justification.RELEASE_WORK: ("public_reports",),
    Justification.SECOND_SIGNATURE: ("mitigation_assessments", "threat_assessments", "retention_choices", "assurances"),
    Justification.HANDOVER: ("grants",),
}


class Stated(Form):
    """A form that states why: purpose code, the item it serves, and words if wanted."""

    justification: Justification
    cites: UUID | None = None
    words: Reason | None = None


class Reasoned(Stated):
    """A form that opens something, for the reason it states.

    visit  during which it is opened: code and item are the visit's, and so are its words
    """

    visit: UUID | None = None
