"""A fresh second factor for one action: what was given before is used up in the action's own transaction.

It is good for one action, about one case, once and for minutes. Of identity one opens every reveal of that
case while the visit goes on during which it was used; where somebody is, is asked afresh each time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.db import CaseRow, Table, tables
from app.policy.actor import Actor
from app.work.actions import Action
from app.work.rows import case_of
from app.work.seals import compartment_of

# What one step-up keeps open for as long as a visit of the case lasts.
LASTS_IN: Final = "IDENTITY"


def bound_to(row: Table) -> UUID:
    """What a step-up about a row is good for: its case, or the row itself where it lies in none."""
    return next(iter(case_of(row)), None) or row.id  # type: ignore[attr-defined]


def use(
    session: Session, actor: Actor, action: Action, row: Table | None, visit: UUID | None, *, at: datetime
) -> bool:  # fmt: skip
    """Whether a second factor was given for this; one that was not used yet is used up.

    row    what it is about; None for what is not there yet, which is bound to whoever makes it
    visit  during which a row is opened, if it is during one
    """
    case = actor.id if row is None else bound_to(row)
    if case is None:
        return False
    lasting = isinstance(row, CaseRow) and compartment_of(row) == LASTS_IN
    if isinstance(row, CaseRow) and _goes_on(session, actor, case, visit, lasting=lasting, at=at):
        return True
    steps: Any = tables()["step_ups"]
    mine = steps.sign_in == actor.sign_in, steps.action == action.name, steps.bound_to == case
    # Of two who would use one at a moment the second passes it over: each is used once.
    found = session.scalars(
        select(steps).where(*mine, steps.used_at.is_(None), steps.until > at).order_by(steps.at).limit(1)
        .with_for_update(skip_locked=True)
    ).first()  # fmt: skip
    if found is None:
        return False
    found.used_at = at
    found.visit_id = (_visit_of(session, actor, case, at=at) if lasting else None) or visit
    return True


def lasts(session: Session, actor: Actor, case: UUID, *, at: datetime) -> bool:
    """Whether identity of this case is open for the visit that is under way."""
    return _goes_on(session, actor, case, None, lasting=True, at=at)


def _goes_on(session: Session, actor: Actor, case: UUID, visit: UUID | None, *, lasting: bool, at: datetime) -> bool:
    """Whether one that was used for this visit, or for the whole visit of the case, still holds."""
    steps: Any = tables()["step_ups"]
    visits: Any = tables()["visits"]
    kinds: list[ColumnElement[bool]] = []
    if visit is not None:
        kinds.append(visits.id == visit)
    if lasting:
        kinds.append(visits.row_id.is_(None))
    if not kinds:
        return False
    found = (
        select(steps.id).join(visits, visits.id == steps.visit_id)
        .where(steps.sign_in == actor.sign_in, steps.bound_to == case, visits.until > at, or_(*kinds)).limit(1)
    )  # fmt: skip
    return session.scalar(found) is not None


def _visit_of(session: Session, actor: Actor, case: UUID, *, at: datetime) -> UUID | None:
    """The visit of the whole case that is under way in this sign-in."""
    visits: Any = tables()["visits"]
    mine = visits.sign_in == actor.sign_in, visits.case_id == case, visits.row_id.is_(None), visits.until > at
    found: UUID | None = session.scalar(select(visits.id).where(*mine).order_by(visits.until.desc()).limit(1))
    return found
