"""Questions about the vault that disclose nothing sealed."""

from __future__ import annotations

from sqlalchemy import func, select

from app.people.models import KnownMark
from app.work import Reading, query


@query("lookup.waiting")
def waiting(reading: Reading) -> int:
    """How many records colleagues left for the index: whoever holds its key files them before they ask."""
    return unfiled(reading)


def unfiled(reading: Reading) -> int:
    """The same number, for an answer that has to say what it could not ask."""
    left = reading.rows(KnownMark).where(KnownMark.texts.is_not(None))
    return int(reading.execute(select(func.count()).select_from(left.subquery()))[0][0])
