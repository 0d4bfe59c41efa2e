"""The timeline of a case: what falls due, and what has been done about it, in codes. Opens nothing and names nobody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import select

from app.audit.models import SAID, EntryBody, EntrySubject
from app.cases.models import Case, CaseState
from app.db import CaseRow, tables
from app.work import Reading, query

PAGE: Final = 25
# At most so many of what is due, the earliest first.
DUE_MAX: Final = 25
# Comes a hundred times while somebody types, and tells nothing but that they did. Who looked has it.
_TYPING: Final = "draft.save"


@dataclass(frozen=True)
class Event:
    """One thing that was done.

    state  to which it brought what it was about, where it changed one
    """

    seq: int
    at: str
    operation: str
    action: str
    roles: tuple[str, ...]
    state: str | None


@dataclass(frozen=True)
class Due:
    """Something of a kind of record falls due. ``late``: that time is past."""

    table: str
    at: datetime | date
    late: bool


@dataclass(frozen=True)
class Timeline:
    """``more``: there are older events than those of this page. What is due stands on the first page."""

    due: tuple[Due, ...]
    events: tuple[Event, ...]
    more: bool


@query("case.timeline")
def timeline(reading: Reading, reference: str, page: int = 0) -> Timeline:
    """What was done about a case, the newest first, 25 a page; before it what is due in the parts I hold.

    Who asked and was refused stands in "who looked" alone: it did not happen to the case.
    """
    case = reading.fetch(Case, reference)
    mine = reading.rows(EntrySubject).where(EntrySubject.case_id == case.id).subquery()
    statement = (
        select(mine.c.seq, EntryBody.view)
        .join(EntryBody, EntryBody.entry == mine.c.entry)
        .where(SAID["outcome"] == "done", SAID["action"] != _TYPING)
        .order_by(mine.c.seq.desc())
        .limit(PAGE + 1)
        .offset(PAGE * page)
    )
    held = reading.held(case.id)
    found = [_event(seq, view, held) for seq, view in reading.execute(statement)]
    return Timeline(_due(reading, case, held) if page == 0 else (), tuple(found[:PAGE]), len(found) > PAGE)


def _event(seq: int, view: dict[str, Any], held: frozenset[str]) -> Event:
    state = view.get("codes", {}).get("state")
    # How far an account and its files are is the account's; how far the case is, everybody's who holds some of it.
    told = state is not None and (state in set(CaseState) or "TESTIMONY" in held)
    return Event(
        seq, str(view["at"]), str(view["operation"]), str(view["action"]), tuple(map(str, view.get("roles", ()))),
        str(state) if told else None,
    )  # fmt: skip


def _due(reading: Reading, case: Case, held: frozenset[str]) -> tuple[Due, ...]:
    if case.state != CaseState.OPEN:
        return () if case.kept_until is None else (_line(reading, "cases", case.kept_until),)
    found = [
        _line(reading, name, when)
        for name, table in sorted(tables().items())
        if issubclass(table, CaseRow) and table.due and table.compartment in held
        for when in _times(reading, case, table)
    ]
    return tuple(sorted(found, key=lambda each: _moment(reading, each.at))[:DUE_MAX])


def _times(reading: Reading, case: Case, table: type[CaseRow]) -> list[datetime | date]:
    columns = table.__mapper__.columns
    conditions = [columns["case_id"] == case.id, columns[table.due].is_not(None)]
    if table.due_in:
        rows = reading.all(table, *conditions, columns["state"].in_(table.due_in), order=columns[table.due])
    else:
        # A later one takes the place of those before it.
        rows = reading.all(table, columns["case_id"] == case.id, order=table.id.desc(), limit=1)
    return [getattr(row, table.due) for row in rows]


def _line(reading: Reading, table: str, when: datetime | date) -> Due:
    late = when < reading.now if isinstance(when, datetime) else when < reading.today
    return Due(table, when, late)


def _moment(reading: Reading, when: datetime | date) -> datetime:
    return when if isinstance(when, datetime) else datetime.combine(when, time(), reading.settings.zone)
