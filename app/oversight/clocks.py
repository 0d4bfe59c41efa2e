"""The clock of the machine: that it jumped is an entry, and after a long jump nothing is destroyed without a person.

Terms are counted by that clock. One that is set ten years ahead, by mistake or on purpose, ends them all at once.
Whether a person has looked since is what the log says; nothing else is kept, so nothing else can say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final

from pydantic import Field
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from app.audit.models import SAID, Entry, EntryBody
from app.errors import Conflict
from app.work import Form, Work, action

JUMP_SECONDS_MAX: Final = 60
# So far it may jump by itself, at the end of a summer or of a long sleep, without anybody being asked.
TRUSTED_SECONDS_MAX: Final = 3600
CENTURY_SECONDS: Final = 3_155_760_000
JUMPED, CONFIRMED = "clock.jump", "clock.confirm"


class Jumped(Form):
    """By how many seconds the clock moved beyond the time that passed; negative where it went back."""

    seconds: Annotated[int, Field(ge=-CENTURY_SECONDS, le=CENTURY_SECONDS)]


@dataclass(frozen=True)
class ClockView:
    """A clock whose jump waits for a person: how far it jumped and when, by itself."""

    seconds: int
    at: datetime


@action(JUMPED, operation="verify")
def jump(work: Work, form: Jumped) -> None:
    """Note that the clock jumped. ``held``: so far that nothing is destroyed until a person has looked."""
    far = abs(form.seconds)
    work.record(seconds=far, backward=form.seconds < 0, held=far > TRUSTED_SECONDS_MAX)


@action(CONFIRMED, operation="verify")
def confirm(work: Work) -> None:
    """Say that the clock is right now, so that what waited goes on."""
    found = waiting(work.session)
    if found is None:
        raise Conflict("The clock waits for nobody.")
    work.record(seconds=abs(found.seconds), backward=found.seconds < 0)


def waiting(session: Session) -> ClockView | None:
    """The newest jump that nobody has looked at since, if it was a long one; None where nothing waits."""
    return read(session.execute(newest()).all())


def newest() -> Select[Any]:
    """The last long jump and the last confirmation, the later of them first.

    By the order in which the database began them: their own times are the very thing that jumped.
    """
    held: ColumnElement[bool] = EntryBody.view["codes"]["held"].astext == "true"
    long = (SAID["action"] == JUMPED) & held
    seen = (SAID["action"] == CONFIRMED) & (SAID["operation"] != "refuse")
    return (
        select(EntryBody.view)
        .join(Entry, Entry.id == EntryBody.entry)
        .where(SAID["action"].in_((JUMPED, CONFIRMED)), long | seen)
        .order_by(Entry.tx.desc(), Entry.id.desc())
        .limit(1)
    )


def read(found: Any) -> ClockView | None:
    """What that one answer says."""
    view: dict[str, Any] = found[0][0] if found else {}
    if view.get("action") != JUMPED:
        return None
    codes = view["codes"]
    return ClockView(-codes["seconds"] if codes["backward"] else codes["seconds"], datetime.fromisoformat(view["at"]))
