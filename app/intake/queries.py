"""The intake queue, and what a witness's receipt is told."""

from __future__ import annotations

from sqlalchemy import func, select

from app.intake.models import WAITING, Submission, SubmissionFile
from app.intake.views import Arrivals, SentFile, SubmissionLine, SubmissionView, WitnessState
from app.work import Reading, query

PAGE = 25


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


def _line(reading: Reading, submission: Submission) -> SubmissionLine:
    mine = reading.rows(SubmissionFile).where(SubmissionFile.submission_id == submission.id).subquery()
    files = int(reading.execute(select(func.count()).select_from(mine))[0][0])
    day = submission.received_at.date().isoformat()
    return SubmissionLine(submission.id, submission.reference, submission.state, submission.danger, day, files)
