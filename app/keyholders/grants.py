"""Compartment keys: made when a case opens, sealed to holders, opened by their keyrings.

No function here asks whether it should: policy has decided before, the log records after.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, BindParameter, ColumnElement, DateTime, Uuid, any_, bindparam, or_, select, update
from sqlalchemy.orm import Session

from app.crypto import hpke
from app.errors import SealBroken
from app.keyholders.holders import escrow, publics_of
from app.keyholders.keyring import Keyring
from app.keyholders.models import CaseKey, Envelope, Grant

COMPARTMENTS: Final = ("IDENTITY", "LOCATION", "TESTIMONY", "LEGAL", "CARE", "THREAT", "RELEASE")


def grant_info(case: UUID, compartment: str, generation: int, holder: UUID) -> bytes:
    """What a grant is bound to: ``label || case[16] || generation[2] || holder[16] || compartment``."""
    return b"amana/grant/v1" + case.bytes + generation.to_bytes(2, "big") + holder.bytes + compartment.encode()


def envelope_info(envelope: UUID, holder: UUID) -> bytes:
    """What an envelope's key is bound to: ``label || envelope[16] || holder[16]``."""
    return b"amana/envelope/v1" + envelope.bytes + holder.bytes


def live(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The condition under which a grant counts now."""
    return Grant.revoked_at.is_(None) & or_(Grant.until.is_(None), Grant.until > at)


# Asked at almost every request, so made once: building such a statement costs more than answering it.
_AT = bindparam("at", type_=DateTime(timezone=True))
_MINE = Grant.keyholder_id == any_(bindparam("holders", type_=ARRAY(Uuid)))
_HELD = (
    select(Grant.case_id, Grant.compartment)
    .distinct()
    .where(Grant.case_id == any_(bindparam("cases", type_=ARRAY(Uuid))), _MINE, live(_AT))
)
_KEY = (
    select(Grant.keyholder_id, Grant.keyholder_generation, Grant.sealed_key)
    .where(
        Grant.case_id == bindparam("case"),
        Grant.compartment == bindparam("compartment"),
        Grant.generation == bindparam("generation"),
        _MINE,
        live(_AT),
    )
    # My own first: a team's key would have to be opened before it opens anything.
    .order_by(Grant.keyholder_id != bindparam("me"))
    .limit(1)
)


def open_case(session: Session, case: UUID, holders: Mapping[str, Iterable[UUID]], *, by: UUID, at: datetime) -> None:
    """Make the seven keys of a new case and seal each to its holders and to escrow."""
    escrow_id = escrow(session).id
    publics = publics_of(session, {escrow_id, *chain.from_iterable(holders.values())})
    for compartment in COMPARTMENTS:
        session.add(CaseKey(case_id=case, compartment=compartment, generation=1, created_at=at))
        key = secrets.token_bytes(32)
        for holder in {*holders.get(compartment, ()), escrow_id}:
            session.add(_sealed(publics[holder], key, case, compartment, 1, holder, by=by, at=at, until=None))


def seal_grant(
    session: Session,
    key: bytes,
    case: UUID,
    compartment: str,
    generation: int,
    holder: UUID,
    *,
    by: UUID,
    at: datetime,
    until: datetime | None = None,
) -> Grant:
    """Seal one compartment key to one holder's public key."""
    public = publics_of(session, {holder})[holder]
    grant = _sealed(public, key, case, compartment, generation, holder, by=by, at=at, until=until)
    session.add(grant)
    return grant


def _sealed(
    public: tuple[int, bytes], key: bytes, case: UUID, compartment: str, generation: int, holder: UUID,
    *, by: UUID, at: datetime, until: datetime | None,
) -> Grant:  # fmt: skip
    return Grant(
        case_id=case,
        compartment=compartment,
        generation=generation,
        keyholder_id=holder,
        keyholder_generation=public[0],
        sealed_key=hpke.seal_to(public[1], key, info=grant_info(case, compartment, generation, holder)),
        granted_by=by,
        at=at,
        until=until,
        revoked_at=None,
    )


def held(
    session: Session, holders: Iterable[UUID], cases: Iterable[UUID], *, at: datetime
) -> dict[UUID, frozenset[str]]:
    """For each of these cases the compartments that any of these holders can open now."""
    found = session.execute(_HELD, {"cases": [*cases], "holders": [*holders], "at": at}).all()
    by_case: dict[UUID, set[str]] = {}
    for case, compartment in found:
        by_case.setdefault(case, set()).add(compartment)
    return {case: frozenset(compartments) for case, compartments in by_case.items()}


def holders_of(session: Session, case: UUID, compartment: str, *, at: datetime) -> Sequence[Grant]:
    """Live grants of one compartment, escrow's among them."""
    return session.scalars(select(Grant).where(Grant.case_id == case, Grant.compartment == compartment, live(at))).all()


def generation_of(session: Session, case: UUID, compartment: str, *, to_rotate: bool = False) -> int:
    """The generation that new seals use, its row locked against a rotation meanwhile.

    Whoever means to rotate says so now: two who first shared the lock would each wait for
    the other to give it up.
    """
    return session.execute(
        select(CaseKey.generation)
        .where(CaseKey.case_id == case, CaseKey.compartment == compartment)
        .with_for_update(read=not to_rotate)
    ).scalar_one()


def open_key(
    session: Session, keyring: Keyring, case: UUID, compartment: str, generation: int, *, at: datetime
) -> bytes:
    """A compartment key through any live grant of this keyring.

    raises SealBroken if there is none: to hold no grant and to hold a broken one look alike
    """
    grant = session.execute(
        _KEY,
        {
            "case": case, "compartment": compartment, "generation": generation,
            "holders": [*keyring.holders], "me": keyring.holder, "at": at,
        },
    ).first()  # fmt: skip
    if grant is None:
        raise SealBroken("no live grant")
    private = keyring.private(grant.keyholder_id, grant.keyholder_generation)
    info = grant_info(case, compartment, generation, grant.keyholder_id)
    return hpke.open_with(private, grant.sealed_key, info=info)


def rotate(
    session: Session, case: UUID, compartment: str, *, without: UUID, by: UUID, at: datetime
) -> tuple[int, bytes]:
    """A new generation of one compartment key, sealed to everybody who had it but one.

    returns  the new generation and its key; the caller re-seals every cell with it
             in the same transaction, so the old generation seals nothing afterwards

    The row of ``case_keys`` is locked first: two revocations at once would else make the
    same generation with two keys.
    """
    current = session.execute(
        select(CaseKey)
        .where(CaseKey.case_id == case, CaseKey.compartment == compartment)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).scalar_one()
    staying = [g for g in holders_of(session, case, compartment, at=at) if g.keyholder_id != without]
    publics = publics_of(session, {grant.keyholder_id for grant in staying})
    session.execute(
        update(Grant)
        .where(Grant.case_id == case, Grant.compartment == compartment, Grant.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    current.generation += 1
    key = secrets.token_bytes(32)
    for grant in staying:
        holder = grant.keyholder_id
        session.add(_sealed(
            publics[holder], key, case, compartment, current.generation, holder, by=by, at=at, until=grant.until
        ))  # fmt: skip
    return current.generation, key


def seal_envelope(
    session: Session,
    team: UUID,
    *,
    at: datetime,
    witness: UUID | None = None,
    witness_public: bytes | None = None,
) -> tuple[Envelope, bytes]:
    """A fresh key sealed to a team and, if named, to a witness. Returns the row and the key."""
    generation, public = publics_of(session, {team})[team]
    key = secrets.token_bytes(32)
    envelope = Envelope(
        team_id=team, team_generation=generation, sealed_for_team=b"", witness_id=witness, sealed_for_witness=None,
        at=at,
    )  # fmt: skip
    envelope.sealed_for_team = hpke.seal_to(public, key, info=envelope_info(envelope.id, team))
    if witness is not None and witness_public is not None:
        envelope.sealed_for_witness = hpke.seal_to(witness_public, key, info=envelope_info(envelope.id, witness))
    session.add(envelope)
    return envelope, key


def open_envelope(keyring: Keyring, envelope: Envelope) -> bytes:
    """The key of an envelope, as its team or as its witness."""
    if keyring.holds(envelope.team_id):
        private = keyring.private(envelope.team_id, envelope.team_generation)
        info = envelope_info(envelope.id, envelope.team_id)
        return hpke.open_with(private, envelope.sealed_for_team, info=info)
    if envelope.witness_id is not None and envelope.sealed_for_witness and keyring.holds(envelope.witness_id):
        private = keyring.private(envelope.witness_id, 1)
        info = envelope_info(envelope.id, envelope.witness_id)
        return hpke.open_with(private, envelope.sealed_for_witness, info=info)
    raise SealBroken("not an envelope of this keyring")
