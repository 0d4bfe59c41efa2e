"""What an auditor may ask of the log."""

from __future__ import annotations

from datetime import date
from typing import Annotated
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
    cites              only what was done for one item, as under one broken glass
    rule               only what this rule of ``policies/`` allowed or forbade
    request            only what one request did
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
    cites: UUID | None = None
    request: UUID | None = None


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
