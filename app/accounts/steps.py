"""Parts of accounts lent to rules and other actions."""

from __future__ import annotations

from uuid import UUID

from app.accounts.models import RoleHolding, User, WitnessKey
from app.db import Table
from app.keyholders import holders
from app.keyholders.models import Keyholder, PublicKey
from app.work import Work


def teams_of(work: Work, user: Table | None) -> frozenset[str]:
    """Names of the teams whose key somebody holds now, and through that what they could read."""
    if not isinstance(user, User) or user.keyholder_id is None:
        return frozenset()
    memberships = holders.memberships_of(work.session, user.keyholder_id)
    teams = (work.session.get_one(Keyholder, m.team_id) for m in memberships)
    return frozenset(str(team.name) for team in teams)


def roles_of(work: Work, user: Table | None) -> frozenset[str]:
    """Roles somebody holds now."""
    assert isinstance(user, User)
    holdings = work.all(RoleHolding, RoleHolding.user_id == user.id, RoleHolding.ended_at.is_(None))
    return frozenset(holding.role for holding in holdings)


def make_witness(work: Work, witness_id: UUID, *, handle_hash: bytes, public: bytes, sealed_private: bytes) -> None:
    """Store a witness's new key: its private half sealed under a receipt that is nowhere stored."""
    at = work.now
    holder = Keyholder(id=witness_id, kind="witness", name=None, generation=1, created_at=at, ended_at=None)
    work.add(holder)
    work.flush()
    work.session.add(PublicKey(keyholder_id=witness_id, generation=1, public=public, created_at=at))
    work.add(WitnessKey(keyholder_id=witness_id, handle_hash=handle_hash, sealed_private=sealed_private, at=at))
    work.flush()
