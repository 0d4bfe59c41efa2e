"""Making key holders: people, teams, witnesses, escrow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import uuid7
from app.crypto import hpke
from app.db import among
from app.errors import Conflict
from app.keyholders.keyring import Keyring, membership_info
from app.keyholders.models import Keyholder, Membership, PublicKey

ESCROW = "escrow"


def make(session: Session, kind: str, *, at: datetime, name: str | None = None) -> tuple[Keyholder, hpke.PrivateKey]:
    """A new holder with its first key pair. The private half is the caller's to seal."""
    private = hpke.generate()
    return register(session, kind, private.public, at=at, name=name), private


def register(session: Session, kind: str, public: bytes, *, at: datetime, name: str | None = None) -> Keyholder:
    """Store a holder whose private key stays elsewhere (escrow on paper, a witness's receipt)."""
    holder = Keyholder(id=uuid7(), kind=kind, name=name, generation=1, created_at=at, ended_at=None)
    session.add(holder)
    session.flush()
    session.add(PublicKey(keyholder_id=holder.id, generation=1, public=public, created_at=at))
    return holder


def publics_of(session: Session, wanted: Collection[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """For each holder the generation in use and its public key. Raises Conflict if one has none."""
    rows = session.execute(
        select(PublicKey.keyholder_id, PublicKey.generation, PublicKey.public)
        .join(
            Keyholder,
            (Keyholder.id == PublicKey.keyholder_id) & (Keyholder.generation == PublicKey.generation),
        )
        .where(among(Keyholder.id, wanted), Keyholder.ended_at.is_(None))
    ).all()
    found = {row.keyholder_id: (row.generation, bytes(row.public)) for row in rows}
    if found.keys() != set(wanted):
        raise Conflict("This team or person has no key yet.")
    return found


def team(session: Session, name: str) -> Keyholder:
    """The team of that name; raises Unavailable while its lead has not made its key."""
    found = session.scalar(select(Keyholder).where(Keyholder.name == name, Keyholder.kind == "team"))
    if found is None:
        raise Conflict(f"The {name} team has no key yet: its lead has not signed up.")
    return found


def escrow(session: Session) -> Keyholder:
    """The holder whose private key is on paper with custodians. Raises Conflict before set-up."""
    found = session.scalar(select(Keyholder).where(Keyholder.kind == ESCROW))
    if found is None:
        raise Conflict("This installation has no escrow key. Run: amana init")
    return found


def found_team(session: Session, name: str, lead: Keyholder, *, at: datetime) -> Keyholder:
    """Make a team's key pair in its founding lead's sign-up, sealed to the lead and to escrow."""
    holder, private = make(session, "team", at=at, name=name)
    for member, is_lead in ((lead.id, True), (escrow(session).id, False)):
        admit(session, private, holder, 1, member, by=lead.id, at=at, lead=is_lead)
    return holder


def admit(
    session: Session,
    private: hpke.PrivateKey,
    team_holder: Keyholder,
    generation: int,
    member: UUID,
    *,
    by: UUID,
    at: datetime,
    lead: bool = False,
    deputy: bool = False,
) -> Membership:
    """Seal one generation of a team's private key to one member."""
    _, public = publics_of(session, {member})[member]
    info = membership_info(team_holder.id, generation, member)
    sealed = hpke.seal_to(public, private.raw, info=info)
    # Somebody who left and comes back has rows already; they are opened again, not doubled.
    membership = session.scalar(
        select(Membership).where(
            Membership.team_id == team_holder.id, Membership.generation == generation, Membership.member_id == member
        )
    ) or Membership(team_id=team_holder.id, generation=generation, member_id=member)
    membership.sealed_private, membership.lead, membership.deputy = sealed, lead, deputy
    membership.added_by, membership.added_at, membership.ended_at = by, at, None
    session.add(membership)
    return membership


def memberships_of(session: Session, member: UUID) -> Sequence[Membership]:
    """Live memberships of one holder, every generation of each team they are in now."""
    return session.scalars(
        select(Membership).where(Membership.member_id == member, Membership.ended_at.is_(None))
    ).all()


def members_of(session: Session, team_id: UUID, generation: int) -> Sequence[Membership]:
    """Live memberships of one generation of a team's key, escrow's among them."""
    return session.scalars(
        select(Membership).where(
            Membership.team_id == team_id, Membership.generation == generation, Membership.ended_at.is_(None)
        )
    ).all()


def new_team_generation(session: Session, team_holder: Keyholder, *, by: UUID, at: datetime) -> None:
    """A new key pair for new seals, for the members who remain. Nobody need hold the old one.

    That is why an administrator may remove somebody: making a fresh pair and sealing its
    private half to the others opens nothing that exists.
    """
    members = members_of(session, team_holder.id, team_holder.generation)
    private = hpke.generate()
    team_holder.generation += 1
    session.add(
        PublicKey(
            keyholder_id=team_holder.id,
            generation=team_holder.generation,
            public=private.public,
            created_at=at,
        )
    )
    session.flush()
    for member in members:
        admit(
            session, private, team_holder, team_holder.generation, member.member_id,
            by=by, at=at, lead=member.lead, deputy=member.deputy,
        )  # fmt: skip


def share_team(
    session: Session, keyring: Keyring, team_holder: Keyholder, member: UUID, *, at: datetime, deputy: bool
) -> None:
    """A member lets another in: every generation that is on the giver's ring."""
    for generation in range(1, team_holder.generation + 1):
        private = keyring.private(team_holder.id, generation)
        admit(session, private, team_holder, generation, member, by=keyring.holder, at=at, deputy=deputy)


def leads_of(session: Session, team_holder: Keyholder) -> list[UUID]:
    """Lead and deputies of a team, by the key holder of each person."""
    members = members_of(session, team_holder.id, team_holder.generation)
    return [member.member_id for member in members if member.lead or member.deputy]


def staffed(session: Session, team_holder: Keyholder) -> bool:
    """Whether anybody besides escrow can open what is sealed to a team."""
    members = {member.member_id for member in members_of(session, team_holder.id, team_holder.generation)}
    return bool(members - {escrow(session).id})
