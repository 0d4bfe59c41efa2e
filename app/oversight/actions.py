"""Reading and checking the log. The auditor's own look-ups are entries too."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, select

from app.audit.check import check
from app.audit.models import Entry, EntryBody, Place, SignedCheckpoint
from app.errors import Conflict
from app.oversight.forms import AskLog
from app.oversight.views import LogLeaves, LogLine, LogPage, LogVerified
from app.work import Work, action

PAGE = 50


@action("log.query", operation="verify")
def ask(work: Work, form: AskLog) -> LogPage:
    """Who did what, when, why and under which rule: at most fifty entries, newest first."""
    mine = work.rows(EntryBody).where(*_filters(form)).subquery()
    statement = (
        select(mine.c.entry, Place.leaf_index, mine.c.view)
        .outerjoin(Place, Place.entry == mine.c.entry)
        .order_by(mine.c.entry.desc())
        .limit(PAGE)
        .offset(PAGE * form.page)
    )
    lines = tuple(LogLine(entry, place, view) for entry, place, view in work.execute(statement))
    work.record(count=len(lines), page=form.page)
    return LogPage(lines, form.page)


@action("log.verify", operation="verify")
def verify(work: Work) -> LogVerified:
    """Recompute every leaf from its body and the root from the leaves, against the last checkpoint."""
    work.execute(work.rows(Entry).limit(1))
    found = check(work.session)
    work.record(intact=found.intact, size=found.size)
    return LogVerified(found.intact, found.size, found.root, found.bad_index, found.problem, found.waiting)


@action("log.export", operation="disclose")
def export(work: Work) -> LogLeaves:
    """Note that the log leaves the house, as far as its newest checkpoint, before any of it does."""
    signed = work.first(SignedCheckpoint, order=SignedCheckpoint.size.desc())
    if signed is None:
        raise Conflict("Nothing is signed yet. Run: amana audit checkpoint")
    work.record(size=signed.size)
    return LogLeaves(signed.size, signed.note)


def _filters(form: AskLog) -> list[ColumnElement[bool]]:
    view = EntryBody.view
    wanted = [view[name].astext == value for name in ("actor", "action", "operation", "outcome")
              if (value := getattr(form, name)) is not None]  # fmt: skip
    if form.case is not None:
        wanted.append(view["subjects"].contains([{"case": form.case}]) | (view["sought"].astext == form.case))
    # Byte order, whatever the database's own: a collation may pass over points and signs.
    at = view["at"].astext.collate("C")
    if form.since is not None:
        wanted.append(at >= _instant(form.since))
    if form.until is not None:
        wanted.append(at < _instant(form.until))
    return wanted


def _instant(moment: datetime) -> str:
    """A moment in UTC as entries write theirs, so that order of text is order of time."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
