"""What an auditor may ask of the log."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.work.forms import Form, Moment

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:+-]{1,64}$")]


class AskLog(Form):
    """Filters, all of which must hold; at most fifty entries a page, newest first."""

    case: Code | None = None
    actor: Code | None = None
    action: Code | None = None
    operation: Code | None = None
    outcome: Code | None = None
    since: Moment | None = None
    until: Moment | None = None
    page: Annotated[int, Field(ge=0, le=100_000)] = 0
