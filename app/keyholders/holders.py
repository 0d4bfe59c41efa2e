"""Making key holders: people, teams, witnesses, escrow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, select
from sqlalchemy.orm import Session

from app.clock import uuid7
from app.crypto import hpke
from app.db import among
from app.errors import Conflict, PlantedKey
from app.keyholders.keyring import Keyring, membership_info
from app.keyholders.models import CaseKey, IndexKey, Keyholder, Membership, PublicKey, ShareMark
from app.keyholders.register import (
    Register,
    holder_fact,
    member_fact,
    must_know,
    note_planted,
    register_of,
    say_planted,
    vouch,
)

ESCROW = "escrow"
M = TypeVar("M", bound="Membership | Row[Any]")


def make(session: Session, kind: str, *, at: datetime, name: str | None = None) -> tuple[Keyholder, hpke.PrivateKey]:
    """A new holder with its first key pair. The private half is the caller's to seal."""
    private = hpke.generate()
    return register(session, kind, private.public, at=at, name=name), private


def register(session: Session, kind: str, public: bytes, *, at: datetime, name: str | None = None) -> Keyholder:
    """Enter a holder in the register whose private key stays elsewhere (escrow's is on paper)."""
    holder = Keyholder(id=uuid7(), kind=kind, name=name, generation=1, created_at=at, ended_at=None)
    session.add(holder)
    session.flush()
    _enter(session, holder, public, at=at)
    return holder


def _enter(session: Session, holder: Keyholder, public: bytes, *, at: datetime) -> None:
    """Store the public key of a holder's present generation, signed by the register."""
    fact = holder_fact(holder.id, holder.kind, holder.name, holder.generation, public)
    signature = vouch(session, fact)
    session.add(
        PublicKey(keyholder_id=holder.id, generation=holder.generation, public=public, created_at=at, vouched=signature)
    )
    session.flush()


def publics_of(session: Session, wanted: Collection[UUID]) -> dict[UUID, tuple[int, bytes]]:
    """For each holder the generation in use and its public key: the one place where a key to seal to comes from.

    raises   Conflict if one has none, PlantedKey if the register does not know one
    """
    rows = session.execute(
        select(
            PublicKey.keyholder_id,
            PublicKey.generation,
            PublicKey.public,
            PublicKey.vouched,
            Keyholder.kind,
            Keyholder.name,
        )
        .join(
            Keyholder,
            (Keyholder.id == PublicKey.keyholder_id) & (Keyholder.generation == PublicKey.generation),
        )
        .where(among(Keyholder.id, wanted), Keyholder.ended_at.is_(None))
    ).all()
    found = {row.keyholder_id: (row.generation, bytes(row.public)) for row in rows}
    if found.keys() != set(wanted):
        raise Conflict("This team or person has no key yet.")
    for row in rows:
        fact = holder_fact(row.keyholder_id, row.kind, row.name, row.generation, bytes(row.public))
        must_know(session, fact, row.vouched)
    return found


def called(session: Session, holder: UUID, kind: str, name: str) -> UUID:
    """The same id, if it is the holder of that kind and name.

    raises   PlantedKey if not: an account was pointed at another holder's key
    """
    found = session.get(Keyholder, holder)
    if found is None or (found.kind, found.name) != (kind, name):
        raise PlantedKey("an account that points at another's key")
    return holder


def team(session: Session, name: str) -> Keyholder:
    """The team of that name; raises Conflict while its lead has not made its key."""
    found = session.scalar(select(Keyholder).where(Keyholder.name == name, Keyholder.kind == "team"))
    if found is None:
        raise Conflict("That team has no key yet: its lead has not signed up.")
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
    membership.vouched = vouch(session, membership.fact())
    session.add(membership)
    return membership


def memberships_of(session: Session, member: UUID) -> Sequence[Membership]:
    """Live memberships of one holder, every generation of each team they are in now."""
    return _known_only(session, Membership.member_id == member)


def members_of(session: Session, team_id: UUID, generation: int) -> Sequence[Membership]:
    """Live memberships of one generation of a team's key, escrow's among them."""
    return _known_only(session, Membership.team_id == team_id, Membership.generation == generation)


