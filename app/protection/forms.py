"""What may come in about safety."""

from __future__ import annotations

from typing import Final, Literal

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


class PlanCheckIn(Form):
    """``duty``: whether the person lets whoever is on duty look, when nobody who knows them can be reached."""

    due_at: Moment
    agreed_word: Line
    duty: Literal["AGREED", "REFUSED"] = "AGREED"


class SettleCheckIn(Form):
    state: Literal["MET_OK", "MET_CONCERN", "MISSED"]
    outcome: Words | None = None
