"""Which entries are meant: one place for the list an auditor reads and the number that leads to it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, DateTime, Select, cast, func, literal_column, or_, select

from app.audit.models import ALARMED, EXPECTED, IN_VAIN, SAID, EntryBody, EntrySubject
from app.cases.models import Case
from app.clock import NIGHT_FROM_HOUR, NIGHT_UNTIL_HOUR
from app.oversight.forms import Filters
from app.oversight.models import InquiryEntry
from app.work import Reading

# An entry's id tells when it was made, a moment after the time it names. A clock that was
# set back between the two is forgiven a day.
SLACK: Final = timedelta(days=1)


def chosen(reading: Reading, form: Filters) -> Select[Any]:
    """Bodies of the entries that every filter of the form lets through, in no order."""
    return reading.rows(EntryBody).where(*conditions(reading, form))


def made_since(moment: datetime) -> ColumnElement[bool]:
    """Entries that can have been made since then, by their id: its index keeps a look back short."""
    return EntryBody.entry >= id_at(moment - SLACK)


def conditions(reading: Reading, form: Filters) -> list[ColumnElement[bool]]:
    """What must hold of an entry, each in the words its index has (app/audit/models.py)."""
    zone = reading.settings.zone
    told = {
        SAID["actor"]: form.actor, SAID["action"]: form.action, SAID["operation"]: form.operation,
        SAID["outcome"]: form.outcome, SAID["justification"]: form.justification, SAID["rule"]: form.rule,
        SAID["cites"]: form.cites, SAID["request"]: form.request,
    }  # fmt: skip
    wanted = [said == str(value) for said, value in told.items() if value is not None]
    if form.case is not None:
        wanted.append(EntryBody.entry.in_(_of_case(form.case)))
    if form.inquiry is not None:
        picked = select(InquiryEntry.entry).where(InquiryEntry.inquiry_id == form.inquiry)
        wanted.append(EntryBody.entry.in_(picked))
    if form.outcome is not None and form.outcome != "done":
        wanted.append(SAID["outcome"] != literal_column("'done'"))
    if form.refused:
        wanted.append(SAID["operation"] == "refuse")
    if form.alarms:
        wanted.append(ALARMED)
    if form.in_vain:
        wanted += [ALARMED, IN_VAIN]
    if form.unexpected:
        wanted.append(~EXPECTED)
    if form.nights:
        wanted.append(_at_night(zone))
    # Byte order, whatever the database's own: a collation may pass over points and signs.
    at = EntryBody.view["at"].astext.collate("C")
    for since in _since(reading, form, zone):
        wanted += [at >= _instant(since), made_since(since)]
    for until in _until(form, zone):
        wanted += [at < _instant(until), EntryBody.entry < id_at(until + SLACK)]
    return wanted


def _of_case(reference: str) -> Select[Any]:
    """Entries about a case, and refusals of somebody who asked for it by its reference."""
    about = select(EntrySubject.entry).join(Case, Case.id == EntrySubject.case_id).where(Case.reference == reference)
    return about.union_all(select(EntryBody.entry).where(SAID["sought"] == reference)).subquery().select()


def id_at(moment: datetime) -> UUID:
    """The least id an entry made at this moment can have."""
    return UUID(int=max(0, int(moment.timestamp() * 1000)) << 80)


def _at_night(zone: ZoneInfo) -> ColumnElement[bool]:
    # The zone is one that the settings have checked; the time is one that we have written.
    local = func.timezone(zone.key, cast(EntryBody.view["at"].astext, DateTime(timezone=True)))
    hour = func.extract("hour", local)
    return or_(hour >= NIGHT_FROM_HOUR, hour < NIGHT_UNTIL_HOUR)


def _since(reading: Reading, form: Filters, zone: ZoneInfo) -> list[datetime]:
    found = [form.since] if form.since is not None else []
    days = [form.from_day] if form.from_day is not None else []
    if form.days is not None:
        days.append(reading.today - timedelta(days=form.days - 1))
    return found + [datetime.combine(day, time(), zone) for day in days]


def _until(form: Filters, zone: ZoneInfo) -> list[datetime]:
    found = [form.until] if form.until is not None else []
    if form.to_day is not None:
        found.append(datetime.combine(form.to_day + timedelta(days=1), time(), zone))
    return found


def _instant(moment: datetime) -> str:
    """A moment in UTC as entries write theirs, so that order of text is order of time."""
    utc = moment.astimezone(ZoneInfo("UTC"))
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")
