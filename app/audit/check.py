"""Checking the whole log from the database: every leaf from its body, the root from the leaves.

This is the house checking itself. A stranger uses tests/kit/verify_log.py on an export,
which shares no code with this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.canonical import commitment
from app.audit.checkpoint import open_checkpoint
from app.audit.models import Entry, EntryBody, Place, SignedCheckpoint
from app.audit.tree import RightEdge, leaf_hash
from app.errors import SealBroken

PORTION = 5000
# Whoever waits at a terminal may watch a check that an action runs: a form carries no function.
watching: Final[ContextVar[Callable[[int], None] | None]] = ContextVar("watching", default=None)


@dataclass(frozen=True)
class Checked:
    """``bad_index`` is the first entry that does not fit; ``waiting`` have no place yet."""

    intact: bool
    size: int
    root: str
    bad_index: int | None
    problem: str
    waiting: int


def check(session: Session, *, key: str | None = None, progress: Callable[[int], None] | None = None) -> Checked:
    """Recompute everything that was placed and compare with each signed checkpoint on the way.

    key        the log's verifier key; without it roots are compared and signatures not judged
    progress   is told how many entries are done; without it whoever is ``watching``
    """
    progress = progress or watching.get()
    signed = dict(session.execute(select(SignedCheckpoint.size, SignedCheckpoint.root)).all())
    edge, problem, bad = RightEdge(), "", None
    for index, stored, salt, body in _rows(session):
        if index != edge.size:
            problem, bad = "a place is missing", edge.size
        elif body is not None and commitment(bytes(salt), bytes(body)) != bytes(stored):
            problem, bad = "a body does not fit its commitment", index
        if problem:
            break
        edge.append(leaf_hash(bytes(stored)))
        if edge.size in signed and edge.root() != bytes(signed[edge.size]):
            problem, bad = f"the tree of {edge.size} entries is not the one that was signed", edge.size - 1
            break
        if progress and edge.size % PORTION == 0:
            progress(edge.size)
    last = max(signed, default=0)
    if not problem and last > edge.size:
        problem, bad = f"a checkpoint was signed for {last} entries; {edge.size} are left", edge.size
    if not problem and key is not None and last:
        problem = _signature(session, last, key)
    waiting = session.scalar(select(func.count()).select_from(Entry)) or 0
    return Checked(not problem, edge.size, edge.root().hex(), bad, problem, max(0, waiting - edge.size))


def _rows(session: Session) -> Iterator[tuple[int, bytes, bytes, bytes | None]]:
    statement = (
        select(Place.leaf_index, Entry.commitment, EntryBody.salt, EntryBody.body)
        .join(Entry, Entry.id == Place.entry)
        .outerjoin(EntryBody, EntryBody.entry == Entry.id)
        .order_by(Place.leaf_index)
        .execution_options(yield_per=PORTION)
    )
    for row in session.execute(statement):
        yield row[0], row[1], row[2], row[3]


def _signature(session: Session, size: int, key: str) -> str:
    note = session.scalar(select(SignedCheckpoint.note).where(SignedCheckpoint.size == size)) or ""
    try:
        open_checkpoint(note.encode(), key)
    except SealBroken:
        return "the last checkpoint is not signed by the log's key"
    return ""
