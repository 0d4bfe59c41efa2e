"""The intake queue, and what a witness's receipt is told."""

from __future__ import annotations

from typing import Final

from sqlalchemy import LargeBinary, Text, bindparam, column, func, select
from sqlalchemy.dialects.postgresql import JSONB

from app.intake.models import WAITING, Submission, SubmissionFile
from app.intake.views import Arrivals, Look, Looked, SentFile, SubmissionLine, SubmissionView, WitnessState
from app.work import Reading, query

PAGE = 25
LOOKS: Final = 50
# The portal's role may read no entry: a function of the database's owner tells it this much.
_LOOKS_AT: Final = select(
    func.looks_at(bindparam("token", type_=LargeBinary), bindparam("skipped"), bindparam("most")).table_valued(
        column("day", Text),
        column("roles", JSONB),
        column("action", Text),
        column("operation", Text),
        column("why", Text),
    )
)


@query("submission.list")
def queue(reading: Reading, page: int = 0) -> tuple[SubmissionLine, ...]:
    """What waits for my team: danger first, then the oldest."""
    statement = (
        reading.rows(Submission)
        .order_by(Submission.danger.desc(), Submission.received_at, Submission.id)
        .limit(PAGE)
        .offset(PAGE * page)
    )
    return tuple(_line(reading, submission) for (submission,) in reading.execute(statement))


@query("submission.arrivals")
def arrivals(reading: Reading, page: int = 0, danger: bool = False) -> Arrivals:
    """What waits for my team and is in no case yet: danger first, then the oldest; only those in danger if asked."""
    waiting = reading.rows(Submission).where(Submission.state.in_(WAITING))
    if danger:
        waiting = waiting.where(Submission.danger)
    found = waiting.subquery()
    total, oldest = reading.execute(select(func.count(), func.min(found.c.received_at)).select_from(found))[0]
    lines = (
        waiting.order_by(Submission.danger.desc(), Submission.received_at, Submission.id)
        .limit(PAGE)
        .offset(PAGE * page)
    )
    return Arrivals(
        total=int(total),
        oldest_hours=None if oldest is None else int((reading.now - oldest).total_seconds() // 3600),
        lines=tuple(_line(reading, submission) for (submission,) in reading.execute(lines)),
    )


@query("submission.show")
def show(reading: Reading, reference: str) -> SubmissionView:
    """One submission and the files that came with it, by row and size."""
    submission = reading.fetch(Submission, reference)
    files = reading.all(SubmissionFile, SubmissionFile.submission_id == submission.id, order=SubmissionFile.id)
    return SubmissionView(
        id=submission.id,
        reference=submission.reference,
        state=submission.state,
        danger=submission.danger,
        day=submission.received_at.date().isoformat(),
        files=tuple(SentFile(file.id, file.size_bytes) for file in files),
    )


@query("submission.state")
def state(reading: Reading) -> WitnessState:
    """How far the submission of this receipt has come."""
    submission = reading.one(Submission)
    return WitnessState(submission.reference, submission.state, submission.state_at.date().isoformat())


@query("submission.looked")
def looked(reading: Reading, token: bytes, page: int = 0) -> Looked:
    """Who opened what this receipt's holder sent, or anything of the case it came into, and why.

    token  from ``witnesses.looking``: the database tells it to nobody else
    What is older than the term of the log's bodies is not in it.
    """
    rows = reading.execute(_LOOKS_AT, token=token, skipped=LOOKS * page, most=LOOKS + 1)
    found = [Look(row.day, tuple(row.roles), row.action, row.operation.upper(), row.why) for row in rows]
    return Looked(tuple(found[:LOOKS]), more=len(found) > LOOKS)


def _line(reading: Reading, submission: Submission) -> SubmissionLine:
    mine = reading.rows(SubmissionFile).where(SubmissionFile.submission_id == submission.id).subquery()
    files = int(reading.execute(select(func.count()).select_from(mine))[0][0])
    day = submission.received_at.date().isoformat()
    return SubmissionLine(submission.id, submission.reference, submission.state, submission.danger, day, files)
