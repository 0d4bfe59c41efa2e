"""Attachments: sealed as they stream, never whole in memory.

``salt[24] || commitment[32] || chunk || chunk || ...``; each chunk is AES-256-GCM of 16 KiB,
the last of fewer (perhaps none), with its tag of 16.

This is Cobblestone-256 of https://c2sp.org/chunked-encryption: HKDF-Expand-SHA-512 and
AES-256-GCM, spoken by ``cryptography.cobblestone``. Other people's tools read it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Iterator

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from app.errors import SealBroken

HEADER_BYTES = 56
CHUNK_BYTES = 16 * 1024
TAG_BYTES = 16
_CONTEXT = b"amana/attachment/v1"
_LABEL = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"
# What one reading of a range takes from the disk at most.
_RANGE_CHUNKS = 16


class Sealer:
    """Seals one file: ``header``, then what each ``update`` gives, then what ``finish`` gives.

    key      32 random bytes, for this file alone
    header   salt and commitment, 56 bytes, to be stored first
    piece    for one piece of a file that is still arriving: which file's, and where it begins.
             A piece opens as nothing else, so pieces cannot be exchanged
    raises   ValueError for a key of another length
    """

    def __init__(self, key: bytes, piece: bytes = b"") -> None:
        self._encryptor = Cobblestone256Encryptor(key, _context(piece))
        # The first call gives the header, whatever it is fed; taken here, it is always known.
        self.header: bytes = self._encryptor.update(b"")

    def update(self, data: bytes) -> bytes:
        """The chunks that are full by now; may be empty."""
        return self._encryptor.update(data)

    def finish(self) -> bytes:
        """The last, short chunk. Without it the file is truncated and opens for nobody."""
        return self._encryptor.finalize()


def open_chunks(key: bytes, source: Iterable[bytes], piece: bytes = b"") -> Iterator[bytes]:
    """The plain file, piece by piece; a piece is given only after its tag was verified.

    source   the stored bytes, cut anywhere
    raises   SealBroken on any change, reordering, truncation or trailing byte. A truncation
             shows only at the end: do not act on a file before this has run out.
             ValueError for a key that has not 32 bytes
    """
    decryptor = Cobblestone256Decryptor(key, _context(piece))
    try:
        for data in source:
            if plain := decryptor.update(data):
                yield plain
        if plain := decryptor.finalize():
            yield plain
    except InvalidTag:
        raise SealBroken from None


def open_range(key: bytes, read: Callable[[int, int], bytes], start: int, end: int) -> Iterator[bytes]:
    """Some bytes of the plain file, opening only the chunks they lie in.

    read     gives the stored bytes from one place up to another; fewer where they end
    start    of the plain file, and ``end`` behind the last byte wanted; start < end
    raises   SealBroken on any change or reordering of what is read. What lies outside the range is not
             looked at: that nothing is missing there is for the caller to know, by the length as stored
    """
    header = read(0, HEADER_BYTES)
    if len(header) != HEADER_BYTES:
        raise SealBroken
    stream = HKDFExpand(SHA512(), 76, _LABEL + header[:24] + _CONTEXT).derive(key)
    if not hmac.compare_digest(header[24:], stream[44:]):
        raise SealBroken
    cipher, nonce = AESGCM(stream[:32]), int.from_bytes(stream[32:44], "big")
    for number in range(start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES + 1, _RANGE_CHUNKS):
        last = min(number + _RANGE_CHUNKS, (end - 1) // CHUNK_BYTES + 1)
        stored = read(_stored_at(number), _stored_at(last))
        for at, each in enumerate(range(number, last)):
            sealed = stored[at * (CHUNK_BYTES + TAG_BYTES) : (at + 1) * (CHUNK_BYTES + TAG_BYTES)]
            plain = _open_chunk(cipher, (nonce ^ each).to_bytes(12, "big"), sealed)
            yield plain[max(0, start - each * CHUNK_BYTES) : end - each * CHUNK_BYTES]


def sealed_bytes(size_bytes: int) -> int:
    """How long a file of this many bytes is when it is stored: a last chunk, perhaps an empty one, ends it."""
    return HEADER_BYTES + size_bytes + TAG_BYTES * (size_bytes // CHUNK_BYTES + 1)


def plain_bytes(stored_bytes: int) -> int:
    """How long the file is that is stored in this many bytes; SealBroken for what no file is stored in."""
    body = stored_bytes - HEADER_BYTES
    size = body - TAG_BYTES * (body // (CHUNK_BYTES + TAG_BYTES) + 1)
    if size < 0 or sealed_bytes(size) != stored_bytes:
        raise SealBroken
    return size


def _context(piece: bytes) -> bytes:
    return b"amana/attachment-piece/v1\0" + piece if piece else _CONTEXT


def _stored_at(chunk: int) -> int:
    return HEADER_BYTES + chunk * (CHUNK_BYTES + TAG_BYTES)


def _open_chunk(cipher: AESGCM, nonce: bytes, sealed: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, sealed, None)
    except (InvalidTag, ValueError):
        raise SealBroken from None
