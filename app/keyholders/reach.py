"""Which grants count for whom: those of everyday work, and those that a broken glass woke.

A dormant grant is sealed like any other and counts for nobody. It is left out here and
nowhere else, so that no question can forget it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Boolean,
    ColumnElement,
    DateTime,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from app.db import among
from app.keyholders.models import BreakGlass, ConflictOfInterest, Grant


def live(at: datetime | BindParameter[datetime], grant: Any = Grant) -> ColumnElement[bool]:
    """The condition under which a grant stands now, asleep or not. ``grant`` is the table, or an alias of it."""
    return and_(grant.revoked_at.is_(None), or_(grant.until.is_(None), grant.until > at))


def awake(at: datetime | BindParameter[datetime], grant: Any = Grant) -> ColumnElement[bool]:
    """The same of a grant that is somebody's for their everyday work."""
    return and_(live(at, grant), grant.dormant.is_(False))


# Asked at almost every request, so made once: building such a statement costs more than answering it.
# These are bound whenever one is asked: the moment, who is on the caller's ring, and what ``reach`` gives.
AT: Final = bindparam("at", type_=DateTime(timezone=True))
HOLDERS: Final = bindparam("holders", type_=ARRAY(Uuid))
GLASS: Final = bindparam("glass", type_=Uuid())
ASLEEP: Final = bindparam("asleep", type_=Boolean())
_BROKEN: Final = aliased(BreakGlass, name="broken")
_DECLARED: Final = aliased(ConflictOfInterest, name="declared")


def reach(*, glass: UUID | None = None, asleep: bool = False) -> dict[str, Any]:
    """How far a question reaches beyond everyday grants; without arguments not at all.

    glass   a sign-in: what it woke by breaking glass counts
    asleep  what sleeps counts: only to find the case whose glass is to be broken, or was
    """
    return {"glass": glass, "asleep": asleep}


def declared(case: Any) -> ColumnElement[bool]:
    """Whether the caller whose values are bound is to have nothing to do with a case."""
    return exists().where(
        _DECLARED.case_id == case, _DECLARED.holder_id == any_(HOLDERS), _DECLARED.lifted_at.is_(None)
    )


def counts(grant: Any = Grant) -> ColumnElement[bool]:
    """Whether a grant counts for the caller whose values are bound. Judged by the clock: nothing has to end it.

    None counts for whoever has a declared conflict with its case: a team's key cannot be taken from one member, so
    it is here that they lose it.
    """
    broken = exists().where(_BROKEN.case_id == grant.case_id, _BROKEN.sign_in == GLASS, _BROKEN.until > AT)
    awake_here = or_(grant.dormant.is_(False), ASLEEP, broken)
    return and_(live(AT, grant), awake_here, ~declared(grant.case_id))


_HELD = (
    select(Grant.case_id, Grant.compartment)
    .distinct()
    .where(Grant.case_id == any_(bindparam("cases", type_=ARRAY(Uuid))), Grant.keyholder_id == any_(HOLDERS), counts())
)


def held(
    session: Session, holders: Iterable[UUID], cases: Iterable[UUID], *,
    at: datetime, reaching: Mapping[str, Any] | None = None,
) -> dict[UUID, frozenset[str]]:  # fmt: skip
    """For each of these cases the compartments that any of these holders can open now.

    reaching  holds what ``reach`` gives, if more than everyday grants count
    """
    given = {**(reaching or reach()), "cases": [*cases], "holders": [*holders], "at": at}
    by_case: dict[UUID, set[str]] = {}
    for case, compartment in session.execute(_HELD, given).all():
        by_case.setdefault(case, set()).add(compartment)
    return {case: frozenset(compartments) for case, compartments in by_case.items()}


def sleeping(session: Session, holders: Iterable[UUID], case: UUID, *, at: datetime) -> frozenset[str]:
    """The compartments of a case that lie asleep for any of these holders."""
    mine = Grant.case_id == case, among(Grant.keyholder_id, holders), live(at), Grant.dormant
    return frozenset(session.scalars(select(Grant.compartment).where(*mine)).all())
