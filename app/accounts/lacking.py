"""What accounts lack, as parts of a question: the administrator's pages and ``amana doctor --staff`` ask the same.

Each is about accounts that can sign in; none says what anybody did.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, get_args

from sqlalchemy import ColumnElement, and_, exists, or_

from app.accounts import undertakings
from app.accounts.forms import Role
from app.accounts.models import AccountState, RoleHolding, SecurityKey, Undertaking, User
from app.accounts.rules import TEAM_OF
from app.keyholders.models import Keyholder, Membership
from app.policy.actor import Actor
from app.policy.engine import Policy

WORKS: Final = (AccountState.ENROLLED, AccountState.ACTIVE)


def second_factor(policy: Policy, *, digits_do: bool) -> ColumnElement[bool]:
    """Those without a second factor of the kind their role needs: a security key for some, digits for the others."""
    asking = [] if digits_do else [role for role in get_args(Role) if policy.lacks_key(_of(role))]
    asked = _has_role(asking)
    mine = exists().where(SecurityKey.user_id == User.id, SecurityKey.removed_at.is_(None))
    return and_(User.state.in_(WORKS), ~mine, or_(asked, User.sealed_totp.is_(None)))


def team_key() -> ColumnElement[bool]:
    """Those whose role works in a team, and who hold the key of none: their lead has not let them in yet."""
    inside = (
        exists().where(Membership.member_id == User.keyholder_id, Membership.ended_at.is_(None))
        .where(Membership.team_id == Keyholder.id, Keyholder.kind == "team", Keyholder.ended_at.is_(None))
    )  # fmt: skip
    return and_(User.state.in_(WORKS), _has_role(sorted(TEAM_OF)), ~inside)


def time(at: datetime) -> ColumnElement[bool]:
    """Those whose undertaking of secrecy holds, and not for long."""
    soon = at + timedelta(days=undertakings.WARN_DAYS)
    longer = exists().where(Undertaking.user_id == User.id, Undertaking.until > soon)
    return and_(User.state.in_(WORKS), ~undertakings.lapsed(at), ~longer)


def _has_role(roles: list[str]) -> ColumnElement[bool]:
    return exists().where(
        RoleHolding.user_id == User.id, RoleHolding.ended_at.is_(None), RoleHolding.role.in_(roles)
    )  # fmt: skip


def _of(role: str) -> Actor:
    return Actor("User", "lacking", roles=frozenset({role}))