def _known_only(session: Session, *which: ColumnElement[bool]) -> Sequence[Membership]:
    found = session.scalars(select(Membership).where(*which, Membership.ended_at.is_(None))).all()
    known = known_only(register_of(session), found)
    if len(known) < len(found):
        note_planted(session, len(found) - len(known))
    return known


def known_only(register: Register, found: Sequence[M]) -> Sequence[M]:
    """The memberships the office made. One it did not make counts for nothing, and is told loudly.

    Not refused as a whole: whoever owns the database could else keep anybody from being
    removed, by planting one row.
    """
    known = [row for row in found if register.knows(_membership_fact(row), row.vouched)]
    if len(known) < len(found):
        say_planted(len(found) - len(known))
    return known


def _membership_fact(row: Membership | Row[Any]) -> bytes:
    return member_fact(row.team_id, row.generation, row.member_id, lead=row.lead, deputy=row.deputy)


def new_team_generation(session: Session, team_holder: Keyholder, *, by: UUID, at: datetime) -> None:
    """A new key pair for new seals, for the members who remain. Nobody need hold the old one.

    That is why an administrator may remove somebody: making a fresh pair and sealing its
    private half to the others opens nothing that exists.
    """
    members = members_of(session, team_holder.id, team_holder.generation)
    private = hpke.generate()
    next_generation(session, team_holder, private.public, at=at)
    for member in members:
        admit(
            session, private, team_holder, team_holder.generation, member.member_id,
            by=by, at=at, lead=member.lead, deputy=member.deputy,
        )  # fmt: skip


def next_generation(session: Session, holder: Keyholder, public: bytes, *, at: datetime) -> None:
    """From now on what is sealed to this holder is sealed to another public key."""
    holder.generation += 1
    _enter(session, holder, public, at=at)


def share_team(
    session: Session, keyring: Keyring, team_holder: Keyholder, member: UUID, *, at: datetime, deputy: bool
) -> None:
    """A member lets another in: every generation that is on the giver's ring."""
    for generation in range(1, team_holder.generation + 1):
        private = keyring.private(team_holder.id, generation)
        admit(session, private, team_holder, generation, member, by=keyring.holder, at=at, deputy=deputy)


def unsigned(session: Session) -> dict[str, int]:
    """How many rows of each table that lead to a key the register does not know; a table without any is left out.

    A witness's key is nobody's to sign: the portal takes it, and nothing is sealed to it later.
    """
    register = register_of(session)
    publics = session.execute(
        select(PublicKey, Keyholder).join(Keyholder, Keyholder.id == PublicKey.keyholder_id)
        .where(Keyholder.kind != "witness").execution_options(yield_per=1000)
    )  # fmt: skip
    found = {
        "public_keys": sum(
            not register.knows(holder_fact(k.id, k.kind, k.name, p.generation, bytes(p.public)), p.vouched)
            for p, k in publics
        )
    }
    members = session.scalars(select(Membership).execution_options(yield_per=1000))
    found["memberships"] = sum(not register.knows(row.fact(), row.vouched) for row in members)
    keys = session.scalars(select(CaseKey).execution_options(yield_per=1000))
    found["case_keys"] = sum(not register.knows(row.fact(), row.vouched) for row in keys)
    indexes = session.scalars(select(IndexKey)).all()
    found["index_keys"] = sum(not register.knows(row.fact(), row.vouched) for row in indexes)
    marks = session.scalars(select(ShareMark)).all()
    found["share_marks"] = sum(not register.knows(row.fact(), row.vouched) for row in marks)
    return {name: count for name, count in found.items() if count}


def leads_of(session: Session, team_holder: Keyholder) -> list[UUID]:
    """Lead and deputies of a team, by the key holder of each person."""
    members = members_of(session, team_holder.id, team_holder.generation)
    return [member.member_id for member in members if member.lead or member.deputy]


def staffed(session: Session, team_holder: Keyholder) -> bool:
    """Whether anybody besides escrow can open what is sealed to a team."""
    members = {member.member_id for member in members_of(session, team_holder.id, team_holder.generation)}
    return bool(members - {escrow(session).id})
