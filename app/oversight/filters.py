"""Which entries are meant: one place for the list an auditor reads and the number that leads to it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, DateTime, Select, cast, func, or_

from app.audit.models import EntryBody
from app.clock import NIGHT_FROM_HOUR, NIGHT_UNTIL_HOUR
from app.errors import TooManyCases
from app.oversight.forms import AskLog
from app.work import Reading

# An entry's id tells when it was made, a moment after the time it names. A clock that was
# set back between the two is forgiven a day.
SLACK: Final = timedelta(days=1)


def chosen(reading: Reading, form: AskLog) -> Select[Any]:
    """Bodies of the entries that every filter of the form lets through, in no order."""
    return reading.rows(EntryBody).where(*_conditions(form, reading.settings.zone))


def made_since(moment: datetime) -> ColumnElement[bool]:
    """Entries that can have been made since then, by their id: its index keeps a look back short."""
    milliseconds = int((moment - SLACK).timestamp() * 1000)
    return EntryBody.entry >= UUID(int=max(0, milliseconds) << 80)


def _conditions(form: AskLog, zone: ZoneInfo) -> list[ColumnElement[bool]]:
    view = EntryBody.view
    wanted = [view[name].astext == value for name in ("actor", "action", "operation", "outcome")
              if (value := getattr(form, name)) is not None]  # fmt: skip
    if form.case is not None:
        wanted.append(view["subjects"].contains([{"case": form.case}]) | (view["sought"].astext == form.case))
    if form.cites is not None:
        wanted.append(view["cites"].astext == str(form.cites))
    if form.refused:
        wanted.append(view["operation"].astext == "refuse")
    if form.alarms:
        raised = view["codes"].has_key("alarm") | (view["codes"]["in_vain"].astext == "true")
        wanted.append(raised | (view["outcome"].astext == TooManyCases.code))
    if form.nights:
        wanted.append(_at_night(zone))
    # Byte order, whatever the database's own: a collation may pass over points and signs.
    at = view["at"].astext.collate("C")
    for since in _since(form, zone):
        wanted += [at >= _instant(since), made_since(since)]
    wanted += [at < _instant(until) for until in _until(form, zone)]
    return wanted


def _at_night(zone: ZoneInfo) -> ColumnElement[bool]:
    # The zone is one that the settings have checked; the time is one that we have written.
    local = func.timezone(zone.key, cast(EntryBody.view["at"].astext, DateTime(timezone=True)))
    hour = func.extract("hour", local)
    return or_(hour >= NIGHT_FROM_HOUR, hour < NIGHT_UNTIL_HOUR)


def _since(form: AskLog, zone: ZoneInfo) -> list[datetime]:
    found = [form.since] if form.since is not None else []
    if form.from_day is not None:
        found.append(datetime.combine(form.from_day, time(), zone))
    return found


def _until(form: AskLog, zone: ZoneInfo) -> list[datetime]:
    found = [form.until] if form.until is not None else []
    if form.to_day is not None:
        found.append(datetime.combine(form.to_day + timedelta(days=1), time(), zone))
    return found


def _instant(moment: datetime) -> str:
    """A moment in UTC as entries write theirs, so that order of text is order of time."""
    utc = moment.astimezone(ZoneInfo("UTC"))
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
