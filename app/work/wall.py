"""The two sides of a case: what somebody holds and has opened of it, and when a sign-in joins them.

Asked at almost every request, so the statements are made once: to build one costs more than to
answer it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Uuid, any_, bindparam, distinct, func, select, update
from sqlalchemy.orm import Session

from app.audit.models import Combination
from app.keyholders import grants
from app.keyholders.models import Grant
from app.policy.actor import Actor

WHO: Final = frozenset({"IDENTITY", "LOCATION"})
WHAT: Final = frozenset({"TESTIMONY"})

_HELD = select(func.array_agg(distinct(Grant.compartment))).where(
    Grant.case_id == bindparam("case"),
    Grant.keyholder_id == any_(bindparam("holders", type_=ARRAY(Uuid))),
    grants.live(bindparam("at", type_=DateTime(timezone=True))),
)
_SIDES = (
    select(func.bool_or(side)).where(
        Combination.user_id == bindparam("user", type_=Uuid()), Combination.case_id == bindparam("case")
    )
    for side in (Combination.place, Combination.what)
)
_KNOWN = select(_HELD.scalar_subquery(), *(side.scalar_subquery() for side in _SIDES))
_SEEN = (
    select(Combination.who, Combination.what, Combination.place)
    .where(Combination.sign_in == bindparam("sign_in"), Combination.case_id == bindparam("case"))
    .with_for_update()
)


def known(session: Session, actor: Actor, case: UUID, *, at: datetime) -> tuple[frozenset[str], frozenset[str]]:
    """The compartments of a case an actor can open now, and which of place and account they ever opened."""
    # A colleague, or a service, whose token is its one sign-in.
    user = actor.id if actor.sign_in is not None else None
    given = {"case": case, "holders": [*actor.keyholders], "user": user, "at": at}
    held, place, what = session.execute(_KNOWN, given).one()
    sides = {"LOCATION": place, "TESTIMONY": what}
    return frozenset(held or ()), frozenset(name for name, opened in sides.items() if opened)


def combines(session: Session, actor: Actor, case: UUID, opened: set[str]) -> bool:
    """Keep what a sign-in opened of a case; whether it has now opened both who and what, and had not before."""
    who, what, place = bool(opened & WHO), bool(opened & WHAT), "LOCATION" in opened
    if not (who or what):
        return False
    assert actor.id is not None and actor.sign_in is not None  # noqa: PT018  both belong to a user
    seen = session.execute(_SEEN, {"sign_in": actor.sign_in, "case": case}).one_or_none()
    if seen is None:
        session.add(Combination(sign_in=actor.sign_in, case_id=case, user_id=actor.id, who=who, what=what, place=place))
        return who and what
    now = {"who": seen.who or who, "what": seen.what or what, "place": seen.place or place}
    if now != seen._asdict():
        mine = update(Combination).where(Combination.sign_in == actor.sign_in, Combination.case_id == case)
        session.execute(mine.values(**now).execution_options(synchronize_session=False))
    return now["who"] and now["what"] and not (seen.who and seen.what)
