"""Who is behind a token: what is asked of the database, and the Caller that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from app.accounts import services, undertakings
from app.accounts.models import AccountState, RoleHolding, SecurityKey, SignIn, User
from app.accounts.tokens import page_secret
from app.crypto import hpke
from app.errors import NotSignedIn, Unavailable
from app.keyholders import holders
from app.keyholders.keyring import Keyring
from app.keyholders.models import Keyholder, Membership, PublicKey
from app.keyholders.register import Register
from app.policy.actor import Actor
from app.work import Caller

# Statements are made once: building one costs more than the database takes to answer it.
# Sign-in, account, roles and team keys of whoever a token belongs to: all in one question, so
# that they are of one moment, and one trip. One row for each team key.
_ROLES = (
    select(func.array_agg(RoleHolding.role))
    .where(RoleHolding.user_id == User.id, RoleHolding.ended_at.is_(None))
    .scalar_subquery()
)
_KEYED = exists().where(SecurityKey.user_id == User.id, SecurityKey.removed_at.is_(None))
BEHIND_TOKEN = (
    select(
        SignIn.id, SignIn.seen_at, SignIn.ended_at, SignIn.ends_at, SignIn.started_at, SignIn.idle_seconds_max,
        SignIn.sealed_private.label("sealed_key"), SignIn.second_factor_at, SignIn.user_id,
        User.code, User.state, User.keyholder_id.label("holder"), _ROLES.label("roles"),
        undertakings.last(User.id).label("undertaken_until"), _KEYED.label("keyed"),
        Membership.team_id, Membership.generation, Membership.sealed_private, Membership.lead, Membership.deputy,
        Membership.member_id, Membership.vouched, Keyholder.name.label("team"), PublicKey.public,
    )
    .join(User, User.id == SignIn.user_id)
    .outerjoin(Membership, (Membership.member_id == User.keyholder_id) & Membership.ended_at.is_(None))
    .outerjoin(Keyholder, Keyholder.id == Membership.team_id)
    .outerjoin(
        PublicKey, (PublicKey.keyholder_id == Membership.team_id) & (PublicKey.generation == Membership.generation)
    )
    .where(SignIn.token_hash == bindparam("token_hash"))
)  # fmt: skip

# Under names of their own: this is asked beside other questions, for accounts and sessions among them.
_MINE, _ME = aliased(SignIn, name="my_sign_in"), aliased(User, name="me")
_ROLE, _TEAM = aliased(RoleHolding, name="my_role"), aliased(Membership, name="my_team")
_MY_ROLES = (
    select(func.array_agg(_ROLE.role)).where(_ROLE.user_id == _ME.id, _ROLE.ended_at.is_(None)).scalar_subquery()
)
_MY_TEAMS = (
    select(func.array_agg(_TEAM.team_id))
    .where(_TEAM.member_id == _ME.keyholder_id, _TEAM.ended_at.is_(None))
    .scalar_subquery()
)
STILL = (
    select(_MINE.ended_at, _ME.state, _MY_ROLES, _MY_TEAMS)
    .join(_ME, _ME.id == _MINE.user_id)
    .where(_MINE.id == bindparam("sign_in"))
)


def recheck(session: Session, caller: Caller) -> None:
    """Raise NotSignedIn unless a caller's sign-in, account, roles and teams are what they were a moment ago."""
    actor = caller.actor
    if actor.kind == "Service" and actor.id is not None and not services.still_there(session, actor.id):
        raise NotSignedIn
    if actor.kind != "User" or actor.sign_in is None:
        return
    judge(caller, session.execute(STILL, {"sign_in": actor.sign_in}).one_or_none())


def judge(caller: Caller, found: Sequence[Any] | None) -> None:
    actor = caller.actor
    if found is None or found[0] is not None or found[1] != AccountState.ACTIVE:
        raise NotSignedIn
    mine = actor.keyholders - {caller.keyring.holder} if caller.keyring else actor.keyholders
    if frozenset(found[2] or ()) != actor.roles or not mine <= frozenset(found[3] or ()):
        raise NotSignedIn


def caller_of(
    register: Register | None, rows: Sequence[Row[Any]], private: hpke.PrivateKey, at: datetime, *, digits_do: bool
) -> Caller:  # fmt: skip
    """The caller behind one row for each generation of each team's key they hold, or one without any.

    digits_do  whether six digits are enough of a second factor for every role here

    A membership the office did not make counts for nothing here too: neither key nor lead.
    """
    found, teams = rows[0], [row for row in rows if row.team_id is not None]
    if register is None:
        raise Unavailable
    memberships = holders.known_only(register, teams)
    publics = {(m.team_id, m.generation): bytes(m.public) for m in memberships}
    keyring = Keyring(found.holder, private, memberships=memberships, publics=publics)
    actor = Actor(
        kind="User",
        code=found.code,
        id=found.user_id,
        roles=frozenset(found.roles or ()),
        teams=frozenset(str(m.team) for m in memberships),
        leads=frozenset(str(m.team) for m in memberships if m.lead or m.deputy),
        keyholders=keyring.holders,
        sign_in=found.id,
        second_factor_at=found.second_factor_at,
        undertaken=found.undertaken_until is not None and at < found.undertaken_until,
        keyed=found.keyed or digits_do,
    )
    return Caller(
        actor, keyring, idle_seconds=found.idle_seconds_max, undertaken_until=found.undertaken_until,
        page_secret=page_secret(found.id, private.raw),
    )  # fmt: skip
