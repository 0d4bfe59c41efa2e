"""One table of due work, claimed with SKIP LOCKED. A job row holds a name, an id, a time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Row


class Job(Row):
    """An action that is to be performed later, by the worker, under its own name."""

    __tablename__ = "jobs"
    __table_args__ = (Index("ix_jobs_due", "due_at", postgresql_where="done_at IS NULL"),)
    unguarded = "claims and retries of work that has entries of its own"

    action: Mapped[str]
    subject_id: Mapped[UUID]
    due_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]


def later(session: Session, action: str, subject: UUID, at: datetime) -> None:
    """Ask for an action on a row at a time, in the transaction that has the reason for it."""
    session.add(Job(action=action, subject_id=subject, due_at=at, tries=0, done_at=None))


def drop(session: Session, action: str, subject: UUID, at: datetime) -> None:
    """What was asked for is not needed any more. One that is being done is left: it finds out by itself."""
    asked = select(Job.id).where(Job.action == action, Job.subject_id == subject, Job.done_at.is_(None))
    free = asked.with_for_update(skip_locked=True)
    session.execute(update(Job).where(Job.id.in_(free)).values(done_at=at).execution_options(synchronize_session=False))


def claim(
    session: Session, at: datetime, *, but: frozenset[str] = frozenset(), only: frozenset[str] = frozenset()
) -> Job | None:
    """The most overdue job, locked until the transaction ends; None when nothing is due.

    but   actions that have to wait, however overdue
    only  of these actions alone, if any are named
    """
    mine = Job.action.in_(only) if only else Job.action.not_in(but)
    return session.scalars(
        select(Job)
        .where(Job.due_at <= at, Job.done_at.is_(None), mine)
        .order_by(Job.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
