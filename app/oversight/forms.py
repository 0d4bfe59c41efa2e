"""What an auditor may ask of the log."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.work.forms import Form, Moment

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:+-]{1,64}$")]
Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2200, 12, 31))]


class AskLog(Form):
    """Filters, all of which must hold; at most fifty entries a page, newest first.

    from_day, to_day   days of the office, both of them counted
    refused            only what was refused
    nights             only what happened at night, by the office's clock
    alarms             only where somebody opened or asked for more than is usual
    cites              only what was done for one item, as under one broken glass
    """

    case: Code | None = None
    actor: Code | None = None
    action: Code | None = None
    operation: Code | None = None
    outcome: Code | None = None
    since: Moment | None = None
    until: Moment | None = None
    from_day: Day | None = None
    to_day: Day | None = None
    refused: bool = False
    nights: bool = False
    alarms: bool = False
    cites: UUID | None = None
    page: Annotated[int, Field(ge=0, le=100_000)] = 0


class AskEntry(Form):
    """One entry by its place in the tree; the first is 0."""

    number: Annotated[int, Field(ge=0, le=2**53)]
