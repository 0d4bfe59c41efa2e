"""The index as this process remembers it between questions: tags and row ids, no key.

An answer still takes a member's key: without it nobody makes the tags to ask with. What was
deleted since is told by the database, which is asked for every row that agrees.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final
from uuid import UUID

from app.people.known import Known
from app.people.models import KnownMark
from app.work.marking import Marking

# A row is stored some time after its id was made: nothing takes as long as this.
_LATE: Final = timedelta(minutes=10)
_EVER: Final = datetime.min.replace(tzinfo=UTC)


class Memory:
    """One office's index, read once and then only what is new."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._envelope, self._known = UUID(int=0), Known()
        self._since, self._at = UUID(int=0), _EVER
        self._recent: frozenset[bytes] = frozenset()

    def of(self, marking: Marking, *, at: datetime) -> Known:
        """Everything filed until now. Raises SealBroken for who does not hold the index."""
        with self._lock:
            # Another office in this process, or a clock put back: what was read then may not be what is there.
            if marking.envelope != self._envelope or at < self._at:
                self._forget(marking.envelope)
            fresh = [
                each for each in marking.all_sealed(KnownMark.tags, KnownMark, self._since)
                if each[0] not in self._recent
            ]  # fmt: skip
            self._known.add(fresh)
            self._at, self._since = at, _first_id(at - _LATE)
            since = self._since.bytes
            self._recent = frozenset(row for row in (*self._recent, *(row for row, _ in fresh)) if row > since)
            return self._known

    def _forget(self, envelope: UUID) -> None:
        self._envelope, self._known = envelope, Known()
        self._since, self._at, self._recent = UUID(int=0), _EVER, frozenset()


def _first_id(at: datetime) -> UUID:
    """The lowest id that can have been made at a moment."""
    return UUID(int=int(at.timestamp() * 1000) << 80)


MEMORY: Final = Memory()
