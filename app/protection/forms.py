"""What may come in about safety."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Final, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from app.work.forms import Form, Line, Moment, Passage, Words

Level = Literal["NONE_KNOWN", "LOW", "MODERATE", "HIGH", "CRITICAL"]
# How long a level stands before it must be judged anew, in days.
VALID_DAYS: Final[dict[str, int]] = {"CRITICAL": 7, "HIGH": 30, "MODERATE": 90, "LOW": 180, "NONE_KNOWN": 180}
# Of these somebody is called at any hour.
PAGES: Final = frozenset({"CRITICAL", "HIGH"})


class AssessThreat(Form):
    level: Level
    fear_in_own_words: Passage
    findings: Passage
    measures: Passage | None = None


class RecordResidence(Form):
    place: Words
    since: Line
    who_knows: Words


class RecordNeed(Form):
    kind: Literal["HEALTH", "TRAUMA", "MEDICINE", "SCHOOL", "LANGUAGE", "FAITH", "HOUSING", "WORK", "PAPERS", "FAMILY"]
    words: Passage


@cache
def zones() -> frozenset[str]:
    """Time zones by their names in the IANA database, as this machine has it."""
    return frozenset(available_timezones())


def _known(name: str) -> str:
    """Refuse what is no time zone: a name that is only nearly right would be an hour off."""
    if name not in zones():
        raise PydanticCustomError("zone_unknown", "no time zone of this name")
    return name


Zone = Annotated[Line, AfterValidator(_known)]


class PlanCheckIn(Form):
    """A time to speak.

    zone  by whose clock it was agreed, where that is not the office's; sealed, for it betrays the country
    duty  whether the person lets whoever is on duty look, when nobody who knows them can be reached
    """

    due_at: Moment
    zone: Zone | None = None
    agreed_word: Line
    duty: Literal["AGREED", "REFUSED"] = "AGREED"


class ReportMissing(Form):
    """What came of looking for somebody who was not met."""

    state: Literal["LOCATED", "UNACCOUNTED"]


class SettleCheckIn(Form):
    state: Literal["MET_OK", "MET_CONCERN", "MISSED"]
    outcome: Words | None = None
