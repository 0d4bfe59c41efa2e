"""Parts of accounts lent to rules and other actions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.accounts import undertakings
from app.accounts.forms import Invite, JoinTeam, LeaveTeam, MakeService, RecoverTeam, Reseal
from app.accounts.models import AccountState, RoleHolding, Service, User, WitnessKey
from app.db import among
from app.errors import NotFound
from app.keyholders import grants, holders
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
        # Whoever has no key yet is refused by their state, and told that.
        "target_undertaken": user.keyholder_id is None or undertakings.in_force(work, user),
    }


def named_lead(work: Work, _row: None, form: RecoverTeam) -> dict[str, Any]:
    """Whom the custodians name lead: their roles and teams, and whether it is whoever runs the machine."""
    user = work.first(User, User.code == form.to)
    if user is None:
        raise NotFound
    work.lock(user)
    held = work.all(RoleHolding, RoleHolding.user_id == user.id, RoleHolding.ended_at.is_(None))
    return {
        "team": form.team,
        "target": user.code,
        "target_teams": _teams_of(work, user) | {form.team},
        "target_roles": frozenset(holding.role for holding in held) | {"team_lead"},
        "authors": form.run_by,
        "target_undertaken": user.keyholder_id is None or undertakings.in_force(work, user),
    }


def leaver(_work: Work, _user: User, form: LeaveTeam) -> dict[str, Any]:
    """The team somebody is to leave."""
    return {"team": form.team}


def whose(_work: Work, _row: None, form: MakeService | Reseal) -> dict[str, Any]:
    """The team that something is done for."""
    return {"team": form.team}


@dataclass(frozen=True)
class Recipient:
    """Somebody a compartment can be granted to: a colleague, or a service until its end.

    row         what to lock, so that two grants at one moment see each other
    undertaken  whether their undertaking of secrecy is in force; a service is nobody who could sign one
    """

    row: User | Service
    holder: UUID
    roles: frozenset[str]
    teams: frozenset[str]
    ends_at: datetime | None
    active: bool
    undertaken: bool


def recipient(work: Work, code: str) -> Recipient:
    """Whoever has this code and a key of their own. NotFound for nobody; PlantedKey for another's key."""
    user = work.first(User, User.code == code)
    if user is not None and user.keyholder_id is not None:
        holder = holders.called(work.session, user.keyholder_id, "person", user.code)
        held = work.all(RoleHolding, RoleHolding.user_id == user.id, RoleHolding.ended_at.is_(None))
        roles = frozenset(each.role for each in held)
        active, undertaken = user.state == AccountState.ACTIVE, undertakings.in_force(work, user)
        return Recipient(user, holder, roles, _teams_of(work, user), None, active, undertaken)
    service = work.first(Service, Service.code == code)
    if service is None:
        raise NotFound
    holder = holders.called(work.session, service.keyholder_id, "service", service.code)
    active = service.ended_at is None and service.ends_at > work.now
    teams = frozenset({service.team})
    return Recipient(service, holder, frozenset({"service"}), teams, service.ends_at, active, undertaken=True)


def end_service(work: Work, service: Service) -> int:
    """End a service, its key and its grants; returns how many grants there were."""
    service.end(at=work.now)
    work.session.get_one(Keyholder, service.keyholder_id).ended_at = work.now
    return grants.end_all(work.session, service.keyholder_id, at=work.now)


def end_services_of(work: Work, user: User, team: str | None = None) -> int:
    """End what somebody made, when nobody is left to answer for it; returns how many services."""
    mine = [Service.made_by == user.code, Service.ended_at.is_(None)]
    found = work.session.scalars(
        select(Service).where(*mine, *([] if team is None else [Service.team == team])).with_for_update()
    ).all()
    for service in found:
        end_service(work, service)
    return len(found)


def _teams_of(work: Work, user: User) -> frozenset[str]:
    if user.keyholder_id is None:
        return frozenset()
    memberships = holders.memberships_of(work.session, user.keyholder_id)
    teams = (work.session.get_one(Keyholder, m.team_id) for m in memberships)
    return frozenset(str(team.name) for team in teams)


def make_witness(
    work: Work, witness_id: UUID, *, handle_hash: bytes, looking_hash: bytes, public: bytes, sealed_private: bytes
) -> None:
    """Store a witness's new key: its private half sealed under a receipt that is nowhere stored."""
    at = work.now
    holder = Keyholder(id=witness_id, kind="witness", name=None, generation=1, created_at=at, ended_at=None)
    work.add(holder)
    work.flush()
    work.session.add(PublicKey(keyholder_id=witness_id, generation=1, public=public, created_at=at))
    work.add(
        WitnessKey(
            keyholder_id=witness_id, handle_hash=handle_hash, looking_hash=looking_hash,
            sealed_private=sealed_private, at=at,
        )
    )  # fmt: skip
    work.flush()


def called(work: Work, rows: set[UUID]) -> dict[str, str]:
    """What teams and colleagues are called whom entries name by their rows, by the row's id as text."""
    keyholders = work.rows(Keyholder).where(among(Keyholder.id, rows), Keyholder.kind.in_(("team", "person")))
    people = work.rows(User).where(among(User.id, rows))
    found = [
        *work.execute(keyholders.with_only_columns(Keyholder.id, Keyholder.name)),
        *work.execute(people.with_only_columns(User.id, User.code)),
    ]
    return {str(row): str(name) for row, name in found}
