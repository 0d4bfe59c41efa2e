"""How old the keys in the database are, and how much is still sealed to older ones. Opens nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from app.keyholders import resealing
from app.keyholders.models import CaseKey, Grant, Keyholder, PublicKey


@dataclass(frozen=True)
class Age:
    """One key pair, or all keys of cases together.

    since    when it was drawn; of the keys of cases the oldest
    behind   what is still sealed to an older generation; of the keys of cases, how many are ordered to be drawn anew
    """

    what: str
    name: str
    generation: int
    since: datetime | None
    behind: int
    count: int = 1


def held_by_somebody() -> ColumnElement[bool]:
    """Whether a key of a case has a holder besides escrow: one that has none seals nothing, and nobody could renew it.

    Of a public report most keys are so: they are sealed to the paper shares alone.
    """
    return exists().where(
        Grant.case_id == CaseKey.case_id, Grant.compartment == CaseKey.compartment, Grant.revoked_at.is_(None),
        Grant.keyholder_id.not_in(select(Keyholder.id).where(Keyholder.kind == "escrow")),
    )  # fmt: skip


def ages(session: Session) -> list[Age]:
    """Escrow's pair, each team's, and the keys of cases together, as far as somebody holds them."""
    pairs = session.execute(
        select(Keyholder, PublicKey.created_at)
        .join(PublicKey, (PublicKey.keyholder_id == Keyholder.id) & (PublicKey.generation == Keyholder.generation))
        .where(Keyholder.kind.in_(("escrow", "team")), Keyholder.ended_at.is_(None))
        .order_by(Keyholder.kind, Keyholder.name)
    ).all()
    found = [
        Age(holder.kind, holder.name or "", holder.generation, at, resealing.stale(session, holder))
        for holder, at in pairs
    ]
    count, oldest, ordered = session.execute(
        select(func.count(), func.min(CaseKey.created_at), func.count().filter(CaseKey.renew)).where(held_by_somebody())
    ).one()
    return [*found, Age("compartment", "", 0, oldest, ordered, count)]
