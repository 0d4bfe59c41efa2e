"""Reading and checking the log. The auditor's own look-ups are entries too."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select

from app.audit.check import check
from app.audit.models import SAID, Entry, EntryBody, Place, SignedCheckpoint
from app.clock import at_night
from app.errors import Conflict, NotFound
from app.oversight.filters import chosen, id_at
from app.oversight.forms import AskEntry, AskLog
from app.oversight.keeping import STAFF
from app.oversight.models import LogCheck
from app.oversight.proofs import prove
from app.oversight.views import LogEntry, LogLeaves, LogLine, LogPage, LogVerified
from app.pseudonyms import references
from app.work import Work, action

PAGE = 50
BESIDE = 10


@action("log.query", operation="verify")
def ask(work: Work, form: AskLog) -> LogPage:
    """Who did what, when, why and under which rule: at most fifty entries, newest first."""
    onward = form.after is not None
    mine = chosen(work, form)
    if form.before is not None:
        mine = mine.where(EntryBody.entry < form.before)
    if form.after is not None:
        mine = mine.where(EntryBody.entry > form.after)
    found = (
        # One more than is shown tells whether there are others.
        mine.order_by(EntryBody.entry if onward else EntryBody.entry.desc()).limit(PAGE + 1)
    ).subquery()
    statement = (
        select(found.c.entry, Place.leaf_index, found.c.view)
        .outerjoin(Place, Place.entry == found.c.entry)
        .order_by(found.c.entry if onward else found.c.entry.desc())
    )
    rows = work.execute(statement)
    more, lines = len(rows) > PAGE, [_line(work, *row) for row in rows[:PAGE]]
    work.record(count=len(lines), **_about(form))
    shown = tuple(reversed(lines) if onward else lines)
    return LogPage(shown, older=onward or more, newer=more if onward else form.before is not None)


@action("log.entry", operation="verify")
def entry(work: Work, form: AskEntry) -> LogEntry:
    """One entry by its number: what it says, its neighbours, and the proof that it is in the log."""
    placed = work.execute(
        work.rows(Place)
        .join(Entry, Entry.id == Place.entry)
        .where(Place.leaf_index == form.number)
        .with_only_columns(Entry.commitment)
    )
    if not placed:
        raise NotFound
    lines = _around(work, form.number)
    line = lines.get(form.number)
    signed = work.first(SignedCheckpoint, order=SignedCheckpoint.size.desc())
    proved = prove(work, form.number, bytes(placed[0][0]), signed)
    work.record(number=form.number)
    return LogEntry(
        number=form.number,
        line=line,
        leaf=proved.leaf.hex(),
        before=lines.get(form.number - 1),
        after=lines.get(form.number + 1),
        covered=signed.size if signed else 0,
        proof=proved.text,
        broken=proved.broken,
        together=_together(work, line) if line else (),
        hour=_hour(work, line) if line else (),
    )


@action("log.verify", operation="verify")
def verify(work: Work) -> LogVerified:
    """Recompute every leaf from its body and the root from the leaves, against the last checkpoint."""
    work.execute(work.rows(Entry).limit(1))
    found = check(work.session)
    work.add(
        LogCheck(
            at=work.now, by=work.actor.code, intact=found.intact, size=found.size,
            bad_index=found.bad_index, problem=found.problem,
        )
    )  # fmt: skip
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


def _about(form: AskLog) -> dict[str, Any]:
    """Of whom and of what an auditor asked, where that is a code of ours: a word typed in its place is not kept."""
    told: dict[str, Any] = {}
    if form.actor is not None and STAFF.fullmatch(form.actor):
        told["asked_actor"] = form.actor
    if form.case is not None:
        with suppress(NotFound):
            told["asked_case"] = references.read(form.case)
    return told


def _around(work: Work, number: int) -> dict[int, LogLine]:
    """An entry and its neighbours, by number; one whose body was erased is missing."""
    rows = work.execute(
        work.rows(EntryBody)
        .join(Place, Place.entry == EntryBody.entry)
        .where(Place.leaf_index.between(number - 1, number + 1))
        .with_only_columns(EntryBody.entry, Place.leaf_index, EntryBody.view)
    )
    return {row.leaf_index: _line(work, *row) for row in rows}


def _together(work: Work, line: LogLine) -> tuple[LogLine, ...]:
    """What else the request of this entry did: a second entry is what joined a name to an account, or was refused."""
    request = line.body.get("request")
    if request is None:
        return ()
    same = work.rows(EntryBody).where(SAID["request"] == str(request), EntryBody.entry != line.id)
    return lines_of(work, same.order_by(EntryBody.entry).limit(BESIDE))


def _hour(work: Work, line: LogLine) -> tuple[LogLine, ...]:
    """What else its actor did in that hour, newest first."""
    # Strangers share a code, and so do witnesses: it is nobody's.
    if not STAFF.fullmatch(str(line.body["actor"])):
        return ()
    at, half = datetime.fromisoformat(line.body["at"]), timedelta(minutes=30)
    theirs = work.rows(EntryBody).where(SAID["actor"] == str(line.body["actor"]), EntryBody.entry != line.id)
    after = theirs.where(EntryBody.entry > line.id, EntryBody.entry < id_at(at + half)).order_by(EntryBody.entry)
    before = theirs.where(EntryBody.entry < line.id, EntryBody.entry > id_at(at - half))
    newer = lines_of(work, after.limit(BESIDE))
    return (*reversed(newer), *lines_of(work, before.order_by(EntryBody.entry.desc()).limit(BESIDE)))


def lines_of(work: Work, bodies: Select[Any], *, placed: bool = False) -> tuple[LogLine, ...]:
    """Bodies with their places, in their order. ``placed`` where the question has joined the places itself."""
    joined = bodies if placed else bodies.outerjoin(Place, Place.entry == EntryBody.entry)
    found = work.execute(joined.with_only_columns(EntryBody.entry, Place.leaf_index, EntryBody.view))
    return tuple(_line(work, *row) for row in found)


def _line(work: Work, entry_id: Any, place: int | None, view: dict[str, Any]) -> LogLine:
    return LogLine(entry_id, place, view, at_night(datetime.fromisoformat(view["at"]), work.settings.zone))
