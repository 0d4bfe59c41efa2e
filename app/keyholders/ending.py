"""What happens to keys when a case is destroyed: they go, and nothing that held one is anybody's any more."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.keyholders.models import Envelope, Grant, IndexKey


def end_case(session: Session, case: UUID) -> int:
    """Delete every grant of a case that is destroyed, escrow's among them; returns how many.

    The database lets nobody delete the grant of any other case.
    """
    ended = session.execute(delete(Grant).where(Grant.case_id == case).execution_options(synchronize_session=False))
    return int(ended.rowcount)  # type: ignore[attr-defined]


def empty_envelopes(session: Session, envelopes: Collection[UUID]) -> int:
    """Take the keys out of envelopes: what was sealed in them is nobody's, and nobody is given a row of it.

    An index goes on being used by everybody else's rows, so its envelope is left as it is.
    """
    indexes = select(IndexKey.envelope_id)
    emptied = session.execute(
        update(Envelope)
        .where(Envelope.id.in_(envelopes), Envelope.id.not_in(indexes), Envelope.team_id.is_not(None))
        .values(team_id=None, sealed_for_team=b"", witness_id=None, sealed_for_witness=None)
        .execution_options(synchronize_session=False)
    )
    return int(emptied.rowcount)  # type: ignore[attr-defined]
