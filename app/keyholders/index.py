"""The key of a team's look-up index: whoever holds it can ask about somebody, and nobody else can.

It lies in an envelope to the team, so it is sealed anew with the team's other envelopes when
somebody leaves. Unlike any other envelope it goes on being used, so the register vouches for it.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.crypto import kdf
from app.errors import PlantedKey
from app.keyholders.grants import open_envelope, seal_envelope
from app.keyholders.keyring import Keyring
from app.keyholders.models import Envelope, IndexKey, Keyholder
from app.keyholders.register import must_know, vouch


def index_of(session: Session, team: Keyholder) -> IndexKey | None:
    """A team's index, if it has one yet. Raises PlantedKey for one the office did not make."""
    found = session.scalar(select(IndexKey).where(IndexKey.team_id == team.id))
    if found is not None:
        must_know(session, found.fact(), found.vouched)
    return found


def make(session: Session, team: Keyholder, *, at: datetime) -> tuple[IndexKey, bytes]:
    """A team's index with a fresh key. Of two made at one moment the database keeps the first."""
    envelope, key = seal_envelope(session, team.id, at=at)
    session.flush()
    made = IndexKey(
        team_id=team.id, envelope_id=envelope.id, commitment=kdf.commitment(key, 32), vouched=b"", made_at=at
    )
    made.vouched = vouch(session, made.fact())
    session.add(made)
    session.flush()
    return made, key


def open_index(session: Session, keyring: Keyring, index: IndexKey) -> bytes:
    """The key, as a member of the team. Raises PlantedKey if the envelope holds another."""
    key = open_envelope(keyring, session.get_one(Envelope, index.envelope_id))
    if kdf.commitment(key, 32) != index.commitment:
        raise PlantedKey("an index key that the office did not draw")
    return key
