"""Checking the whole log from the database: every leaf from its body, the root from the leaves.

This is the house checking itself. A stranger uses tests/kit/verify_log.py on an export,
which shares no code with this.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import closing
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.audit.bodies import CaseNumbers, read_body
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
    edge, problem, bad = _walk(session, signed, progress)
    last = max(signed, default=0)
    if not problem and last > edge.size:
        problem, bad = f"a checkpoint was signed for {last} entries; {edge.size} are left", edge.size
    if not problem and key is not None and last:
        problem = _signature(session, last, key)
    waiting = session.scalar(select(func.count()).select_from(Entry)) or 0
    return Checked(not problem, edge.size, edge.root().hex(), bad, problem, max(0, waiting - edge.size))


def _walk(
    session: Session, signed: dict[int, bytes], progress: Callable[[int], None] | None
) -> tuple[RightEdge, str, int | None]:
    """The tree of what was placed, and the first problem on the way with the entry it begins at."""
    edge, numbers, agreed = RightEdge(), CaseNumbers(), 0
    # Closed at the first problem too: the rest of the rows waits at the server otherwise.
    with closing(_rows(session)) as rows:
        for row in rows:
            problem = _problem(row, edge.size, numbers)
            if problem:
                return edge, problem, edge.size
            edge.append(leaf_hash(row.commitment))
            if edge.size in signed:
                if edge.root() != bytes(signed[edge.size]):
                    # Somewhere after the last checkpoint that agreed: where, its root cannot tell.
                    return edge, f"the tree of {edge.size} entries is not the one that was signed", agreed
                agreed = edge.size
            if progress and edge.size % PORTION == 0:
                progress(edge.size)
    bad, problem = numbers.missing()
    return edge, problem, bad


@dataclass(frozen=True)
class _Row:
    """A placed entry; ``body`` is None once its term is over."""

    index: int
    commitment: bytes
    salt: bytes
    body: bytes | None
    view: dict[str, object] | None


def _rows(session: Session) -> Generator[_Row]:
    statement = (
        select(Place.leaf_index, Entry.commitment, EntryBody.salt, EntryBody.body, EntryBody.view)
        .join(Entry, Entry.id == Place.entry)
        .outerjoin(EntryBody, EntryBody.entry == Entry.id)
        .order_by(Place.leaf_index)
        .execution_options(yield_per=PORTION)
    )
    with session.execute(statement) as found:
        for index, stored, salt, body, view in found:
            yield _Row(index, bytes(stored), bytes(salt or b""), None if body is None else bytes(body), view)


def _problem(row: _Row, expected: int, numbers: CaseNumbers) -> str:
    """What does not fit about one entry; empty if all does."""
    if row.index != expected:
        return "a place is missing"
    if row.body is None:
        return numbers.take(row.index, None)
    if commitment(row.salt, row.body) != row.commitment:
        return "a body does not fit its commitment"
    try:
        body = read_body(row.body)
    except ValueError:
        return "a body is not written as it must be"
    # Auditors search and read the view; a body left whole beside it would prove nothing to them.
    if body != row.view:
        return "what is shown of a body is not what was committed to"
    return numbers.take(row.index, body)


def _signature(session: Session, size: int, key: str) -> str:
    note = session.scalar(select(SignedCheckpoint.note).where(SignedCheckpoint.size == size)) or ""
    try:
        open_checkpoint(note.encode(), key)
    except SealBroken:
        return "the last checkpoint is not signed by the log's key"
    return ""
