"""Compartment keys: made when a case opens, sealed to holders, opened by their keyrings.

No function here asks whether it should: policy has decided before, the log records after.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, Uuid, any_, bindparam, exists, or_, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from app.crypto import hpke, kdf
from app.crypto.statements import tag, tag_fits
from app.errors import PlantedKey, SealBroken
from app.keyholders.holders import escrow, publics_of
from app.keyholders.keyring import Keyring
from app.keyholders.models import CaseKey, Envelope, Grant, Keyholder, PublicKey
from app.keyholders.reach import HOLDERS, awake, counts, live, reach
from app.keyholders.register import case_key_fact, must_know, note_planted, say_planted, vouch

COMPARTMENTS: Final = ("IDENTITY", "LOCATION", "TESTIMONY", "LEGAL", "CARE", "THREAT", "RELEASE")
TAG: Final = "amana/grant-tag/v1"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# The public key that a grant is sealed to.
SEALED_TO: Final = (PublicKey.keyholder_id == Grant.keyholder_id) & (PublicKey.generation == Grant.keyholder_generation)


def grant_info(case: UUID, compartment: str, generation: int, holder: UUID) -> bytes:
    """What a grant is bound to: ``label || case[16] || generation[2] || holder[16] || compartment``."""
    return b"amana/grant/v1" + case.bytes + generation.to_bytes(2, "big") + holder.bytes + compartment.encode()


def grant_facts(grant: Grant | Key, public: bytes) -> tuple[bytes, ...]:
    """What the tag of a grant binds: case, compartment, generation, holder, their key, until when, whether it sleeps.

    Only who holds the compartment's key can make one. Without it whoever writes the
    database could lengthen a grant of hours, wake one that sleeps, or add a holder for the
    next rotation.
    """
    until = b"" if grant.until is None else ((grant.until - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big")
    return (
        grant.case_id.bytes, grant.compartment.encode(), grant.generation.to_bytes(2, "big"),
        grant.keyholder_id.bytes, grant.keyholder_generation.to_bytes(2, "big"), public, until,
        b"dormant" if grant.dormant else b"",
    )  # fmt: skip


def envelope_info(envelope: UUID, holder: UUID) -> bytes:
    """What an envelope's key is bound to: ``label || envelope[16] || holder[16]``."""
    return b"amana/envelope/v1" + envelope.bytes + holder.bytes


_MINE = Grant.keyholder_id == any_(HOLDERS)  # of whoever asks


class Key(NamedTuple):
    """A grant as it is read to be opened: its own columns, whom it is sealed to, and the key it should hold."""

    case_id: UUID
    compartment: str
    generation: int
    keyholder_id: UUID
    keyholder_generation: int
    sealed_key: bytes
    until: datetime | None
    dormant: bool
    tag: bytes
    public: bytes
    current: int
    commitment: bytes
    by_name: bool
    vouched: bytes


def _key(case: Any, compartment: Any, generation: Any) -> Select[*tuple[Any, ...]]:
    """One statement, so that a rotation that commits meanwhile is seen as a whole or not at all."""
    return (
        # Columns and not rows: what is only read need not be kept in a session.
        select(
            Grant.case_id, Grant.compartment, Grant.generation, Grant.keyholder_id, Grant.keyholder_generation,
            Grant.sealed_key, Grant.until, Grant.dormant, Grant.tag, PublicKey.public,
            CaseKey.generation.label("current"), CaseKey.commitment, CaseKey.by_name, CaseKey.vouched,
        )
        .join(CaseKey, (CaseKey.case_id == Grant.case_id) & (CaseKey.compartment == Grant.compartment))
        .join(PublicKey, SEALED_TO)
        .where(
            Grant.case_id == case, Grant.compartment == compartment, Grant.generation == generation, _MINE, counts()
        )
        # My own first: a team's key would have to be opened before it opens anything.
        .order_by(Grant.keyholder_id != bindparam("ring", type_=Uuid()), Grant.dormant)
        .limit(1)
    )  # fmt: skip


