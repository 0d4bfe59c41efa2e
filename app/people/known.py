"""The tags of everybody who is recorded, in memory: which rows agree with a question, in a millisecond.

Holds tags and row ids, no key and no name. A tag is a number nobody can compute without the key.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from struct import Struct
from typing import Final
from uuid import UUID

# Of a tag's 64 bits 12 say which drawer, and 32 lie in it beside the number of their row; the others are not needed.
# Drawers for 16 bits would be searched sixteen times as fast and take twice as long to fill.
_SIX: Final = Struct(">B" + 6 * "HI2x")
_ONE: Final = Struct(">HI2x")
_DRAWERS: Final = 1 << 12
_DRAWER: Final = _DRAWERS - 1
_NUMBER_BITS: Final = 24
ROWS_MAX: Final = 1 << _NUMBER_BITS
_NUMBER: Final = ROWS_MAX - 1


class Known:
    """Rows by their tags. Grows only; whoever asks finds out which of the rows are still there."""

    def __init__(self) -> None:
        self._drawers: list[array[int]] = [array("Q") for _ in range(_DRAWERS)]
        self._rows = bytearray()

    def __len__(self) -> int:
        return len(self._rows) // 16

    @property
    def octets(self) -> int:
        """How much memory its rows and tags take."""
        return len(self._rows) + sum(drawer.buffer_info()[1] * drawer.itemsize for drawer in self._drawers)

    def add(self, rows: Iterable[tuple[bytes, bytes]]) -> None:
        """Take rows in: id, 16 bytes, and its tags as ``pack`` made them."""
        number, drawers, ids, unpack = len(self), self._drawers, [], _SIX.unpack
        for row, packed in rows:
            count, a, u, b, v, c, w, d, x, e, y, f, z = unpack(packed)
            if count == 6:
                # Spelt out: a million people are six million tags, and a loop over six costs as much again.
                drawers[a & _DRAWER].append(u << 24 | number)
                drawers[b & _DRAWER].append(v << 24 | number)
                drawers[c & _DRAWER].append(w << 24 | number)
                drawers[d & _DRAWER].append(x << 24 | number)
                drawers[e & _DRAWER].append(y << 24 | number)
                drawers[f & _DRAWER].append(z << 24 | number)
            else:
                for drawer, rest in ((a, u), (b, v), (c, w), (d, x), (e, y), (f, z))[:count]:
                    drawers[drawer & _DRAWER].append(rest << 24 | number)
            ids.append(row)
            number += 1
        if number > ROWS_MAX:
            raise OverflowError("more rows than this index can number")
        self._rows += b"".join(ids)

    def agreeing(self, tags: Iterable[bytes], *, least: int = 1) -> dict[UUID, int]:
        """Each row that has at least ``least`` of these tags, with how many of them it has."""
        found: Counter[int] = Counter()
        for drawer, rest in {_ONE.unpack(tag) for tag in tags}:
            inside = self._drawers[drawer & _DRAWER]
            found.update([each & _NUMBER for each in inside if each >> _NUMBER_BITS == rest])
        # A common name agrees in one tag with thousands: only who agrees enough gets an id.
        return {self._id(number): count for number, count in found.items() if count >= least}

    def _id(self, number: int) -> UUID:
        return UUID(bytes=bytes(self._rows[16 * number : 16 * number + 16]))


def pack(tags: Iterable[bytes]) -> list[bytes]:
    """Tags as rows hold them, six a row: ``count u8 || tag[8] x 6``, zeros for what is missing."""
    all_tags = list(dict.fromkeys(tags))
    rows = [all_tags[at : at + 6] for at in range(0, len(all_tags), 6)]
    return [bytes([len(row)]) + b"".join(row).ljust(48, b"\x00") for row in rows]
