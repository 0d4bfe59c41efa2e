"""Giving committed entries their place in the tree, and signing what the tree has become.

One long, linear path; its order is the safety. After each step stands what a crash just
there would mean. Recovery is the normal path: ``resume`` before the first ``tick``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, Engine, Row, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from app import clock
from app.audit.checkpoint import Checkpoint
from app.audit.models import Entry, Place, SignedCheckpoint
from app.audit.note import sign_note_by, verifier_key
from app.audit.succession import LogKeys, must_not_be_followed
from app.audit.tiles import TileFolder
from app.audit.tree import RightEdge, leaf_hash
from app.errors import LogForked

log = logging.getLogger("amana.sequencer")

# One integrator at a time, whichever replica it is. The number has no meaning.
LOCK: Final = 0x616D616E61
BATCH: Final = 2000
# A checkpoint stands for at most this many entries and this long.
CHECKPOINT_ENTRIES: Final = 100


class Sequencer:
    """Integrates entries for one log.

    sign     an Ed25519 signature[64] by the log's key, which stays in the key manager
    public   the public half, 32 bytes
    ended    keys that signed this log before, and the size at which each ended

    One instance per process; ``tick`` does nothing while another replica holds the lock.
    """

    def __init__(
        self, engine: Engine, tiles: TileFolder, *, origin: str, sign: Callable[[bytes], bytes], public: bytes,
        ended: Mapping[str, int] | None = None,
    ) -> None:  # fmt: skip
        self._engine = engine
        self.tiles = tiles
        self._origin = origin
        self._sign_bytes = sign
        self._public = public
        self.key = verifier_key(origin, public)
        self._keys = LogKeys(self.key, ended or {})
        self._edge: RightEdge | None = None
        self._connection: Connection | None = None
        self._signed = 0
        self._signed_at = clock.now()

    def tick(self, *, sign_now: bool = False, minutes: int = 5) -> int:
        """Place what waits, extend the tiles, sign when due. Returns how many were placed.

        raises   LogForked if the tree does not extend what was signed before: nothing is signed
        """
        connection = self._lead()
        if connection is None:
            return 0
        if self._edge is None:
            self._edge = self._resume(connection)
        # 1. Places, committed for good. A crash here: the entries have places and no tiles;
        #    the next tick writes the same tiles, since places never change.
        placed = self._place(connection)
        # 2. Tiles of all placed entries, from level 0 up, each file synced before its name.
        #    A crash here: some tiles are there twice over with equal bytes.
        fresh = self._extend(connection, self._edge)
        # 3. The checkpoint, when enough has come or time has passed.
        due = clock.now() - self._signed_at >= timedelta(minutes=minutes) and self._edge.size > self._signed
        if fresh and (self._edge.size - self._signed >= CHECKPOINT_ENTRIES or self._signed == 0):
            due = True
        if due or (sign_now and self._edge.size > self._signed):
            self._sign(connection, self._edge)
        return placed

    def last(self) -> Checkpoint | None:
        """What this process has signed, or taken over as signed, if it leads and nothing lies behind it."""
        if self._edge is None or self._edge.size != self._signed:
            return None
        return Checkpoint(self._origin, self._edge.size, self._edge.root())

    @property
    def leading(self) -> bool:
        """Whether this process integrates the log, and another does not."""
        return self._connection is not None

    def close(self) -> None:
        """Let another replica lead."""
        if self._connection is not None:
            self._connection.close()
            self._connection, self._edge = None, None

    def _lead(self) -> Connection | None:
        """The connection that holds the lock; None if another process does.

        Whoever loses its connection loses the lock with it, and begins again from what is stored.
        """
        if self._connection is not None and not self._connection.invalidated:
            return self._connection
        self._edge = None
        self._connection = self._engine.connect()
        if not self._connection.scalar(select(func.pg_try_advisory_lock(LOCK))):
            self._connection.rollback()
            self.close()
            return None
        self._connection.commit()
        return self._connection

    def _resume(self, connection: Connection) -> RightEdge:
        """The right edge under the last checkpoint, recomputed from level 0.

        The last checkpoint is kept twice, in the database and beside the tiles. A database
        restored from yesterday is behind the tiles; tiles restored are behind the database.
        """
        last = connection.execute(
            select(SignedCheckpoint.size, SignedCheckpoint.root).order_by(SignedCheckpoint.size.desc()).limit(1)
        ).one_or_none()
        connection.commit()
        size, root = (int(last.size), bytes(last.root)) if last else (0, None)
        # Whoever still holds a key that ended may have waited for the lock while it was changed.
        must_not_be_followed(self.key, self.tiles.successions())
        published = self.tiles.read_checkpoint()
        if published is not None:
            there = self._keys.open(published)
            if there.size > size or (there.size == size and root is not None and there.root != root):
                raise LogForked(
                    f"the published checkpoint has {there.size} entries, the database only {size}: "
                    "it was restored. See RUNBOOK.md, 'The log does not extend its checkpoint'."
                )
        edge = self.tiles.rebuild_right_edge(size)
        if root is not None and edge.root() != root:
            raise LogForked(f"the tiles under {size} entries do not give the root that was signed")
        # Tiles may be ahead of the checkpoint after a crash, but never of the places they were made from.
        ahead = self.tiles.ahead(size)
        if ahead != [leaf_hash(bytes(row.commitment)) for row in _placed(connection, size, len(ahead))]:
            raise LogForked(
                f"the tiles hold entries after {size} that the database has not: "
                "it was restored. See RUNBOOK.md, 'The log does not extend its checkpoint'."
            )
        self._signed = size
        return edge

    def _place(self, connection: Connection) -> int:
        """Dense indexes for entries without a place, in id order, by anti-join.

        Never "id greater than the last": ids are made before commits, so a late commit has an
        older id and would be passed over for ever.
        """
        waiting = (
            select(Entry.id)
            .where(~select(Place.entry).where(Place.entry == Entry.id).exists())
            .order_by(Entry.id)
            .limit(BATCH)
        )
        ids = list(connection.scalars(waiting))
        if ids:
            first = connection.execute(select(func.coalesce(func.max(Place.leaf_index) + 1, 0))).scalar_one()
            connection.execute(
                insert(Place), [{"entry": entry, "leaf_index": first + n} for n, entry in enumerate(ids)]
            )
        connection.commit()
        return len(ids)

    def _extend(self, connection: Connection, edge: RightEdge) -> int:
        rows = _placed(connection, edge.size)
        if not rows:
            return 0
        if [row.leaf_index for row in rows] != list(range(edge.size, edge.size + len(rows))):
            raise LogForked("the places in the database have a gap")
        commitments = [bytes(row.commitment) for row in rows]
        leaves = [leaf_hash(commitment) for commitment in commitments]
        self.tiles.append_entries(edge.size, commitments)
        self.tiles.append(edge.size, leaves)
        for leaf in leaves:
            edge.append(leaf)
        return len(rows)

    def _sign(self, connection: Connection, edge: RightEdge) -> None:
        checkpoint = Checkpoint(self._origin, edge.size, edge.root())
        note = sign_note_by(checkpoint.text(), self._origin, self._public, self._sign_bytes)
        # First the database, whose primary key lets no second root of this size in; then the
        # file. A crash between the two: the file is one checkpoint behind, which is allowed.
        connection.execute(
            insert(SignedCheckpoint).values(size=edge.size, root=edge.root(), note=note.decode(), at=clock.now())
        )
        connection.commit()
        self.tiles.write_checkpoint(note)
        self._signed, self._signed_at = edge.size, clock.now()


def _placed(connection: Connection, first: int, count: int | None = None) -> Sequence[Row[int, bytes]]:
    """Number and commitment of the placed entries from ``first`` on, in their order."""
    rows = connection.execute(
        select(Place.leaf_index, Entry.commitment)
        .join(Entry, Entry.id == Place.entry)
        .where(Place.leaf_index >= first)
        .order_by(Place.leaf_index)
        .limit(count)
    ).all()
    connection.commit()
    return rows


def run(
    sequencer: Sequencer,
    *,
    tick_ms: int,
    minutes: int,
    stopped: Callable[[float], bool],
    sign_now: Callable[[], bool] = lambda: False,
) -> None:
    """Tick until stopped, then sign what is not signed yet.

    stopped    waits so many seconds and says whether to end
    sign_now   whether somebody asked for a checkpoint since the last tick
    raises     LogForked: nothing is signed over a tree that does not fit, and nothing goes on

    A database that is out of reach is waited for: entries keep, and get their place later.
    """
    while not stopped(tick_ms / 1000):
        _tick(sequencer, minutes, sign_now())
    _tick(sequencer, minutes, True)
    sequencer.close()


def _tick(sequencer: Sequencer, minutes: int, sign_now: bool) -> None:
    try:
        sequencer.tick(minutes=minutes, sign_now=sign_now)
    except LogForked:
        log.critical("the log does not extend its last checkpoint; nothing more is signed")
        raise
    except DBAPIError as problem:
        # Its text may hold values and is not repeated.
        log.error("the database is out of reach: sqlstate=%s", getattr(problem.orig, "sqlstate", None))
        sequencer.close()


def waiting(connection: Connection) -> int:
    """How many committed entries have no place yet."""
    return int(
        connection.execute(
            text("SELECT count(*) FROM entries e WHERE NOT EXISTS (SELECT FROM places p WHERE p.entry = e.id)")
        ).scalar_one()
    )
