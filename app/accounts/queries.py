"""Who works here, for those who need to address a colleague."""

from __future__ import annotations

from app.accounts.models import RoleHolding, User
from app.accounts.views import Colleague
from app.keyholders.models import Keyholder, Membership
from app.work import Reading, query


@query("account.list")
def colleagues(reading: Reading, page: int = 0) -> tuple[Colleague, ...]:
    """Fifty accounts a page, by name."""
    users = reading.execute(reading.rows(User).order_by(User.login_name).limit(50).offset(50 * page))
    return tuple(_colleague(reading, user) for (user,) in users)


@query("account.me")
def me(reading: Reading) -> Colleague:
    """The caller's own account."""
    return _colleague(reading, reading.one(User, User.id == reading.actor.id))


def _colleague(reading: Reading, user: User) -> Colleague:
    roles = reading.all(RoleHolding, RoleHolding.user_id == user.id, RoleHolding.ended_at.is_(None))
    memberships = reading.all(Membership, Membership.member_id == user.keyholder_id, Membership.ended_at.is_(None))
    teams = {t.id: str(t.name) for t in reading.all(Keyholder, Keyholder.kind == "team")}
    return Colleague(
        user=user.code,
        login_name=user.login_name,
        display_name=user.display_name,
        state=user.state,
        roles=tuple(sorted(r.role for r in roles)),
        teams=tuple(sorted({teams[m.team_id] for m in memberships})),
        leads=tuple(sorted({teams[m.team_id] for m in memberships if m.lead or m.deputy})),
    )
