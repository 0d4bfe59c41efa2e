"""Proving one entry to somebody who holds a checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from app.audit.models import Entry, Place, SignedCheckpoint
from app.audit.proof import proof_text
from app.audit.tiles import TileFolder
from app.audit.tree import HashAt, inclusion_proof, leaf_hash, root, verify_inclusion
from app.errors import LogForked
from app.work import Work


@dataclass(frozen=True)
class Proved:
    """``text`` is None if there is no proof; ``broken`` if there ought to be one."""

    leaf: bytes
    text: str | None
    broken: bool


def prove(work: Work, number: int, commitment: bytes, signed: SignedCheckpoint | None) -> Proved:
    """The proof of an entry under a checkpoint, checked before it is handed out.

    The published tiles give it in a few reads. Where this process cannot read them, or they
    are damaged, the database gives it in as many as there are entries.
    """
    leaf = leaf_hash(commitment)
    if signed is None or number >= signed.size:
        return Proved(leaf, None, broken=False)
    for hash_at in (TileFolder(work.settings.log_folder).hash_at, _stored(work)):
        try:
            hashes = inclusion_proof(number, signed.size, hash_at)
            verify_inclusion(leaf, number, signed.size, hashes, bytes(signed.root))
        except (LogForked, OSError):
            continue
        return Proved(leaf, proof_text(number, hashes, signed.note), broken=False)
    return Proved(leaf, None, broken=True)


def _stored(work: Work) -> HashAt:
    """The root of a complete subtree, from the commitments in the database."""

    def hash_at(height: int, index: int) -> bytes:
        first, count = index << height, 1 << height
        rows = work.execute(
            work.rows(Entry)
            .join(Place, Place.entry == Entry.id)
            .where(Place.leaf_index >= first, Place.leaf_index < first + count)
            .order_by(Place.leaf_index)
            .with_only_columns(Entry.commitment)
        )
        if len(rows) != count:
            raise LogForked("a place is missing")
        return root(leaf_hash(bytes(row.commitment)) for row in rows)

    return hash_at
