"""What an auditor may ask of the log."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, model_validator

from app.work.forms import Form, Moment

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:+-]{1,64}$")]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))]


class Filters(Form):
    """What of the log is meant: all of it must hold. Codes, references, days; an address may carry each.

    from_day, to_day   days of the office, both of them counted
    days               only the last so many days of the office, today among them
    refused            only what was refused
    nights             only what happened at night, by the office's clock
    alarms             only where somebody opened or asked for more than is usual
    in_vain            only where somebody looked up many who were not met
    unexpected         only what neither duty nor one's own interview explains
    cites              only what was done for one item, as under one broken glass
    rule               only what this rule of ``policies/`` allowed or forbade
    request            only what one request did
    inquiry            only what one inquiry is about
    """

    case: Code | None = None
    actor: Code | None = None
    action: Code | None = None
    operation: Code | None = None
    outcome: Code | None = None
    justification: Code | None = None
    rule: Code | None = None
    since: Moment | None = None
    until: Moment | None = None
    from_day: Day | None = None
    to_day: Day | None = None
    days: Annotated[int, Field(ge=1, le=366)] | None = None
    refused: bool = False
    nights: bool = False
    alarms: bool = False
    in_vain: bool = False
    unexpected: bool = False
    cites: UUID | None = None
    request: UUID | None = None
    inquiry: UUID | None = None


class AskLog(Filters):
    """A page of what the filters let through: at most fifty entries, newest first.

    before, after   the entry this page begins behind, going back or coming on; counting pages
                    would read all that lies before them again
    """

    before: UUID | None = None
    after: UUID | None = None

    @model_validator(mode="after")
    def _one_way(self) -> AskLog:
        if self.before is not None and self.after is not None:
            raise ValueError("a page goes back or comes on")
        return self


class AskEntry(Form):
    """One entry by its place in the tree; the first is 0."""

    number: Annotated[int, Field(ge=0, le=2**53)]


class KeepFilter(Filters):
    """Filters to ask by again: at least one of them."""

    @model_validator(mode="after")
    def _asks_something(self) -> KeepFilter:
        if not self.model_dump(exclude_defaults=True):
            raise ValueError("it would let everything through")
        return self


class LookedAt(Form):
    """That one entry was looked at, and what for."""

    number: Annotated[int, Field(ge=0, le=2**53)]
    finding: Literal["IN_ORDER", "TO_ASK"]


class AskCase(Form):
    """What was done to one case, as its own entries number it: those behind a number, oldest first."""

    reference: Code
    behind: Annotated[int, Field(ge=0, le=2**53)] = 0
    whole: bool = False


class OpenInquiry(Form):
    """Why a colleague is to be asked, and the first entry of theirs that it is about."""

    reason: Literal[
        "NIGHT", "MANY_CASES", "IN_VAIN", "WITHOUT_KEY", "AFTER_HAND_OVER", "JOINED", "BROKEN_GLASS", "DRAWN", "TOLD",
    ]  # fmt: skip
    entry: UUID | None = None


class PickEntry(Form):
    """One more entry that an inquiry is about."""

    entry: UUID


class AskThem(Form):
    """What is asked."""

    question: Literal["WHY_THIS", "WHY_THEN", "WHY_SO_MANY", "WHO_ASKED", "WAS_IT_YOU"]


class Explain(Form):
    """What it was; and a colleague who can confirm it, by code."""

    answer: Literal[
        "MY_TASK", "STOOD_IN", "LIFE_AT_RISK", "WITNESS_ASKED", "TOLD_TO", "WRONG_CASE", "NO_TASK", "NOT_ME",
        "NOT_REMEMBERED",
    ]  # fmt: skip
    vouched_by: Annotated[str, Field(pattern=r"^S-[3-9A-Z]{6}$")] | None = None


class CloseInquiry(Form):
    """What came of it."""

    outcome: Literal["LAWFUL", "MISTAKE", "MISUSE", "UNRESOLVED"]