_KEY: Final = _key(bindparam("case"), bindparam("compartment"), bindparam("generation"))


def key_beside(case: Any, compartment: Any) -> LateralFromClause:
    """The key of the generation now in use, to be asked beside a row whose case and compartment these are."""
    return _key(case, compartment, CaseKey.generation).lateral("key")


def open_case(
    session: Session, case: UUID, holders: Mapping[str, Iterable[UUID]],
    *, by: UUID, at: datetime, by_name: Collection[str] = (),
) -> None:  # fmt: skip
    """Make the seven keys of a new case and seal each to its holders and to escrow.

    by_name  compartments that named people alone may ever hold
    """
    escrow_id = escrow(session).id
    publics = publics_of(session, {escrow_id, *chain.from_iterable(holders.values())})
    for compartment in COMPARTMENTS:
        key = secrets.token_bytes(32)
        current = CaseKey(
            case_id=case, compartment=compartment, generation=1, created_at=at, by_name=compartment in by_name
        )
        _commit_to(session, current, key)
        session.add(current)
        for holder in {*holders.get(compartment, ()), escrow_id}:
            session.add(_sealed(publics[holder], key, case, compartment, 1, holder, by=by, at=at))


def by_name(session: Session, case: UUID) -> frozenset[str]:
    """The compartments of a case that named people alone may hold. Raises PlantedKey if somebody made it less."""
    keys = session.scalars(select(CaseKey).where(CaseKey.case_id == case)).all()
    for key in keys:
        must_know(session, key.fact(), key.vouched)
    return frozenset(key.compartment for key in keys if key.by_name)


def holds_by_name(session: Session, holder: UUID, *, at: datetime) -> bool:
    """Whether somebody is one of those who hold a compartment by name."""
    named = (CaseKey.case_id == Grant.case_id) & (CaseKey.compartment == Grant.compartment) & CaseKey.by_name
    return session.scalar(select(exists().where(Grant.keyholder_id == holder, awake(at), named))) or False


def end_by_name(session: Session, case: UUID, compartment: str) -> None:
    """From now on a compartment is held as in any other case."""
    current = session.execute(
        select(CaseKey).where(CaseKey.case_id == case, CaseKey.compartment == compartment).with_for_update()
    ).scalar_one()
    current.by_name = False
    current.vouched = vouch(session, current.fact())


def _commit_to(session: Session, current: CaseKey, key: bytes) -> None:
    current.commitment = kdf.commitment(key, 32)
    current.vouched = vouch(session, current.fact())


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
    dormant: bool = False,
) -> Grant:
    """Seal one compartment key to one holder's public key."""
    public = publics_of(session, {holder})[holder]
    grant = _sealed(public, key, case, compartment, generation, holder, by=by, at=at, until=until, dormant=dormant)
    session.add(grant)
    return grant


def _sealed(
    public: tuple[int, bytes], key: bytes, case: UUID, compartment: str, generation: int, holder: UUID,
    *, by: UUID, at: datetime, until: datetime | None = None, dormant: bool = False,
) -> Grant:  # fmt: skip
    grant = Grant(
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
        dormant=dormant,
    )
    grant.tag = tag(key, TAG, *grant_facts(grant, public[1]))
    return grant


def holders_of(session: Session, case: UUID, compartment: str, *, at: datetime) -> Sequence[Grant]:
    """Live grants of one compartment, escrow's among them, and those that sleep."""
    return session.scalars(select(Grant).where(Grant.case_id == case, Grant.compartment == compartment, live(at))).all()


def generation_of(session: Session, case: UUID, compartment: str) -> tuple[int, str]:
    """The generation that new seals use and the state of the case, both locked against what would change them."""
    cases = CaseKey.metadata.tables["cases"]
    both = select(CaseKey.generation, cases.c.state).join(cases, cases.c.id == CaseKey.case_id)
    wanted = both.where(CaseKey.case_id == case, CaseKey.compartment == compartment)
    generation, state = session.execute(wanted.with_for_update(read=True)).one()
    return generation, state


