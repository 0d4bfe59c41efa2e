"""Marks: keyed tags of normalised texts, by which the intake team can ask whether somebody is known.

A tag says nothing without the key of the index, and lies sealed with it besides. Whoever
records a person without that key seals the texts to the team, whose next member files them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import LargeBinary, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.crypto import fields
from app.crypto.statements import tag
from app.db import EnvelopeRow
from app.errors import SealBroken
from app.keyholders import holders, index
from app.keyholders.keyring import Keyring
from app.work.seals import ENVELOPE, Seals

TEAM: Final = "intake"
TAG_BYTES: Final = 8
LABEL: Final = "amana/lookup/v1"
# Rows are fetched packed, this many groups of them: one row of the answer for each person would be half the time.
_GROUPS: Final = 256


class Marking:
    """The index in the hands of one action. Made by ``Work.marking``."""

    def __init__(self, session: Session, seals: Seals, keyring: Keyring | None, at: datetime) -> None:
        self._session = session
        self._keyring = keyring
        self._key: bytes | None = None
        team = holders.team(session, TEAM)
        found = index.index_of(session, team)
        if found is None:
            found, self._key = index.make(session, team, at=at)
        elif keyring is not None and keyring.holds(team.id):
            self._key = index.open_index(session, keyring, found)
        self.envelope: UUID = found.envelope_id
        if self._key is not None:
            seals.remember(self.envelope, ENVELOPE, 1, self._key)

    @property
    def readable(self) -> bool:
        """Whether this caller can make and read marks."""
        return self._key is not None

    def tags(self, texts: Iterable[str]) -> list[bytes]:
        """One tag for each text, 8 bytes. Raises SealBroken for who does not hold the index."""
        key = self._held()
        return [tag(key, LABEL, text.encode())[:TAG_BYTES] for text in texts]

    def all_sealed(
        self, column: InstrumentedAttribute[object], table: type[EnvelopeRow], after: UUID
    ) -> list[tuple[bytes, bytes]]:  # fmt: skip
        """Row id and opened bytes of every cell of a column under the index, of rows made after ``after``.

        What has not the length of its neighbours was not written by us; it is left out as if
        it were deleted, which whoever can write it could do as well.
        """
        raw = func.uuid_send(table.id).op("||")(type_coerce(column, LargeBinary))
        packed = select(type_coerce(func.string_agg(raw, b""), LargeBinary)).where(
            table.envelope_id == self.envelope, table.id > after, func.octet_length(column) == _SEALED_BYTES
        )
        groups = packed.group_by(func.get_byte(func.uuid_send(table.id), 15) % _GROUPS)
        cell = fields.Cell(table.__tablename__, column.key, self.envelope, self.envelope, ENVELOPE, 1)
        found: list[tuple[bytes, bytes]] = []
        for (group,) in self._session.execute(groups.execution_options(yield_per=16)):
            rows = _unpacked(bytes(group))
            found += zip((row for row, _ in rows), fields.open_cells(self._held(), cell, rows), strict=True)
        return found

    def _held(self) -> bytes:
        if self._key is None:
            raise SealBroken("not a member of the team that asks")
        return self._key


# A row of tags: how many, and room for six of them, in the bucket of 64 bytes.
PACKED_BYTES: Final = 1 + 6 * TAG_BYTES
_SEALED_BYTES: Final = 11 + 12 + 64 + 16
_STEP: Final = 16 + _SEALED_BYTES


def _unpacked(group: bytes) -> Sequence[tuple[bytes, bytes]]:
    return [(group[at : at + 16], group[at + 16 : at + _STEP]) for at in range(0, len(group), _STEP)]
