"""What was sealed to a team before somebody left, sealed anew to those who stayed.

A new generation of a team's key is for what is sealed next. Until what went before is sealed
to it too, the private key that somebody took with them opens it in a copy of the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from app.crypto import hpke, kdf
from app.crypto.statements import tag, tag_fits
from app.errors import SealBroken
from app.keyholders.grants import SEALED_TO, TAG, envelope_info, grant_facts, grant_info
from app.keyholders.holders import publics_of
from app.keyholders.keyring import Keyring
from app.keyholders.models import CaseKey, Envelope, Grant, Keyholder, PublicKey
from app.keyholders.register import note_planted, register_of, say_planted

# As many of each kind as one member's sign-in may wait for.
PORTION: Final = 500


@dataclass(frozen=True)
class Resealed:
    """How many grants and envelopes were sealed anew, and how many are still to do."""

    grants: int
    envelopes: int
    left: int


def stale(session: Session, team: Keyholder) -> int:
    """How many grants and envelopes are sealed to an older generation of a team's key."""
    grants, envelopes = _stale_grants(team), _stale_envelopes(team)
    counts = [select(func.count()).select_from(table).where(*which).scalar_subquery()
              for table, which in ((Grant, grants), (Envelope, envelopes))]  # fmt: skip
    return int(session.execute(select(counts[0] + counts[1])).scalar_one())


def teams_behind(session: Session, holders: Iterable[UUID]) -> list[str]:
    """Names of those of these teams to whose older keys something is still sealed."""
    teams = session.scalars(
        select(Keyholder).where(Keyholder.id.in_([*holders]), Keyholder.kind == "team", Keyholder.generation > 1)
    )
    return sorted(str(team.name) for team in teams.all() if stale(session, team))


def reseal(session: Session, keyring: Keyring, team: Keyholder, *, portion: int = PORTION) -> Resealed:
    """Seal a portion of what is stale to the team's present key, each row in its place.

    Rows that another member is at work on are left to them. What this keyring cannot open, or
    nobody of the office made, stays as it is: a planted grant must not get a tag from us.
    """
    generation, public = publics_of(session, {team.id})[team.id]
    grants = _reseal_grants(session, keyring, team, generation, public, portion)
    envelopes = _reseal_envelopes(session, keyring, team, generation, public, portion)
    session.flush()
    return Resealed(grants, envelopes, stale(session, team))


def _reseal_grants(
    session: Session, keyring: Keyring, team: Keyholder, generation: int, public: bytes, portion: int
) -> int:
    rows = session.execute(
        select(Grant, PublicKey.public, CaseKey)
        .join(CaseKey, (CaseKey.case_id == Grant.case_id) & (CaseKey.compartment == Grant.compartment))
        .join(PublicKey, SEALED_TO)
        .where(*_stale_grants(team), Grant.keyholder_generation.in_(keyring.generations(team.id)))
        .order_by(Grant.id)
        .limit(portion)
        .with_for_update(of=Grant, skip_locked=True)
    ).all()
    done = planted = 0
    for grant, sealed_to, current in rows:
        key = _key_of(session, keyring, grant, bytes(sealed_to), current)
        if key is None:
            planted += 1
            continue
        info = grant_info(grant.case_id, grant.compartment, grant.generation, team.id)
        grant.sealed_key, grant.keyholder_generation = hpke.seal_to(public, key, info=info), generation
        grant.tag = tag(key, TAG, *grant_facts(grant, public))
        done += 1
    if planted:
        say_planted(planted)
        note_planted(session, planted)
    return done


def _key_of(
    session: Session, keyring: Keyring, grant: Grant, sealed_to: bytes, current: CaseKey
) -> bytes | None:  # fmt: skip
    """The compartment key in a grant that somebody of the office gave; None for any other."""
    private = keyring.private(grant.keyholder_id, grant.keyholder_generation)
    info = grant_info(grant.case_id, grant.compartment, grant.generation, grant.keyholder_id)
    try:
        key = hpke.open_with(private, grant.sealed_key, info=info)
    except SealBroken:
        return None
    ours = register_of(session).knows(current.fact(), current.vouched) and current.commitment == kdf.commitment(key, 32)
    return key if ours and tag_fits(bytes(grant.tag), key, TAG, *grant_facts(grant, sealed_to)) else None


def _reseal_envelopes(
    session: Session, keyring: Keyring, team: Keyholder, generation: int, public: bytes, portion: int
) -> int:
    rows = session.scalars(
        select(Envelope)
        .where(*_stale_envelopes(team), Envelope.team_generation.in_(keyring.generations(team.id)))
        .order_by(Envelope.id)
        .limit(portion)
        .with_for_update(skip_locked=True)
    ).all()
    done = planted = 0
    for envelope in rows:
        info = envelope_info(envelope.id, team.id)
        try:
            key = hpke.open_with(
                keyring.private(team.id, envelope.team_generation), envelope.sealed_for_team, info=info
            )
        except SealBroken:
            planted += 1
            continue
        envelope.sealed_for_team, envelope.team_generation = hpke.seal_to(public, key, info=info), generation
        done += 1
    if planted:
        say_planted(planted)
        note_planted(session, planted)
    return done


def _stale_grants(team: Keyholder) -> tuple[ColumnElement[bool], ...]:
    older = Grant.keyholder_generation < team.generation
    return Grant.keyholder_id == team.id, older, Grant.revoked_at.is_(None)


def _stale_envelopes(team: Keyholder) -> tuple[ColumnElement[bool], ...]:
    return Envelope.team_id == team.id, Envelope.team_generation < team.generation
