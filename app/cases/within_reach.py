"""Which caseworkers could be given what lies under one compartment of a case: whom a clock may call about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import exists, or_, select

from app.accounts.models import AccountState, RoleHolding, User
from app.db import among
from app.keyholders import reach
from app.keyholders.models import ConflictOfInterest, Grant, Keyholder, Membership
from app.work import Work


@dataclass
class Colleague:
    """Somebody who could be given a row.

    holds    any day, themself or through a team; else only what sleeps at a team of theirs reaches it
    by_name  holds it themself
    leads    teams of which they are lead or deputy
    """

    code: str
    user: UUID
    holds: bool
    by_name: bool
    teams: set[str] = field(default_factory=set)
    leads: set[str] = field(default_factory=set)


def within_reach(work: Work, case: UUID, compartment: str) -> list[Colleague]:
    """Every caseworker who works here and could be given it, asleep or not; nobody with a declared conflict."""
    here = Grant.case_id == case, Grant.compartment == compartment, reach.live(work.now)
    grants = work.session.execute(select(Grant.keyholder_id, Grant.dormant).where(*here)).all()
    anyhow, awake = {holder for holder, _ in grants}, {holder for holder, dormant in grants if not dormant}
    caseworker = exists().where(
        RoleHolding.user_id == User.id, RoleHolding.role == "caseworker", RoleHolding.ended_at.is_(None)
    )
    declared = exists().where(
        ConflictOfInterest.case_id == case, ConflictOfInterest.holder_id == User.keyholder_id,
        ConflictOfInterest.lifted_at.is_(None),
    )  # fmt: skip
    member = (Membership.member_id == User.keyholder_id) & Membership.ended_at.is_(None)
    reaches = or_(
        among(User.keyholder_id, anyhow), exists().where(member, among(Membership.team_id, anyhow)).correlate(User)
    )
    asked = (
        select(User.code, User.id, User.keyholder_id, Membership, Keyholder.name)
        .outerjoin(Membership, member).outerjoin(Keyholder, Keyholder.id == Membership.team_id)
        .where(User.state == AccountState.ACTIVE, caseworker, reaches, ~declared)
    )  # fmt: skip
    found: dict[str, Colleague] = {}
    for code, user, holder, membership, team in work.session.execute(asked).all():
        each = found.setdefault(code, Colleague(code, user, holder in awake, holder in awake))
        if membership is not None and team is not None:
            each.holds |= membership.team_id in awake
            each.teams.add(team)
            each.leads |= {team} if membership.lead or membership.deputy else set()
    return [*found.values()]


def holds_any_day(work: Work, case: UUID, compartment: str) -> bool:
    """Whether the caller holds it for their everyday work, however far this action reaches."""
    held = reach.held(work.session, work.actor.keyholders, [case], at=work.now)
    return compartment in held.get(case, frozenset())
