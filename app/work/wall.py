"""The two sides of a case: what somebody holds and has opened of it, and when a sign-in joins them.

Asked at almost every request, so the statements are made once: to build one costs more than to
answer it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, any_, bindparam, distinct, func, select, update
from sqlalchemy import case as sql_case
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session, aliased

from app.audit.models import Combination
from app.keyholders.models import BreakGlass, Grant
from app.keyholders.reach import AT, HOLDERS, counts, declared
from app.policy.actor import Actor

WHO: Final = frozenset({"IDENTITY", "LOCATION"})
WHAT: Final = frozenset({"TESTIMONY"})
# For so long a case that somebody opened counts as lying open before them.
OPEN_FOR: Final = timedelta(minutes=10)
# Stands behind the name of a compartment whose grant sleeps, in the answer to ``known``.
WOKEN: Final = "~"

# Under names of their own, beside a question for rows of the same tables.
_GRANT: Final = aliased(Grant, name="held")
_PAST: Final = aliased(Combination, name="past")
_SEEN = (
    select(Combination.who, Combination.what, Combination.place)
    .where(Combination.sign_in == bindparam("sign_in"), Combination.case_id == bindparam("case"))
    .with_for_update()
)


def known(case: ColumnElement[UUID]) -> list[ColumnElement[Any]]:
    """What to ask of the case in a column, beside whatever else is asked: see ``Known``."""
    marked = sql_case((_GRANT.dormant, _GRANT.compartment + WOKEN), else_=_GRANT.compartment)
    held = select(func.array_agg(distinct(marked))).where(
        _GRANT.case_id == case, _GRANT.keyholder_id == any_(HOLDERS), counts(_GRANT)
    )
    here = _PAST.sign_in == bindparam("sign_in", type_=Uuid())
    past = select(
        array([
            func.bool_or(_PAST.place), func.bool_or(_PAST.what),
            *(func.bool_or(side).filter(here) for side in (_PAST.who, _PAST.what, _PAST.place)),
            func.bool_or(_PAST.counted_at > AT - OPEN_FOR),
        ])
    ).where(_PAST.user_id == bindparam("reader", type_=Uuid()), _PAST.case_id == case)  # fmt: skip
    return [held.scalar_subquery(), past.scalar_subquery(), declared(case)]


def reader(actor: Actor) -> UUID | None:
    """Whose past openings count: a colleague's, or a service's, whose token is its one sign-in."""
    return actor.id if actor.sign_in is not None else None


@dataclass(frozen=True)
class Known:
    """What is known of a caller and a case.

    held  the compartments they can open now
    woken those of them that they can open only because they broke glass
    seen  which of place and account they ever opened
    here  the sides that this sign-in has opened: ``who``, ``what``, ``place``
    open  whether they opened anything of it within the last minutes
    apart whether a declared conflict keeps them from it
    """

    held: frozenset[str] = frozenset()
    woken: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    here: frozenset[str] = frozenset()
    open: bool = False
    apart: bool = False

    @classmethod
    def read(cls, held: list[str] | None, past: list[bool | None] | None, apart: bool | None) -> Known:
        """From the answer to ``known``."""
        opened = [bool(each) for each in past or [False] * 6]
        everyday = frozenset(name for name in held or () if not name.endswith(WOKEN))
        every = frozenset(name.removesuffix(WOKEN) for name in held or ())
        return cls(
            every,
            every - everyday,
            frozenset(itertools.compress(("LOCATION", "TESTIMONY"), opened)),
            frozenset(itertools.compress(("who", "what", "place"), opened[2:5])),
            opened[5],
            bool(apart),
        )


def glass(session: Session, actor: Actor, cases: set[UUID], *, at: datetime) -> BreakGlass:
    """The glass that this sign-in broke over a case, and that is broken still."""
    mine = BreakGlass.sign_in == actor.sign_in, BreakGlass.case_id.in_(cases), BreakGlass.until > at
    return session.scalars(select(BreakGlass).where(*mine).order_by(BreakGlass.until.desc()).limit(1)).one()


def account_seen(session: Session, user: UUID | None, case: UUID) -> bool:
    """Whether somebody has ever opened what was said in a case."""
    told = select(func.bool_or(Combination.what)).where(Combination.user_id == user, Combination.case_id == case)
    return bool(session.scalar(told))


def sides(opened: set[str]) -> frozenset[str]:
    """The sides of a case to which these compartments belong."""
    belongs = (opened & WHO, opened & WHAT, "LOCATION" in opened)
    return frozenset(itertools.compress(("who", "what", "place"), belongs))


@dataclass(frozen=True)
class Counted:
    """The case that was counted just now among those this reader opens, if one was.

    alarm  which set number that reached, and ``cases`` how many it counts
    """

    case: UUID | None = None
    alarm: str | None = None
    cases: int = 0


def joined(
    session: Session, actor: Actor, opened: dict[UUID, set[str]], past: dict[UUID, frozenset[str]], *, at: datetime,
    counted: Counted,
) -> list[UUID]:  # fmt: skip
    """Cases of which this sign-in has now opened both who and what, and had not before.

    past  the sides it had opened before, where that was asked
    """
    return [] if actor.sign_in is None else [
        case for case, compartments in sorted(opened.items())
        # What was opened stays opened: where nothing is new there is nothing to keep or to lock.
        if (case == counted.case or not sides(compartments) <= past.get(case, frozenset()))
        and _joins(session, actor, case, compartments, at=at, counted=counted)
    ]  # fmt: skip


def _joins(session: Session, actor: Actor, case: UUID, opened: set[str], *, at: datetime, counted: Counted) -> bool:
    """Keep what a sign-in opened of a case; whether it joins both sides for the first time."""
    who, what, place = (side in sides(opened) for side in ("who", "what", "place"))
    assert actor.id is not None and actor.sign_in is not None  # noqa: PT018  both belong to a user
    seen = session.execute(_SEEN, {"sign_in": actor.sign_in, "case": case}).one_or_none()
    if seen is None:
        alarm = counted.alarm if case == counted.case else None
        session.add(
            Combination(
                sign_in=actor.sign_in, case_id=case, user_id=actor.id, who=who, what=what, place=place, counted_at=at,
                alarm=alarm,
            )
        )  # fmt: skip
        return who and what
    now: dict[str, Any] = {"who": seen.who or who, "what": seen.what or what, "place": seen.place or place}
    if case == counted.case or now != seen._asdict():
        now |= {"counted_at": at} if case == counted.case else {}
        now |= {"alarm": counted.alarm} if case == counted.case and counted.alarm else {}
        mine = update(Combination).where(Combination.sign_in == actor.sign_in, Combination.case_id == case)
        session.execute(mine.values(**now).execution_options(synchronize_session=False))
    return bool(now["who"] and now["what"] and not (seen.who and seen.what))
