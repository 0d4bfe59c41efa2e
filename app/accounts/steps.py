"""Parts of accounts lent to rules and other actions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.forms import Invite, JoinTeam, LeaveTeam
from app.accounts.models import RoleHolding, User, WitnessKey
from app.keyholders import holders
from app.keyholders.models import Keyholder, PublicKey
from app.work import Work


def newcomer(_work: Work, _row: None, form: Invite) -> dict[str, Any]:
    """The roles an invitation would give."""
    return {"target_roles": frozenset(form.roles)}


def joiner(work: Work, user: User, form: JoinTeam) -> dict[str, Any]:
    """The team, the colleague's roles, and the teams they are in already: the wall runs between some."""
    # Let into two teams at one moment: the second must see the first, or the wall has a hole.
    work.lock(user)
    holdings = work.all(RoleHolding, RoleHolding.user_id == user.id, RoleHolding.ended_at.is_(None))
    # A deputy is a lead to the rules: "team_lead" is a duty, and stands among roles for them.
    duty = {"team_lead"} if form.deputy else frozenset()
    return {
        "team": form.team,
        "target_teams": _teams_of(work, user) | {form.team},
        "target_roles": frozenset(holding.role for holding in holdings) | duty,
    }


def leaver(_work: Work, _user: User, form: LeaveTeam) -> dict[str, Any]:
    """The team somebody is to leave."""
    return {"team": form.team}


def _teams_of(work: Work, user: User) -> frozenset[str]:
    if user.keyholder_id is None:
        return frozenset()
    memberships = holders.memberships_of(work.session, user.keyholder_id)
    teams = (work.session.get_one(Keyholder, m.team_id) for m in memberships)
    return frozenset(str(team.name) for team in teams)


def make_witness(work: Work, witness_id: UUID, *, handle_hash: bytes, public: bytes, sealed_private: bytes) -> None:
    """Store a witness's new key: its private half sealed under a receipt that is nowhere stored."""
    at = work.now
    holder = Keyholder(id=witness_id, kind="witness", name=None, generation=1, created_at=at, ended_at=None)
    work.add(holder)
    work.flush()
    work.session.add(PublicKey(keyholder_id=witness_id, generation=1, public=public, created_at=at))
    work.add(WitnessKey(keyholder_id=witness_id, handle_hash=handle_hash, sealed_private=sealed_private, at=at))
    work.flush()