def generation_to_end(session: Session, case: UUID, compartment: str) -> tuple[int, str]:
    """The same for whoever means to rotate: two who first shared the lock would each wait for the other."""
    cases = CaseKey.metadata.tables["cases"]
    state = session.execute(select(cases.c.state).where(cases.c.id == case).with_for_update(read=True)).scalar_one()
    current = select(CaseKey.generation).where(CaseKey.case_id == case, CaseKey.compartment == compartment)
    return session.execute(current.with_for_update()).scalar_one(), state


def open_key(
    session: Session, keyring: Keyring, case: UUID, compartment: str, generation: int, *,
    at: datetime, asked: Key | None = None, reaching: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """A compartment key through any grant of this keyring that counts.

    asked    the grant, if it was asked together with the row that it opens
    reaching holds what ``reach`` gives, if more than everyday grants count
    raises   SealBroken if there is none: to hold no grant and to hold a broken one look alike;
             PlantedKey if the key, or the grant it came with, is not the office's
    """
    grant = asked or _find(session, keyring, case, compartment, generation, at=at, reaching=reaching or reach())
    private = keyring.private(grant.keyholder_id, grant.keyholder_generation)
    info = grant_info(case, compartment, generation, grant.keyholder_id)
    key = hpke.open_with(private, grant.sealed_key, info=info)
    # Anybody can seal to a public key. Whoever writes the database could else seal a key of
    # their own to everybody who holds the case, and read what is recorded with it next.
    fact = case_key_fact(case, compartment, grant.current, grant.commitment, grant.by_name)
    must_know(session, fact, grant.vouched)
    if grant.current != generation or bytes(grant.commitment) != kdf.commitment(key, 32):
        raise PlantedKey("a key that was not drawn for this compartment")
    if not tag_fits(bytes(grant.tag), key, TAG, *grant_facts(grant, grant.public)):
        raise PlantedKey("a grant that no holder gave")
    return key


def _find(
    session: Session, keyring: Keyring, case: UUID, compartment: str, generation: int, *,
    at: datetime, reaching: Mapping[str, Any],
) -> Key:  # fmt: skip
    session.flush()
    found = session.connection().execute(
        _KEY,
        {
            **reaching, "case": case, "compartment": compartment, "generation": generation,
            "holders": [*keyring.holders], "ring": keyring.holder, "at": at,
        },
    ).first()  # fmt: skip
    if found is None:
        raise SealBroken("no live grant")
    return Key(*found)


def rotate(
    session: Session, case: UUID, compartment: str, old: bytes, *, without: UUID | None, by: UUID, at: datetime
) -> tuple[int, bytes]:
    """A new generation of one compartment key, sealed to everybody who had it but one, if one is named.

    old      the key so far, which tells the grants that were given from those that were planted
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
    staying = _staying(session, case, compartment, old, without=without, at=at)
    publics = publics_of(session, staying.keys())
    session.execute(
        update(Grant)
        .where(Grant.case_id == case, Grant.compartment == compartment, Grant.revoked_at.is_(None))
        .values(revoked_at=at)
    )
    current.generation += 1
    current.created_at, current.renew = at, False
    key = secrets.token_bytes(32)
    _commit_to(session, current, key)
    for holder, (until, dormant) in staying.items():
        session.add(_sealed(
            publics[holder], key, case, compartment, current.generation, holder,
            by=by, at=at, until=until, dormant=dormant,
        ))  # fmt: skip
    return current.generation, key


def end_all(session: Session, holder: UUID, *, at: datetime) -> int:
    """End every grant of a holder who is gone, key and all; returns how many.

    Their compartments keep their keys: a private key that is nowhere any more opens none.
    """
    ended = session.execute(
        update(Grant).where(Grant.keyholder_id == holder, Grant.revoked_at.is_(None)).values(revoked_at=at)
    )
    return int(ended.rowcount)  # type: ignore[attr-defined]


def end_one(session: Session, case: UUID, compartment: str, holder: UUID, *, at: datetime) -> None:
    """End one holder's grant of a compartment that is not open here; its key is drawn anew by whoever holds it next."""
    mine = Grant.case_id == case, Grant.compartment == compartment, Grant.keyholder_id == holder
    session.execute(update(Grant).where(*mine, Grant.revoked_at.is_(None)).values(revoked_at=at))
    key = update(CaseKey).where(CaseKey.case_id == case, CaseKey.compartment == compartment)
    session.execute(key.values(renew=True).execution_options(synchronize_session=False))


def _staying(
    session: Session, case: UUID, compartment: str, old: bytes, *, without: UUID | None, at: datetime
) -> dict[UUID, tuple[datetime | None, bool]]:
    """Who keeps a compartment, until when and whether asleep: escrow always, others by a grant that somebody gave."""
    others = true() if without is None else Grant.keyholder_id != without
    found = session.execute(_given(case, compartment, at=at).where(others)).all()
    given = [grant for grant, public in found if _is_given(grant, public, old)]
    if len(given) < len(found):
        say_planted(len(found) - len(given))
        note_planted(session, len(found) - len(given))
    # Whoever has one for everyday besides keeps that one.
    given.sort(key=lambda grant: not grant.dormant)
    kept = {grant.keyholder_id: (grant.until, grant.dormant) for grant in given}
    return kept | {escrow(session).id: (None, False)}


def _given(case: UUID, compartment: str, *, at: datetime) -> Select[Grant, bytes | None]:
    """Live grants of a compartment to whoever is still here, with the public key each is sealed to."""
    return (
        select(Grant, PublicKey.public)
        .join(Keyholder, (Keyholder.id == Grant.keyholder_id) & Keyholder.ended_at.is_(None))
        .outerjoin(PublicKey, SEALED_TO)
        .where(Grant.case_id == case, Grant.compartment == compartment, live(at))
    )


def _is_given(grant: Grant, public: bytes | None, key: bytes) -> bool:
    return public is not None and tag_fits(bytes(grant.tag), key, TAG, *grant_facts(grant, bytes(public)))


def limit(
    session: Session, key: bytes, case: UUID, compartment: str, holders: Collection[UUID], *,
    by: UUID, at: datetime, until: datetime, was: datetime | None,
) -> int:  # fmt: skip
    """Give the everyday grants of some holders an end, or move the end they have; returns how many.

    was  the end that is moved; None: whatever ends later or never. A grant that was planted is left as it is.
    """
    fits = Grant.until == was if was is not None else or_(Grant.until.is_(None), Grant.until > until)
    asked = _given(case, compartment, at=at).where(Grant.keyholder_id.in_(holders), ~Grant.dormant, fits)
    found = [grant for grant, public in session.execute(asked).all() if _is_given(grant, public, key)]
    for grant in found:
        grant.revoked_at = at
        seal_grant(session, key, case, compartment, grant.generation, grant.keyholder_id, by=by, at=at, until=until)
    return len(found)


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
    """The key of an envelope, as its team or as its witness. Raises SealBroken to everybody else."""
    if envelope.team_id is not None and keyring.holds(envelope.team_id):
        private = keyring.private(envelope.team_id, envelope.team_generation)
        info = envelope_info(envelope.id, envelope.team_id)
        return hpke.open_with(private, envelope.sealed_for_team, info=info)
    if envelope.witness_id is not None and envelope.sealed_for_witness and keyring.holds(envelope.witness_id):
        private = keyring.private(envelope.witness_id, 1)
        info = envelope_info(envelope.id, envelope.witness_id)
        return hpke.open_with(private, envelope.sealed_for_witness, info=info)
    raise SealBroken("not an envelope of this keyring")
