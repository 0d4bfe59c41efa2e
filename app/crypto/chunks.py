"""Attachments: sealed as they stream, never whole in memory.

``salt[24] || commitment[32] || chunk || chunk || ...``; each chunk is AES-256-GCM of 16 KiB,
the last of fewer (perhaps none), with its tag of 16.

This is Cobblestone-256 of https://c2sp.org/chunked-encryption: HKDF-Expand-SHA-512 and
AES-256-GCM, spoken by ``cryptography.cobblestone``. Other people's tools read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from app.errors import SealBroken

HEADER_BYTES = 56
CHUNK_BYTES = 16 * 1024
_CONTEXT = b"amana/attachment/v1"


class Sealer:
    """Seals one file: ``header``, then what each ``update`` gives, then what ``finish`` gives.

    key      32 random bytes, for this file alone
    header   salt and commitment, 56 bytes, to be stored first
    raises   ValueError for a key of another length
    """

    def __init__(self, key: bytes) -> None:
        self._encryptor = Cobblestone256Encryptor(key, _CONTEXT)
        # The first call gives the header, whatever it is fed; taken here, it is always known.
        self.header: bytes = self._encryptor.update(b"")

    def update(self, data: bytes) -> bytes:
        """The chunks that are full by now; may be empty."""
        return self._encryptor.update(data)

    def finish(self) -> bytes:
        """The last, short chunk. Without it the file is truncated and opens for nobody."""
        return self._encryptor.finalize()


def open_chunks(key: bytes, source: Iterable[bytes]) -> Iterator[bytes]:
    """The plain file, piece by piece; a piece is given only after its tag was verified.

    source   the stored bytes, cut anywhere
    raises   SealBroken on any change, reordering, truncation or trailing byte. A truncation
             shows only at the end: do not act on a file before this has run out.
             ValueError for a key that has not 32 bytes
    """
    decryptor = Cobblestone256Decryptor(key, _CONTEXT)
    try:
        for data in source:
            if plain := decryptor.update(data):
                yield plain
        if plain := decryptor.finalize():
            yield plain
    except InvalidTag:
        raise SealBroken from None
